// How long each procedure of the console takes over a simulated lake: npm run bench:queries -- [events] (default 1,000,000).
import type { createCaller } from "../../server/trpc/root";
import { openTestConsole } from "../setup/console";

const ROUNDS = 30;
const WARM_MS = 100;
const COLD_MS = 1_000;

type Caller = ReturnType<typeof createCaller>;

const events = Number(process.argv[2] ?? 1_000_000);
const startedMs = Date.now();
const bench = await openTestConsole(events, {
  CONCORDANCE_FLUSH_ROWS: "100000",
  CONCORDANCE_PLAN_RECORDS: "50000",
  CONCORDANCE_TICK_ROWS: "200000",
  CONCORDANCE_DUCKDB_MEMORY_MB: "1024",
});
try {
  const snapshots = await bench.services.reader.snapshots();
  const rows = (table: string) =>
    snapshots.get(table)?.files.reduce((sum, file) => sum + file.stats.numRecords, 0) ?? 0;
  process.stdout.write(
    `${rows("transactions")} transactions, ${rows("alerts")} alerts, ${rows("quarantine")} quarantined; made in ${((Date.now() - startedMs) / 1000).toFixed(0)} s\n`,
  );
  const caller = bench.as("admin");
  const [place] = await bench.sql(
    "SELECT source, source_partition AS part, source_offset::VARCHAR AS off, transaction_id AS id FROM transactions WHERE card_last4 IS NOT NULL LIMIT 1",
  );
  const [period] = await bench.sql(
    "SELECT min(business_date)::VARCHAR AS a, max(business_date)::VARCHAR AS b FROM transactions",
  );
  const [from, to] = [String(period?.a), String(period?.b)];
  const alertId = (await caller.fraud.queue({ limit: 1 })).rows[0]?.alertId ?? "";
  const merchantId = (await caller.merchants.list({ from, to, pageSize: 1 })).rows[0]?.merchantId ?? "";
  const quarantineId = (await caller.ops.quarantineRows({ limit: 1 })).rows[0]?.quarantineId ?? "";
  const coordinates = {
    source: String(place?.source),
    partition: String(place?.part),
    offset: BigInt(String(place?.off)),
  };
  const calls: Record<string, (c: Caller) => Promise<unknown>> = {
    "overview.get": (c) => c.overview.get({}),
    "search.find": (c) => c.search.find({ text: String(place?.id) }),
    "trace.get": (c) => c.trace.get(coordinates),
    "freshness.get": (c) => c.freshness.get(),
    "fraud.queue": (c) => c.fraud.queue({}),
    "fraud.queue riskiest, text": (c) => c.fraud.queue({ sort: "riskiest", text: "7" }),
    "fraud.alert": (c) => c.fraud.alert({ alertId }),
    "fraud.nextCase": (c) => c.fraud.nextCase({}),
    "fraud.live": (c) => c.fraud.live({}),
    "fraud.blacklist": (c) => c.fraud.blacklist({}),
    "merchants.list": (c) => c.merchants.list({ from, to }),
    "merchants.get": (c) => c.merchants.get({ merchantId, from, to }),
    "ops.streams": (c) => c.ops.streams(),
    "ops.throughput": (c) => c.ops.throughput({}),
    "ops.latency": (c) => c.ops.latency({}),
    "ops.quarantineGroups": (c) => c.ops.quarantineGroups(),
    "ops.quarantineRows": (c) => c.ops.quarantineRows({}),
    "ops.quarantineRow": (c) => c.ops.quarantineRow({ quarantineId }),
    "ops.tables": (c) => c.ops.tables(),
    "ops.health": (c) => c.ops.health(),
  };
  process.stdout.write(
    `${"procedure".padEnd(30)} ${"first ms".padStart(9)} ${"p50 ms".padStart(8)} ${"p95 ms".padStart(8)}\n`,
  );
  for (const [name, call] of Object.entries(calls)) {
    const timed = async () => {
      const atMs = performance.now();
      await call(caller);
      return performance.now() - atMs;
    };
    const first = await timed();
    const warm: number[] = [];
    for (let round = 0; round < ROUNDS; round++) warm.push(await timed());
    warm.sort((a, b) => a - b);
    const at = (share: number) => warm[Math.ceil(warm.length * share) - 1] ?? 0;
    const verdict = first <= COLD_MS && at(0.95) <= WARM_MS ? "" : "  over its promise";
    process.stdout.write(
      `${name.padEnd(30)} ${first.toFixed(0).padStart(9)} ${at(0.5).toFixed(1).padStart(8)} ${at(0.95).toFixed(1).padStart(8)}${verdict}\n`,
    );
  }
} finally {
  await bench.close();
}
