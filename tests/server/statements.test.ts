import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApiKey, listApiKeys, revokeApiKey } from "../../server/db/api-keys";
import { auditOf } from "../../server/db/audit";
import { silentLogger } from "../../server/observability/log";
import { answerRaw, answerRestDelivery, answerRestTicket, answerUpload } from "../../server/rest/statements";
import { CAMT, MT940 } from "../../server/statements/testing/samples";
import { createIntakeFollower } from "../../workers/intake/follow";
import { openTestConsole, type TestConsole } from "../setup/console";

const ACTOR = { id: "test", name: "test" };
const BYTES_MAX = 20_000;
const mapping = {
  delimiter: ";",
  account: { constant: "DE1" },
  currency: { constant: "EUR" },
  booking_date: { from: "day", format: "iso", zone: "UTC" },
  amount: { signed: "amount" },
  decimal_mark: ",",
};
const door = { bytesMax: BYTES_MAX, sources: new Map([["savings", { format: "csv", mapping } as never]]) };

let console: TestConsole;
const stop = new AbortController();
let following: Promise<void>;
beforeAll(async () => {
  console = await openTestConsole(300);
  const { lake } = console;
  const facts = { sources: door.sources, bytesMax: BYTES_MAX, settleMs: 0, pollMs: 50, log: silentLogger };
  following = createIntakeFollower({ lake, ...facts }).run(stop.signal);
  Object.assign(console.services.statements, door);
}, 120_000);
afterAll(async () => {
  stop.abort();
  await following;
  await console?.close();
});

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
const post = (body: string | ReadableStream, query: string, headers: Record<string, string> = {}) =>
  new Request(`http://test.example/api?${query}`, { method: "POST", body, headers, duplex: "half" } as RequestInit);
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const keyOf = async (role: string) =>
  createApiKey(console.postgres.database, { email: `${role}@test.example`, name: "bank link", expiresAt: null }, ACTOR);
const answer = async (response: Response) => ({ status: response.status, ...(await response.json()) });

describe("statements by REST with an API key", () => {
  it("are taken like any other, with the verdict in the answer and the person in the audit", async () => {
    const { key } = await keyOf("treasury");
    const told = await answer(
      await answerRestDelivery(console.services, post(CAMT, "name=day.xml&wait=60", bearer(key)), door),
    );
    expect(told).toMatchObject({ status: 200, state: "taken", outcome: "accepted", known: false, entriesNew: 3 });
    const again = await answer(
      await answerRestDelivery(console.services, post(CAMT, "name=copy.xml&wait=60", bearer(key)), door),
    );
    expect(again).toMatchObject({ status: 200, outcome: "accepted", known: true, intake: told.intake });
    const asked = await answer(
      await answerRestTicket(
        console.services,
        new Request("http://test.example", { headers: bearer(key) }),
        told.ticket,
      ),
    );
    expect(asked).toMatchObject({ status: 200, state: "taken", intake: told.intake });
    const [row] = await auditOf(console.postgres.database.db, "statement_file", [hashOf(CAMT)]);
    expect(row).toMatchObject({ action: "statement.deliver", detail: { way: "rest" } });
    expect(row?.actor).toEqual({ id: console.people.treasury.id, name: "The treasury (key bank link)" });
    const page = await console.as("auditor").statements.files({ state: "accepted" });
    expect(page.rows[0]).toMatchObject({ name: "day.xml", way: "rest", resolvedBy: null });
  });

  it("are refused with the difference, and accepted when the same bytes are taken again as another source", async () => {
    const { key } = await keyOf("finance");
    const csv = "day;amount\n2026-11-20;-5,00\n2026-11-20;7,50\n";
    const told = await answer(
      await answerRestDelivery(console.services, post(csv, "name=account.csv&wait=60", bearer(key)), door),
    );
    expect(told).toMatchObject({ outcome: "refused", fault: { code: "unknown_format" } });
    const finance = console.as("finance").statements;
    const { ticket } = await finance.takeAgain({ intake: told.intake, source: "savings" });
    await expect.poll(async () => (await finance.ticket({ ticket })).state, { timeout: 20_000 }).toBe("taken");
    const taken = await finance.ticket({ ticket });
    expect(taken).toMatchObject({ outcome: "accepted", known: false, entriesNew: 2 });
    const { file, deliveries } = await finance.file({ intake: told.intake });
    expect(file).toMatchObject({ outcome: "refused", resolvedBy: taken.state === "taken" ? taken.intake : null });
    expect(deliveries).toHaveLength(1);
    const { rows } = await finance.lines({ intake: taken.state === "taken" ? taken.intake : -1 });
    expect(rows.map(({ amountMinor }) => amountMinor).sort()).toEqual([-500n, 750n]);
    await expect(finance.takeAgain({ intake: taken.state === "taken" ? taken.intake : 0 })).rejects.toThrow(/accepted/);
    await expect(finance.takeAgain({ intake: told.intake, source: "nobody" })).rejects.toThrow(/No source/);
  });

  it.each([
    ["no key", {}],
    ["no real key", bearer(`cck_000000000000_${"a".repeat(43)}`)],
    ["another secret", null],
  ])("are turned away with %s", async (_, headers) => {
    const { key } = await keyOf("finance");
    const given = headers ?? bearer(`${key.slice(0, -1)}${key.endsWith("A") ? "B" : "A"}`);
    const told = await answer(await answerRestDelivery(console.services, post(MT940, "name=x.sta", given), door));
    expect(told).toMatchObject({ status: 401, code: "bad_api_key" });
  });

  it("are turned away when the key has ended, and where the person's roles do not allow it", async () => {
    const { id, key } = await keyOf("ops");
    expect(await revokeApiKey(console.postgres.database, id, ACTOR)).toBe(true);
    expect(await revokeApiKey(console.postgres.database, id, ACTOR)).toBe(false);
    const ended = createApiKey(
      console.postgres.database,
      { email: "ops@test.example", name: "old", expiresAt: new Date(Date.now() - 1) },
      ACTOR,
    );
    for (const one of [key, (await ended).key]) {
      const told = await answer(
        await answerRestDelivery(console.services, post(MT940, "name=x.sta", bearer(one)), door),
      );
      expect(told).toMatchObject({ status: 401, code: "bad_api_key" });
    }
    const auditor = await keyOf("auditor");
    const told = await answer(
      await answerRestDelivery(console.services, post(MT940, "name=x.sta", bearer(auditor.key)), door),
    );
    expect(told).toMatchObject({ status: 403, code: "role_missing" });
    expect(await console.sql("SELECT name FROM statement_files WHERE name = 'x.sta'")).toEqual([]);
    const keys = await listApiKeys(console.postgres.database.db);
    expect(JSON.stringify(keys)).not.toContain(key.split("_")[2]);
    const rows = await auditOf(console.postgres.database.db, "api_key", [id]);
    expect(rows.map(({ action }) => action)).toEqual(["api_key.revoke", "api_key.create"]);
  });

  it("stop at the limit without being held in memory, and want a name that is no path", async () => {
    const { key } = await keyOf("finance");
    let sent = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        sent += 4_096;
        controller.enqueue(new Uint8Array(4_096));
      },
    });
    const told = await answer(
      await answerRestDelivery(console.services, post(endless, "name=endless.sta", bearer(key)), door),
    );
    expect(told).toMatchObject({ status: 413, code: "file_too_large" });
    expect(sent).toBeLessThan(BYTES_MAX * 4);
    for (const name of ["", "../x", "a/b"]) {
      const query = `name=${encodeURIComponent(name)}`;
      const bad = await answer(await answerRestDelivery(console.services, post(MT940, query, bearer(key)), door));
      expect(bad).toMatchObject({ status: 400, code: "bad_request" });
    }
    const empty = await answer(await answerRestDelivery(console.services, post("", "name=e.sta", bearer(key)), door));
    expect(empty).toMatchObject({ status: 400, code: "empty_file" });
  });
});

describe("statements in the console", () => {
  it("are brought by finance, treasury and operations, read by the auditor, and by nobody else", async () => {
    const upload = (role: "finance" | "auditor" | "marketing" | null, headers = {}) =>
      answerUpload(
        console.services,
        role === null ? null : console.people[role],
        post(MT940, "name=m.sta", headers),
        door,
      ).then(answer);
    expect(await upload(null)).toMatchObject({ status: 401 });
    expect(await upload("auditor")).toMatchObject({ status: 403 });
    expect(await upload("marketing")).toMatchObject({ status: 403 });
    expect(await upload("finance", { "sec-fetch-site": "cross-site" })).toMatchObject({
      status: 403,
      code: "foreign_site",
    });
    expect(await upload("finance", { "sec-fetch-site": "same-origin" })).toMatchObject({
      status: 202,
      state: "waiting",
    });
    await expect(console.as("marketing").statements.files({})).rejects.toThrow(/may not read/);
    await expect(console.as("auditor").statements.takeAgain({ intake: 0 })).rejects.toThrow(/may not write/);
    expect((await console.as("auditor").statements.limits()).mayDeliver).toBe(false);
    expect((await console.as("ops").statements.limits()).mayDeliver).toBe(true);
  });

  it("are given out as they came, to readers only, and each time it is in the audit", async () => {
    const { rows } = await console.as("finance").statements.files({ text: "day.xml" });
    const [file] = rows;
    if (file === undefined) throw new Error("no file");
    const raw = (role: "auditor" | "marketing", hash: string) =>
      answerRaw(
        console.services,
        console.people[role],
        new Request(`http://test.example/?intake=${file.intake}`),
        hash,
      );
    const given = await raw("auditor", file.fileHash);
    expect(given.status).toBe(200);
    expect(await given.text()).toBe(CAMT);
    expect(given.headers.get("content-disposition")).toContain("attachment");
    expect((await raw("marketing", file.fileHash)).status).toBe(403);
    expect((await raw("auditor", "0".repeat(64))).status).toBe(404);
    const audit = await auditOf(console.postgres.database.db, "statement_file", [file.fileHash]);
    expect(audit.filter(({ action }) => action === "statement.download")).toHaveLength(1);
  });
});
