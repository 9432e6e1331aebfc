import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createAuth } from "../../server/auth/auth";
import type { Person } from "../../server/auth/scope";
import { changeView, chooseDefault, listViews, removeView, saveView } from "../../server/console/views";
import { verifyAudit } from "../../server/db/audit";
import type { Role } from "../../server/indexes/names";
import { openTestPostgres, type TestPostgres } from "../setup/postgres";

const TABLE = "fraud-queue";
const COLUMNS = { order: ["amount", "rule"], hidden: ["card"], shown: [], widths: { amount: 180 } };

let directory: string;
let postgres: TestPostgres;
const people = new Map<string, Person>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "concordance-views-"));
  postgres = await openTestPostgres(directory);
  const auth = createAuth({ database: postgres.database, secret: "s".repeat(32), baseUrl: "http://127.0.0.1:3000" });
  const accounts: [string, Role[]][] = [
    ["first", ["fraud_analyst"]],
    ["second", ["fraud_analyst"]],
    ["finance", ["finance"]],
    ["auditor", ["auditor"]],
    ["admin", ["admin"]],
  ];
  for (const [name, roles] of accounts) {
    const account = { name, email: `${name}@test.example`, roles };
    const { id } = await auth.createAccount({ ...account, password: "correct horse battery", grantedBy: "test" });
    people.set(name, { id, ...account });
  }
}, 120_000);
afterAll(async () => {
  await postgres.close();
  await rm(directory, { recursive: true, force: true });
});

const as = (name: string) => {
  const person = people.get(name);
  if (person === undefined) throw new Error(`there is no ${name}`);
  const { db } = postgres.database;
  return {
    names: async (table = TABLE) => (await listViews(db, person, table)).views.map((view) => view.name),
    list: async () => (await listViews(db, person, TABLE)).views,
    save: (view: Partial<Parameters<typeof saveView>[2]> & { name: string }) =>
      saveView(db, person, { table: TABLE, query: "severity=HIGH", columns: null, sharedWith: null, ...view }),
    change: (change: Parameters<typeof changeView>[2]) => changeView(db, person, change),
    remove: (id: string) => removeView(db, person, id),
    open: (id: string | null, table = TABLE) => chooseDefault(db, person, { table, id }),
  };
};
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { code?: string }) => error.code,
  );
const audited = async (id: string) =>
  (
    await postgres.database.pool.query(
      "SELECT action, detail FROM audit_log WHERE target_type = 'view' AND target = $1 ORDER BY seq",
      [id],
    )
  ).rows.map(({ action, detail }) => ({ action, detail: JSON.parse(detail) }));

it("a view is its owner's alone until it is shared, and then only the role's", async () => {
  const { id } = await as("first").save({ name: "Mine", columns: COLUMNS });
  expect((await as("first").list()).find((view) => view.id === id)).toMatchObject({
    name: "Mine",
    query: "severity=HIGH",
    columns: COLUMNS,
    own: true,
    editable: true,
    isDefault: false,
    sharedWith: null,
  });
  expect(await as("first").names("merchants")).toEqual([]);
  expect(await as("second").names()).toEqual([]);
  expect(await as("admin").names()).toEqual([]);
  expect(await refusal(as("admin").remove(id))).toBe("no_such_view");
  await as("first").change({ id, sharedWith: "fraud_analyst" });
  expect(await as("second").list()).toMatchObject([{ id, own: false, editable: false, owner: "first" }]);
  expect(await as("finance").names()).toEqual([]);
  expect(await as("admin").list()).toMatchObject([{ id, own: false, editable: true }]);
  expect(await refusal(as("second").change({ id, name: "Taken" }))).toBe("not_your_view");
  expect(await refusal(as("second").remove(id))).toBe("not_your_view");
  expect(await refusal(as("finance").remove(id))).toBe("no_such_view");
  expect(await refusal(as("finance").open(id))).toBe("no_such_view");
});

it("a default is the person's own, and ends with the sharing and with the view", async () => {
  const { id } = await as("first").save({ name: "Team", sharedWith: "fraud_analyst" });
  const defaultOf = async (name: string) => (await as(name).list()).find((view) => view.isDefault)?.id ?? null;
  await as("second").open(id);
  expect([await defaultOf("first"), await defaultOf("second")]).toEqual([null, id]);
  expect(await refusal(as("second").open(id, "merchants"))).toBe("no_such_view");
  await as("first").open(id);
  await as("first").change({ id, sharedWith: null });
  await as("first").change({ id, sharedWith: "fraud_analyst" });
  expect([await defaultOf("first"), await defaultOf("second")]).toEqual([id, null]);
  await as("first").remove(id);
  expect(await defaultOf("first")).toBe(null);
});

it("one shares with one's own roles only, an administrator with any, an auditor with none", async () => {
  expect(await refusal(as("first").save({ name: "A", sharedWith: "finance" }))).toBe("may_not_share");
  expect(await refusal(as("auditor").save({ name: "B", sharedWith: "auditor" }))).toBe("may_not_share");
  expect(await refusal(as("auditor").save({ name: "B" }))).toBe("done");
  const { id } = await as("admin").save({ name: "For finance", sharedWith: "finance" });
  expect(await as("finance").names()).toContain("For finance");
  expect(await refusal(as("admin").remove(id))).toBe("done");
});

it("a name is taken once by a person for a table, by saving and by renaming", async () => {
  const { id } = await as("second").save({ name: "One" });
  expect(await refusal(as("second").save({ name: "One" }))).toBe("view_name_taken");
  expect(await refusal(as("second").save({ name: "One", table: "merchants" }))).toBe("done");
  expect(await refusal(as("first").save({ name: "One" }))).toBe("done");
  await as("second").save({ name: "Two" });
  expect(await refusal(as("second").change({ id, name: "Two" }))).toBe("view_name_taken");
});

it("every change is in the audit with what was before, and the chain holds", async () => {
  const { id } = await as("first").save({ name: "Followed" });
  await as("first").change({ id, query: "severity=LOW" });
  await as("first").remove(id);
  expect(await audited(id)).toMatchObject([
    { action: "view.save", detail: { name: "Followed", query: "severity=HIGH", sharedWith: null } },
    { action: "view.change", detail: { from: { query: "severity=HIGH" }, to: { query: "severity=LOW" } } },
    { action: "view.remove", detail: { name: "Followed", query: "severity=LOW" } },
  ]);
  expect((await verifyAudit(postgres.database.db)).ok).toBe(true);
});
