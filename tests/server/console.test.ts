import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerExport } from "../../server/console/export";
import { verifyAudit, writeAudit } from "../../server/db/audit";
import type { AlertRow, NewAlerts } from "../../server/indexes/fraud/contract";
import { INDEX_NAMES, INDEX_READERS, INDEX_WRITERS, ROLES } from "../../server/indexes/names";
import { READS, WRITES } from "../setup/calls";
import { openTestConsole, type TestConsole } from "../setup/console";

let console: TestConsole;
beforeAll(async () => {
  console = await openTestConsole(20_000);
}, 120_000);
afterAll(() => console.close());

const number = async (sql: string): Promise<number> =>
  Number((await console.sql(`SELECT (${sql})::DOUBLE AS n`))[0]?.n);
const auditRows = async (action: string) =>
  (await console.postgres.database.pool.query("SELECT * FROM audit_log WHERE action = $1 ORDER BY seq", [action])).rows;

async function wholeQueue(query: Parameters<ReturnType<TestConsole["as"]>["fraud"]["queue"]>[0]): Promise<AlertRow[]> {
  const rows: AlertRow[] = [];
  let cursor: string | null = null;
  do {
    const page: { rows: AlertRow[]; nextCursor: string | null } = await console
      .as("fraud_analyst")
      .fraud.queue({ ...query, cursor, limit: 37 });
    rows.push(...page.rows);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return rows;
}

describe("who may call", () => {
  const outcome = (call: Promise<unknown>) =>
    call.then(
      () => "OK",
      (error: { code?: string }) => error.code ?? String(error),
    );

  it.each(READS)("%s answers the readers of its index and refuses every other role", async (_name, index, call) => {
    for (const role of ROLES) {
      const got = await outcome(call(console.as(role)));
      if (INDEX_READERS[index].includes(role))
        expect([role, got]).toEqual([role, expect.stringMatching(/^(OK|NOT_FOUND)$/)]);
      else expect([role, got]).toEqual([role, "FORBIDDEN"]);
    }
  });

  it.each(WRITES)("%s is refused to every role that may not write fraud, auditors too", async (_name, call) => {
    for (const role of ROLES.filter((one) => !INDEX_WRITERS.fraud.includes(one))) {
      expect([role, await outcome(call(console.as(role)))]).toEqual([role, "FORBIDDEN"]);
    }
  });
});

describe("the fraud queue", () => {
  it("counts and filters as the alerts table holds them", async () => {
    const page = await console.as("fraud_analyst").fraud.queue({ status: [], limit: 1 });
    expect(page.total).toBe(await number("SELECT count(*) FROM alerts"));
    expect(page.total).toBeGreaterThan(100);
    expect(page.check).toEqual({
      denied: await number("SELECT count(*) FROM transactions WHERE decision <> 'APPROVE'"),
      queued: await number("SELECT count(*) FROM alerts WHERE rule = 'blacklisted_party'"),
      equal: true,
    });
    for (const rule of ["stolen_card", "velocity", "fraud_score"] as const) {
      const filtered = await console.as("fraud_analyst").fraud.queue({ status: [], rule: [rule], limit: 1 });
      expect(filtered.total).toBe(await number(`SELECT count(*) FROM alerts WHERE rule = '${rule}'`));
    }
    const lake = await console.lake.table("alerts").refresh();
    expect(page.asOf.lakeVersions.alerts).toBe(lake.version);
  });

  it.each(["newest", "riskiest"] as const)("gives every alert once over all pages, %s first", async (sort) => {
    const rows = await wholeQueue({ status: [], sort });
    const ids = rows.map(({ alertId }) => alertId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(await number("SELECT count(*) FROM alerts"));
    if (sort === "newest") {
      const expected = await console.sql("SELECT alert_id FROM alerts ORDER BY detected_at DESC, alert_id DESC");
      expect(ids).toEqual(expected.map((row) => row.alert_id));
    }
  });

  it("refuses a cursor of another list", async () => {
    await expect(console.as("fraud_analyst").fraud.queue({ cursor: "abc" })).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
  });
});

describe("working a case", () => {
  it("a verdict moves it, is audited with its note, and a stale second one is a conflict", async () => {
    const me = console.as("fraud_analyst");
    const [alert] = (await me.fraud.queue({ limit: 1 })).rows;
    const alertId = alert?.alertId ?? "";
    const before = await me.fraud.queue({ status: [], limit: 1 });
    const changed = await me.fraud.verdict({
      alertIds: [alertId],
      verdict: "confirmed",
      note: "the card's owner called",
      expectedVersion: 0,
    });
    expect(changed).toMatchObject({
      changed: 1,
      unchanged: 0,
      cases: [{ alertId, status: "confirmed", caseVersion: 1 }],
    });
    const after = await me.fraud.queue({ status: [], limit: 1 });
    expect(after.byStatus.confirmed).toBe(before.byStatus.confirmed + 1);
    expect(after.byStatus.new).toBe(before.byStatus.new - 1);
    expect(after.total).toBe(before.total);
    await expect(
      console.as("admin").fraud.verdict({ alertIds: [alertId], verdict: "false_positive", expectedVersion: 0 }),
    ).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await me.fraud.alert({ alertId })).notes.map(({ text }) => text)).toEqual(["the card's owner called"]);
    const rows = (await auditRows("case.verdict")).filter((row) => row.target === alertId);
    expect(rows.map((row) => row.actor_id)).toEqual([console.people.fraud_analyst.id]);
  });

  it("two first verdicts at the same moment: one holds, the other is a conflict", async () => {
    const [alert] = (await console.as("fraud_analyst").fraud.queue({ status: ["new"], limit: 1 })).rows;
    const alertIds = [alert?.alertId ?? ""];
    const settled = await Promise.allSettled([
      console.as("fraud_analyst").fraud.verdict({ alertIds, verdict: "confirmed", expectedVersion: 0 }),
      console.as("admin").fraud.verdict({ alertIds, verdict: "false_positive", expectedVersion: 0 }),
    ]);
    expect(settled.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const lost = settled.find((one) => one.status === "rejected");
    expect(lost?.reason).toMatchObject({ code: "CONFLICT" });
  });

  it("changes nothing where one of many alerts does not exist", async () => {
    const [alert] = (await console.as("fraud_analyst").fraud.queue({ status: ["new"], limit: 1 })).rows;
    const alertId = alert?.alertId ?? "";
    await expect(
      console.as("fraud_analyst").fraud.verdict({ alertIds: [alertId, "nobody's"], verdict: "confirmed" }),
    ).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await console.as("fraud_analyst").fraud.alert({ alertId })).alert.status).toBe("new");
  });

  it("a snooze hides the entity's alerts until it ends, and the next case is nobody else's", async () => {
    const me = console.as("fraud_analyst");
    const [alert] = (await me.fraud.queue({ status: ["new"], rule: ["stolen_card"], limit: 1 })).rows;
    if (alert === undefined) throw new Error("the simulated world has stolen cards");
    const { rule, entityId } = alert;
    const count = await number(`SELECT count(*) FROM alerts WHERE rule = '${rule}' AND entity_id = '${entityId}'`);
    const before = await me.fraud.queue({ status: [], limit: 1 });
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await me.fraud.snooze({ rule: "stolen_card", entityId, until, reason: "the owner is travelling" });
    const during = await me.fraud.queue({ status: [], limit: 1 });
    expect([during.total, during.snoozed]).toEqual([before.total - count, before.snoozed + count]);
    await me.fraud.snooze({ rule: "stolen_card", entityId, until: null, reason: "back again" });
    expect((await me.fraud.queue({ status: [], limit: 1 })).total).toBe(before.total);
    const next = await me.fraud.nextCase({});
    await console.as("admin").fraud.assign({ alertIds: [next.alertId ?? ""], assignee: "me" });
    const other = await me.fraud.nextCase({});
    expect(other.alertId).not.toBe(next.alertId);
    expect(other.remaining).toBe(next.remaining - 1);
    expect((await auditRows("rule.snooze")).length).toBe(1);
  });

  it("taking a party off the blacklist is one audited row that shows at once; a second time is a conflict", async () => {
    const me = console.as("fraud_analyst");
    const list = await me.fraud.blacklist({});
    expect(list.active).toBe(
      await number("SELECT count(*) FROM (SELECT DISTINCT party_id, role, rule FROM blacklist)"),
    );
    const [entry] = list.rows;
    if (entry === undefined) throw new Error("the simulated world blacklists parties");
    const { partyId, role, rule } = entry;
    const command = { partyId, role, rule, reason: "a market trader, checked" } as Parameters<
      typeof me.fraud.unblacklist
    >[0];
    await me.fraud.unblacklist(command);
    const after = await me.fraud.blacklist({});
    expect([after.active, after.removed]).toEqual([list.active - 1, list.removed + 1]);
    await expect(me.fraud.unblacklist(command)).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await auditRows("blacklist.remove")).map((row) => row.target)).toEqual([partyId]);
  });
});

describe("figures", () => {
  it("merchants: counts and money equal the payments themselves, per merchant and currency", async () => {
    const [period] = await console.sql(
      "SELECT min(business_date)::VARCHAR AS a, max(business_date)::VARCHAR AS b FROM transactions",
    );
    const { rows, total } = await console
      .as("partnerships")
      .merchants.list({ from: String(period?.a), to: String(period?.b), pageSize: 200, sort: "events" });
    expect(total).toBe(
      await number(
        "SELECT count(*) FROM (SELECT DISTINCT merchant_id, currency, exponent FROM transactions WHERE merchant_id IS NOT NULL)",
      ),
    );
    const truth = await console.sql(`SELECT merchant_id, currency, count(*)::INTEGER AS events,
        count(*) FILTER (status = 'SETTLED')::INTEGER AS settled, count(DISTINCT user_id)::INTEGER AS customers,
        (sum(amount_minor) FILTER (status = 'SETTLED'))::VARCHAR AS gross
      FROM transactions WHERE merchant_id IS NOT NULL GROUP BY ALL`);
    const byKey = new Map(truth.map((row) => [`${row.merchant_id}/${row.currency}`, row]));
    expect(rows.length).toBeGreaterThan(50);
    for (const row of rows) {
      const expected = byKey.get(`${row.merchantId}/${row.currency}`);
      expect({
        events: row.events,
        settled: row.settled,
        customers: row.customers,
        gross: row.grossMinor === null ? null : String(row.grossMinor),
      }).toEqual({
        events: expected?.events,
        settled: expected?.settled,
        customers: expected?.customers,
        gross: expected?.gross,
      });
    }
  });

  it("streams: every source adds up, and quarantine groups are the table's", async () => {
    const { streams } = await console.as("ops").ops.streams();
    expect(streams.length).toBe(2);
    for (const { source, balance } of streams) {
      expect([source, balance.balanced]).toEqual([source, true]);
      expect(balance.recordsIn).toBe(balance.accepted + balance.quarantined + balance.duplicates);
    }
    const { groups, records } = await console.as("ops").ops.quarantineGroups();
    expect(records).toBe(await number("SELECT count(*) FROM quarantine"));
    expect(groups.reduce((sum, group) => sum + group.records, 0)).toBe(records);
  });

  it("names and accounts are hidden from a role that does not need them", async () => {
    const [row] = await console.sql(
      "SELECT source, source_partition AS part, source_offset::VARCHAR AS off FROM transactions WHERE originator_name IS NOT NULL LIMIT 1",
    );
    if (row === undefined) throw new Error("the simulated world names its payers");
    const place = { source: String(row.source), partition: String(row.part), offset: BigInt(String(row.off)) };
    const seen = JSON.stringify(await console.as("fraud_analyst").trace.get(place), (_, v) =>
      typeof v === "bigint" ? String(v) : v,
    );
    const masked = JSON.stringify(await console.as("finance").trace.get(place), (_, v) =>
      typeof v === "bigint" ? String(v) : v,
    );
    const [name] = await console.sql(
      `SELECT originator_name AS n FROM transactions WHERE source = '${place.source}' AND source_partition = '${place.partition}' AND source_offset = ${place.offset}`,
    );
    expect(seen).toContain(String(name?.n));
    expect(masked).not.toContain(String(name?.n));
  });
});

describe("subscriptions and cancellation", () => {
  it("freshness is told and its stream ends when the caller leaves", async () => {
    const left = new AbortController();
    let told = 0;
    for await (const freshness of await console.as("finance", left.signal).freshness.on()) {
      expect(freshness.indexes.map(({ index }) => index)).toEqual([...INDEX_NAMES]);
      told++;
      left.abort();
    }
    expect(told).toBe(1);
  });

  it("alerts committed since a version are told, with their ids", async () => {
    const left = new AbortController();
    const stream = await console.as("fraud_analyst", left.signal).fraud.onAlert({ sinceVersion: 0 });
    for await (const told of stream) {
      // A tracked entry is a pair at run time; its type says an object.
      const [version, news] = told as unknown as readonly [string, NewAlerts];
      expect(Number(version)).toBe(news.version);
      expect(news.count).toBe(await number("SELECT count(*) FROM alerts"));
      left.abort();
    }
    expect(left.signal.aborted).toBe(true);
  });

  it.each([0, 1, 5, 200])("a query whose caller leaves after %i ms is interrupted", async (leaveMs) => {
    const left = new AbortController();
    const startedMs = performance.now();
    const read = console.services.reader.read({ name: "test.slow", signal: left.signal }, (view) =>
      view.rows("SELECT count(*) FROM range(3000000) a, range(3000000) b WHERE (a.range * b.range) % 7 = 3"),
    );
    setTimeout(() => left.abort(), leaveMs);
    await expect(read).rejects.toMatchObject({ code: "query_cancelled" });
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});

describe("exports", () => {
  const ask = (role: keyof TestConsole["people"] | null, index: string, query: Record<string, string>) =>
    answerExport(console.services, role === null ? null : console.people[role], {
      index,
      url: `http://127.0.0.1/api/export/${index}?${new URLSearchParams(query)}`,
      signal: new AbortController().signal,
    });

  it("CSV, NDJSON and Parquet hold the same rows as the queue under that filter, each audited", async () => {
    const filter = JSON.stringify({ status: [], rule: ["stolen_card", "velocity"] });
    const expected = (await wholeQueue({ status: [], rule: ["stolen_card", "velocity"] })).map(
      ({ alertId }) => alertId,
    );
    const csv = await ask("fraud_analyst", "fraud", { view: "queue", format: "csv", filter });
    expect(csv.headers.get("content-disposition")).toBe('attachment; filename="concordance-fraud-queue.csv"');
    const records: Record<string, string>[] = parse(await csv.text(), { columns: true });
    expect(records.map(({ alert_id }) => alert_id)).toEqual(expected);
    const lines = (
      await (await ask("fraud_analyst", "fraud", { view: "queue", format: "ndjson", filter })).text()
    ).trim();
    expect(lines.split("\n").map((line) => JSON.parse(line).alert_id)).toEqual(expected);
    const directory = await mkdtemp(join(tmpdir(), "concordance-test-"));
    try {
      const file = join(directory, "queue.parquet");
      const parquet = await ask("fraud_analyst", "fraud", { view: "queue", format: "parquet", filter });
      await writeFile(file, Buffer.from(await parquet.arrayBuffer()));
      const connection = await console.lake.db.connect();
      const found = await connection.runAndReadAll(
        `SELECT count(*)::INTEGER, typeof(any_value(detected_at)), typeof(any_value(amount_minor)) FROM '${file}'`,
      );
      connection.closeSync();
      expect(found.getRowsJS()).toEqual([[expected.length, "TIMESTAMP WITH TIME ZONE", "BIGINT"]]);
    } finally {
      await rm(directory, { recursive: true });
    }
    expect((await auditRows("export.download")).map((row) => row.target)).toEqual(Array(3).fill("fraud.queue"));
  });

  it.each([
    ["finance", "merchants", "list", JSON.stringify({ from: "2020-01-01", to: "2020-12-31" })],
    ["ops", "ops", "quarantine", "{}"],
    ["ops", "ops", "tables", "{}"],
    ["auditor", "fraud", "blacklist", JSON.stringify({ state: "all" })],
  ] as const)("%s may export %s.%s", async (role, index, view, filter) => {
    const answer = await ask(role, index, { view, filter });
    expect(answer.status).toBe(200);
    const records: unknown[] = parse(await answer.text(), { columns: true });
    if (view === "quarantine") expect(records.length).toBe(await number("SELECT count(*) FROM quarantine"));
    if (view === "tables") expect(records.length).toBe(console.lake.tables.length);
  });

  it.each([
    [null, "fraud", {}, 401],
    ["partnerships", "fraud", {}, 403],
    ["fraud_analyst", "ops", { view: "quarantine" }, 403],
    ["admin", "fraud", { view: "nothing" }, 404],
    ["admin", "spend", {}, 404],
    ["admin", "fraud", { filter: "no" }, 400],
    ["admin", "fraud", { format: "exe" }, 400],
    ["admin", "merchants", { view: "list", filter: "{}" }, 400],
  ] as const)("is refused honestly: %s %s %o is %i", async (role, index, query, status) => {
    const before = (await auditRows("export.download")).length;
    const answer = await ask(role, index, query as Record<string, string>);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code: expect.any(String), message: expect.any(String) });
    expect((await auditRows("export.download")).length).toBe(before);
  });
});

describe("the audit chain", () => {
  it("stays one chain under concurrent writers, refuses change, and a change behind its back is found", async () => {
    const { db, pool } = console.postgres.database;
    const actor = { id: "t", name: "Test" };
    const entry = (n: number) => ({ action: "test", targetType: "t", target: String(n), detail: { n } });
    await Promise.all(Array.from({ length: 20 }, (_, n) => db.transaction((tx) => writeAudit(tx, actor, [entry(n)]))));
    const sound = await verifyAudit(db);
    expect(sound).toMatchObject({ ok: true });
    for (const statement of ["UPDATE audit_log SET target = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"]) {
      await expect(pool.query(statement)).rejects.toThrow(/append/i);
    }
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      await client.query("ALTER TABLE audit_log DISABLE TRIGGER USER");
      await client.query("UPDATE audit_log SET target = 'forged' WHERE seq = 3");
      await client.query("COMMIT");
      expect(await verifyAudit(db)).toMatchObject({ ok: false, brokenAt: 3n });
    } finally {
      client.release();
    }
  });
});

describe("Postgres down", () => {
  it("what needs only the lake answers, the rest says so, and all of it comes back without a restart", async () => {
    await console.postgres.stop();
    const ops = console.as("ops");
    expect((await ops.ops.tables()).tables.length).toBe(console.lake.tables.length);
    expect((await console.as("finance").freshness.get()).indexes.length).toBe(INDEX_NAMES.length);
    await expect(console.as("fraud_analyst").fraud.queue({})).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await console.postgres.start();
    expect((await console.as("fraud_analyst").fraud.queue({ limit: 1 })).rows.length).toBe(1);
  }, 60_000);
});
