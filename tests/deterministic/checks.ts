import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { allProjections } from "../../server/indexes/ingest";
import type { Db } from "../../server/lake/duckdb";
import { type Lake, openLake } from "../../server/lake/lake";
import { dataKey } from "../../server/lake/log";
import { scanSql } from "../../server/lake/scan";
import { verifyLake } from "../../server/lake/verify";
import { verifyLog } from "../../server/lake/verify-log";
import { silentLogger } from "../../server/observability/log";
import { openPlainStore } from "./bucket";
import { ACTS, COPIED, LEDGER, rowsIn } from "./log-processes";
import { createProjector, RULES } from "./processes";
import type { Simulation } from "./simulation";

/** Everything that must hold when all processes are gone; one line for each thing that does not. */
export async function check(simulation: Simulation, db: Db): Promise<string[]> {
  const { bucket, options } = simulation;
  const found: string[] = bucket.overwritten.map((key) => `${key} was written twice`);
  found.push(...gaps(simulation));
  const lake = await openLake(openPlainStore(bucket), db, options.specs);
  if (options.roles.includes("writer")) return [...found, ...(await checkLog(simulation, lake))];
  const connection = await db.connect();
  try {
    for (const { table, where, message } of (await verifyLake(lake)).differences) {
      found.push(`verify: ${table} ${where}: ${message}`);
    }
    const look = new Look(lake, connection);
    await look.createViews();
    found.push(
      ...(await records(simulation, look)),
      ...(await inlineAlerts(look)),
      ...acts(simulation, await look.rows("SELECT party_id FROM blacklist_removals")),
    );
    if (options.roles.includes("projector")) found.push(...(await recount(simulation, db, look)));
  } finally {
    connection.closeSync();
  }
  return found;
}

/** Each row once in the ledger, and once in the copy of it, numbered without a gap. */
async function checkLog(simulation: Simulation, lake: Lake): Promise<string[]> {
  const { bucket, options } = simulation;
  const found: string[] = [];
  const rows = new Map<string, string[]>();
  for (const { spec } of lake.tables) {
    for (const { where, message } of await verifyLog(lake, spec)) found.push(`${spec.name} ${where}: ${message}`);
    const { files } = await lake.table(spec.name).refresh();
    const missing = files.filter(({ path }) => bucket.info(dataKey(spec.name, path)) === null);
    found.push(...missing.map(({ path }) => `${spec.name}: ${path} is named and gone`));
    if (missing.length > 0) return found;
    rows.set(spec.name, files.flatMap(({ path }) => rowsIn(bucket.get(dataKey(spec.name, path)))).sort());
  }
  const wanted = [...options.world.fates.keys()].sort();
  if (rows.get(LEDGER.name)?.join() !== wanted.join()) found.push(`the ledger holds ${rows.get(LEDGER.name)}`);
  const copied = (rows.get(COPIED.name) ?? []).map((row) => row.split(" "));
  const copies = copied.map(([, row = ""]) => row).sort();
  if (copies.join() !== wanted.join()) found.push(`copied were ${copies}`);
  const numbers = copied.map(([number]) => Number(number)).sort((a, b) => a - b);
  if (numbers.some((number, place) => number !== place)) found.push(`the copies are numbered ${numbers}`);
  found.push(...acts(simulation, rows.get(ACTS.name) ?? []));
  return found;
}

class Look {
  constructor(
    private readonly lake: Lake,
    private readonly connection: DuckDBConnection,
  ) {}

  async createViews(): Promise<void> {
    for (const { spec, store } of this.lake.tables) {
      const { files } = await this.lake.table(spec.name).refresh();
      await this.connection.run(
        `CREATE OR REPLACE TEMP VIEW ${spec.name} AS FROM ${await scanSql(store, spec, files)}`,
      );
    }
  }

  async rows(sql: string): Promise<string[]> {
    const reader = await this.connection.runAndReadAll(sql);
    return reader.getRowsJS().map((row) => row.map(String).join("|"));
  }
}

/** Every version from 0 on was committed, deleted later or not. */
function gaps({ bucket, options }: Simulation): string[] {
  const found: string[] = [];
  for (const { name } of options.specs) {
    const versions = [...bucket.objects.keys(), ...bucket.deleted.keys()]
      .filter((key) => key.startsWith(`tables/${name}/_delta_log/`) && key.endsWith(".json"))
      .map((key) => Number(key.slice(-25, -5)))
      .sort((a, b) => a - b);
    const hole = versions.findIndex((version, place) => version !== place);
    if (hole >= 0) found.push(`${name}: version ${hole} was never committed, or twice`);
  }
  return found;
}

/** Each record exactly once where it belongs. */
async function records({ options }: Simulation, look: Look): Promise<string[]> {
  const at = "source, source_partition, source_offset";
  const stored = await look.rows(`SELECT ${at} FROM transactions UNION ALL SELECT ${at} FROM fraud_signals`);
  const refused = await look.rows(`SELECT ${at} FROM quarantine`);
  const found: string[] = [];
  const counts = { accepted: new Map<string, number>(), quarantined: new Map<string, number>() };
  const count = (rows: readonly string[], into: Map<string, number>) => {
    for (const row of rows) into.set(row.replaceAll("|", "/"), (into.get(row.replaceAll("|", "/")) ?? 0) + 1);
  };
  count(stored, counts.accepted);
  count(refused, counts.quarantined);
  const expected = new Map<string, { all: number; duplicates: number }>();
  for (const [place, fate] of options.world.fates) {
    const [accepted, quarantined] = [counts.accepted.get(place) ?? 0, counts.quarantined.get(place) ?? 0];
    if (accepted !== (fate === "accepted" ? 1 : 0) || quarantined !== (fate === "quarantined" ? 1 : 0)) {
      found.push(`${place} must be ${fate}: ${accepted} times in a table, ${quarantined} times in quarantine`);
    }
    const partition = place.slice(0, place.lastIndexOf("/"));
    const sums = expected.get(partition) ?? { all: 0, duplicates: 0 };
    sums.all++;
    if (fate === "duplicate") sums.duplicates++;
    expected.set(partition, sums);
  }
  for (const place of [...counts.accepted.keys(), ...counts.quarantined.keys()]) {
    if (!options.world.fates.has(place)) found.push(`${place} was never sent`);
  }
  const balance = await look.rows(
    `SELECT source || '/' || source_partition, sum(records_in), sum(duplicates) FROM ingest_balance GROUP BY 1`,
  );
  for (const [partition, sums] of expected) {
    const line = `${partition}|${sums.all}|${sums.duplicates}`;
    if (!balance.includes(line)) {
      found.push(`balance of ${line} is ${balance.find((each) => each.startsWith(`${partition}|`)) ?? "missing"}`);
    }
  }
  return found;
}

/** What the indexer decided of each stored row, and the alerts it wrote for it. */
async function inlineAlerts(look: Look): Promise<string[]> {
  const at = "source, source_partition, source_offset";
  const differences = await look.rows(`
    WITH wanted AS (
      SELECT 'blacklisted_party' AS rule, ${at} FROM transactions WHERE decision = 'DENY'
      UNION ALL
      SELECT 'stolen_card', ${at} FROM transactions WHERE card_token IN (SELECT card_token FROM dim_stolen_cards)),
    had AS (SELECT rule, ${at} FROM alerts WHERE rule IN ('blacklisted_party', 'stolen_card'))
    SELECT 'no alert for', * FROM (FROM wanted EXCEPT ALL FROM had)
    UNION ALL SELECT 'one alert too many for', * FROM (FROM had EXCEPT ALL FROM wanted)`);
  const twice = await look.rows("SELECT alert_id, rule FROM alerts GROUP BY ALL HAVING count(*) > 1");
  return [...differences, ...twice.map((line) => `alert ${line} is there more than once`)];
}

/** An act told as done is there once; one of unknown outcome at most once. */
function acts({ acts: told }: Simulation, rows: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const act of rows) counts.set(act, (counts.get(act) ?? 0) + 1);
  return [...told].flatMap(([act, outcome]) => {
    const count = counts.get(act) ?? 0;
    return count > 1 || (outcome === "done" && count === 0) ? [`act ${act} (${outcome}) is there ${count} times`] : [];
  });
}

const RAW = ["transactions", "fraud_signals", "quarantine", "ingest_balance"];
/** What the projector makes, without the moments it was made at. */
const PROJECTED: Readonly<Record<string, string>> = {
  alerts: `SELECT alert_id, rule, entity_id, party_role, business_date FROM alerts
            WHERE rule NOT IN ('blacklisted_party', 'stolen_card') ORDER BY ALL`,
  blacklist: "SELECT party_id, role, rule, business_date, count, previous_count, alert_id FROM blacklist ORDER BY ALL",
  parties:
    "SELECT party_id, role, business_date, sum(payments), bool_or(accelerated) FROM fraud_party_days GROUP BY ALL ORDER BY ALL",
  merchants: `SELECT merchant_id, business_date, currency, sum(events), sum(settled), sum(gross_minor), sum(declined),
                     sum(refunded_minor), sum(new_customers) FROM merchants_partial GROUP BY 1, 2, 3 ORDER BY ALL`,
  customers: "SELECT * FROM merchant_customers ORDER BY ALL",
  minutes: `SELECT minute, source, source_partition, payment_type, sum(accepted), sum(errors), sum(quarantined), sum(duplicates),
                   sum(late), sum(bytes_in) FROM ops_minutes GROUP BY 1, 2, 3, 4 ORDER BY ALL`,
  latency: `SELECT minute, source, source_partition, payment_type, metric, bucket_ms, sum(events) FROM ops_latency
             GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY ALL`,
};

/** The partial indexes against those one projector makes alone, from the beginning of the raw tables. */
async function recount({ bucket, options, directory }: Simulation, db: Db, look: Look): Promise<string[]> {
  const had = await contents(look);
  const fresh = bucket.wholeHistory(
    RAW.map((name) => `tables/${name}/`),
    join(directory, "recount"),
  );
  const lake = await openLake(openPlainStore(fresh), db, options.specs);
  const projector = createProjector(lake, silentLogger);
  await projector.drain();
  projector.close();
  const connection = await db.connect();
  try {
    const again = new Look(lake, connection);
    await again.createViews();
    const wanted = await contents(again);
    return Object.keys(PROJECTED).flatMap((name) => [
      ...without(wanted[name] ?? [], had[name] ?? []).map((row) => `${name}: ${row} is missing`),
      ...without(had[name] ?? [], wanted[name] ?? []).map((row) => `${name}: ${row} is not in a recount`),
    ]);
  } finally {
    connection.closeSync();
  }
}

async function contents(look: Look): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const [name, sql] of Object.entries(PROJECTED)) all[name] = await look.rows(sql);
  return all;
}

/** Rows of the first that the second lacks, counted. */
function without(rows: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1);
  return rows.filter((row) => {
    const count = left.get(row) ?? 0;
    left.set(row, count - 1);
    return count <= 0;
  });
}

/** Marks every projection must have reached once nothing new arrives: "output from/input/projection" -> input. */
export function projectorMarks(connection: DuckDBConnection): Map<string, string> {
  const marks = new Map<string, string>();
  for (const { name, input, alsoInput, outputs } of allProjections(connection, () => RULES)) {
    for (const from of alsoInput === undefined ? [input] : [input, alsoInput]) {
      for (const output of outputs) marks.set(`${output.name} from/${from}/${name.replaceAll(" ", "-")}`, from);
    }
  }
  return marks;
}
