/**
 * `npm run bench:tick -- [--rows 1000000,4000000] [--days 10] [--new 2500] [--ticks 60]`: how long the projector takes for a
 * commit of new rows over lakes of growing size, every projection on. Half a second of 5,000 events/s is 2,500 rows. The
 * lakes are made in SQL: payments of three events, 1.5 a day per customer, spread over the days; the newest day is today.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { EffectiveSettings } from "../../server/indexes/fraud/settings";
import { PARTY_DAYS } from "../../server/indexes/fraud/tables";
import { ALL_TABLES, allProjections } from "../../server/indexes/ingest";
import { MERCHANT_CUSTOMERS } from "../../server/indexes/merchants/tables";
import { openDuckDb } from "../../server/lake/duckdb";
import { followMark } from "../../server/lake/followers";
import { type Lake, openLake } from "../../server/lake/lake";
import { writeParquet } from "../../server/lake/parquet";
import { scanSql } from "../../server/lake/scan";
import { openLocalStore } from "../../server/lake/store/local";
import type { TableSpec } from "../../server/lake/types";
import { silentLogger } from "../../server/observability/log";
import { TRANSACTIONS } from "../../server/pipeline/tables";
import { Projector } from "../../server/projection/projector";

const ROWS_PER_FILE = 500_000;
const EVENTS_PER_PAYMENT = 3;
const DAY_MS = 86_400_000;
const MERCHANTS = 2_000;

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000,4000000" },
    days: { type: "string", default: "10" },
    new: { type: "string", default: "2500" },
    ticks: { type: "string", default: "60" },
  },
});
const sizes = values.rows.split(",").map(Number);
const [days, rowsNew, ticks] = [Number(values.days), Number(values.new), Number(values.ticks)];
const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS;

const line = (name: string, text: string) => process.stdout.write(`${name.padEnd(34)} ${text}\n`);
line("machine", `${cpus().length} x ${cpus()[0]?.model ?? "?"}, node ${process.version}`);
line("new rows per tick", String(rowsNew));
for (const rows of sizes) await measure(rows);

async function measure(rows: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "concordance-tick-"));
  const db = await openDuckDb({ memoryLimitMb: 1_024, threads: 2, temporaryDirectory: join(directory, "spill") });
  try {
    const lake = await openLake(await openLocalStore(join(directory, "lake")), db, ALL_TABLES);
    await fill(lake, rows);
    const projector = new Projector({
      lake,
      db,
      projections: (connection) => allProjections(connection, EffectiveSettings.defaults),
      rowsPerTickMax: 200_000,
      nowMicros: () => BigInt(Date.now()) * 1000n,
      log: silentLogger,
    });
    await standAtTheEnd(lake);
    const first = await tick(lake, projector, rows);
    const took: number[] = [];
    const cpuBefore = process.cpuUsage();
    for (let n = 1; n <= ticks; n++) took.push(await tick(lake, projector, rows + n * rowsNew));
    const cpu = process.cpuUsage(cpuBefore);
    took.sort((a, b) => a - b);
    const at = (share: number) =>
      (took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? Number.NaN).toFixed(0);
    line(
      `${rows} rows in the lake`,
      `tick p50 ${at(0.5)}  p95 ${at(0.95)}  max ${at(1)} ms; cpu ${((cpu.user + cpu.system) / 1000 / ticks).toFixed(0)} ms a tick (with making the rows); first after start ${first.toFixed(0)} ms; resident ${Math.round(process.memoryUsage.rss() / 1_048_576)} MB`,
    );
    projector.close();
  } finally {
    db.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Commits the rows and lets the projector take them, milliseconds of the latter. */
async function tick(lake: Lake, projector: Projector, from: number): Promise<number> {
  await append(
    lake,
    eventsSql(from, rowsNew, () => `${Date.now() * 1_000} + i`),
    TRANSACTIONS,
  );
  const startedMs = performance.now();
  while (await projector.tickAll());
  return performance.now() - startedMs;
}

async function fill(lake: Lake, rows: number): Promise<void> {
  const stepMicros = Math.floor((days * DAY_MS * 1_000) / rows);
  const firstMicros = (midnight - (days - 1) * DAY_MS) * 1_000;
  for (let from = 0; from < rows; from += ROWS_PER_FILE) {
    const count = Math.min(ROWS_PER_FILE, rows - from);
    await append(
      lake,
      eventsSql(from, count, (i) => `least(${firstMicros} + ${i} * ${stepMicros}, ${Date.now() * 1_000})`),
      TRANSACTIONS,
    );
  }
  const raw = await scanSql(lake.store, TRANSACTIONS, lake.table(TRANSACTIONS.name).current().files);
  const yesterday = `business_date >= DATE '${new Date(midnight - DAY_MS).toISOString().slice(0, 10)}'`;
  await append(
    lake,
    `SELECT party_id, role, business_date, count(DISTINCT transaction_id) AS payments, false AS accelerated, max(event_time) AS last_event_time
       FROM (SELECT user_id AS party_id, 'originator' AS role, * FROM ${raw} WHERE ${yesterday}) GROUP BY ALL`,
    PARTY_DAYS,
  );
  await append(
    lake,
    `SELECT DISTINCT merchant_id, business_date, currency, user_id FROM ${raw} WHERE ${yesterday}`,
    MERCHANT_CUSTOMERS,
  );
}

/** Events number `from` and on; `i` numbers them. */
function eventsSql(from: number, count: number, micros: (i: string) => string): string {
  const customers = Math.max(1_000, Math.floor(from / EVENTS_PER_PAYMENT / days / 1.5));
  const given: Record<string, string> = {
    transaction_id: `'t' || (i // ${EVENTS_PER_PAYMENT})`,
    event_id: "'e' || i",
    payment_type: "'CARD'",
    status: `CASE i % ${EVENTS_PER_PAYMENT} WHEN 0 THEN 'RECEIVED' WHEN 1 THEN CASE i % 25 WHEN 1 THEN 'DECLINED' ELSE 'APPROVED' END ELSE 'SETTLED' END`,
    amount_minor: "100 + i % 100000",
    currency: "'EUR'",
    exponent: "2",
    user_id: `'c' || (hash(i // ${EVENTS_PER_PAYMENT}) % ${customers})`,
    merchant_id: `'m' || (hash(i // ${EVENTS_PER_PAYMENT} + 7) % ${MERCHANTS})`,
    event_time: "make_timestamptz(us)",
    ingested_at: "make_timestamptz(us)",
    business_date: "CAST(make_timestamptz(us) AS DATE)",
    processing_ms: "i % 400",
    decision: "'APPROVE'",
    is_late: "false",
    source: "'bench'",
    source_partition: "'0'",
    source_offset: "i",
  };
  const columns = TRANSACTIONS.columns.map(({ name }) => `${given[name] ?? "NULL"} AS ${name}`);
  return `SELECT ${columns.join(", ")} FROM (SELECT i, (${micros("i")})::BIGINT AS us FROM range(${from}, ${from + count}) r(i))`;
}

async function append(lake: Lake, selectSql: string, spec: TableSpec): Promise<void> {
  const connection = await lake.db.connect();
  const file = await writeParquet({ connection, selectSql, spec, store: lake.store });
  connection.closeSync();
  if (file !== null) await lake.table(spec.name).commit({ adds: [file], marks: [], operation: "WRITE" });
}

/** Marks every projection as being up to the lake's end, as it would be after days of following it. */
async function standAtTheEnd(lake: Lake): Promise<void> {
  const connection = await lake.db.connect();
  for (const { name, input, alsoInput, outputs } of allProjections(connection, EffectiveSettings.defaults)) {
    for (const { name: output } of outputs) {
      const marks = [input, ...(alsoInput === undefined ? [] : [alsoInput])].map((table) => ({
        appId: followMark(table, name),
        version: BigInt(lake.table(table).current().version),
      }));
      await lake.table(output).commit({ adds: [], marks, operation: "WRITE" });
    }
  }
  connection.closeSync();
}
