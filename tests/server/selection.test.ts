import { dirname } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyAudit } from "../../server/db/audit";
import type { QueueFilter } from "../../server/indexes/fraud/contract";
import { silentLogger } from "../../server/observability/log";
import { ingest } from "../../workers/cli/ingest";
import { openTestConsole, type TestConsole } from "../setup/console";
import { writeWorld } from "../support/world";

const CASES = 7_000;

let console: TestConsole;
beforeAll(async () => {
  console = await openTestConsole(6_000);
}, 120_000);
afterAll(() => console.close());

const OPEN = { status: ["new", "assigned"] } satisfies Partial<QueueFilter>;
const me = () => console.as("fraud_analyst");
const confirm = { kind: "verdict", verdict: "confirmed", note: null } as const;
const inStatus = async (status: string) => (await me().fraud.queue({ status: [], limit: 1 })).byStatus[status as "new"];

it("says how many cases and which sums per currency it would change, as the alerts table holds them", async () => {
  const selection = await me().fraud.selection({ status: [], rule: ["stolen_card"] });
  const rows = await console.sql(
    `SELECT currency, exponent, count(*)::INTEGER AS cases, sum(amount_minor)::VARCHAR AS total FROM alerts
      WHERE rule = 'stolen_card' AND amount_minor IS NOT NULL GROUP BY ALL ORDER BY currency, exponent`,
  );
  expect(rows.length).toBeGreaterThan(2);
  expect(selection.sums.map((sum) => ({ ...sum, amountMinor: String(sum.amountMinor) }))).toEqual(
    rows.map(({ currency, exponent, cases, total }) => ({ currency, exponent, cases, amountMinor: total })),
  );
  const [all] = await console.sql("SELECT count(*)::INTEGER AS cases FROM alerts WHERE rule = 'stolen_card'");
  expect(selection.cases).toBe(all?.cases);
  expect(selection.cases).toBe(selection.sums.reduce((sum, { cases }) => sum + cases, selection.withoutAmount));
});

it("changes every selected case, loaded or not, each with its audit row, and the same again changes none", async () => {
  const filter = { ...OPEN, rule: ["stolen_card"] } satisfies Partial<QueueFilter>;
  const { cases, pin } = await me().fraud.selection(filter);
  expect(cases).toBeGreaterThan(20);
  const before = (await console.postgres.database.pool.query("SELECT count(*)::int AS n FROM audit_log")).rows[0].n;
  const act = { kind: "verdict", verdict: "false_positive", note: "one test card" } as const;
  expect(await me().fraud.changeSelection({ filter, pin, cases, act })).toEqual({
    changed: cases,
    unchanged: 0,
    leftAlone: 0,
  });
  expect(await inStatus("false_positive")).toBe(cases);
  const { rows } = await console.postgres.database.pool.query(
    "SELECT action, detail FROM audit_log WHERE seq > $1 ORDER BY seq",
    [before],
  );
  expect(rows).toHaveLength(cases);
  expect(JSON.parse(rows[0].detail)).toMatchObject({ to: { status: "false_positive" }, note: "one test card" });
  expect(await me().fraud.changeSelection({ filter, pin, cases, act })).toEqual({
    changed: 0,
    unchanged: 0,
    leftAlone: cases,
  });
  expect((await verifyAudit(console.postgres.database.db)).ok).toBe(true);
});

it("leaves alone what a colleague changed since, whether it still matches or not", async () => {
  const filter = { ...OPEN, rule: ["fraud_score"] } satisfies Partial<QueueFilter>;
  const { cases, pin } = await me().fraud.selection(filter);
  const { rows } = await me().fraud.queue({ ...filter, limit: 2 });
  const [decided = "", taken = ""] = rows.map(({ alertId }) => alertId);
  await console.as("admin").fraud.verdict({ alertIds: [decided], verdict: "inconclusive" });
  await console.as("admin").fraud.assign({ alertIds: [taken], assignee: "me" });
  const done = await me().fraud.changeSelection({ filter, pin, cases, act: confirm });
  expect(done).toEqual({ changed: cases - 2, unchanged: 0, leftAlone: 2 });
  expect((await me().fraud.alert({ alertId: decided })).alert.status).toBe("inconclusive");
  expect((await me().fraud.alert({ alertId: taken })).alert.status).toBe("assigned");
});

it("does not touch alerts that came after the selection", async () => {
  const { cases, pin } = await me().fraud.selection(OPEN);
  const world = await writeWorld(dirname(console.settings.lake), "later", 800, 3);
  const later = { source: "later", mappingPath: "config/mappings/concordance-transactions.yaml", inputs: [world.path] };
  await ingest({ ...later, lake: console.settings.lake }, console.settings, silentLogger);
  const now = (await me().fraud.selection(OPEN)).cases;
  expect(now).toBeGreaterThan(cases);
  const act = { kind: "assign", assignee: "me" } as const;
  expect(await me().fraud.changeSelection({ filter: OPEN, pin, cases, act })).toMatchObject({ changed: cases });
  expect(await inStatus("assigned")).toBe(cases);
  expect(await inStatus("new")).toBe(now - cases);
});

it("refuses to change more than was said, and changes nothing then", async () => {
  const { cases, pin } = await me().fraud.selection(OPEN);
  const confirmed = await inStatus("confirmed");
  const less = { filter: OPEN, pin, cases: cases - 1, act: confirm };
  await expect(me().fraud.changeSelection(less)).rejects.toMatchObject({ code: "CONFLICT" });
  expect(await inStatus("confirmed")).toBe(confirmed);
  const nobody = { filter: OPEN, pin, cases, act: { kind: "assign", assignee: "nobody-here" } as const };
  await expect(me().fraud.changeSelection(nobody)).rejects.toMatchObject({ code: "BAD_REQUEST" });
});

it("changes thousands of cases at once", async () => {
  const { changeCases } = await import("../../server/db/cases");
  const alertIds = Array.from({ length: CASES }, (_, place) => `many-${place}`);
  const actor = console.people.fraud_analyst;
  const change = { alertIds, expectedVersion: null, note: "all of them", action: "case.verdict" };
  const next = () => ({ status: "confirmed", assigneeId: actor.id }) as const;
  const done = await changeCases(console.postgres.database.db, actor, { ...change, next });
  expect(done).toMatchObject({ unchanged: 0, leftAlone: 0 });
  expect(done.changed).toHaveLength(CASES);
  const { rows } = await console.postgres.database.pool.query(
    "SELECT (SELECT count(*) FROM cases WHERE alert_id LIKE 'many-%')::int AS cases, (SELECT count(*) FROM case_notes WHERE text = 'all of them')::int AS notes",
  );
  expect(rows).toEqual([{ cases: CASES, notes: CASES }]);
  expect((await verifyAudit(console.postgres.database.db)).ok).toBe(true);
}, 60_000);
