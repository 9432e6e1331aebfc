import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlName, sqlText } from "./duckdb";
import type { Lake } from "./lake";
import { dataKey } from "./log";
import { scanSql } from "./scan";
import type { DataFile, Snapshot } from "./snapshot";
import { Table } from "./table";
import { duckDbTypeName } from "./table-buffer";
import { verifyLog } from "./verify-log";

export interface Difference {
  readonly table: string;
  /** File, mark or partition it is about. */
  readonly where: string;
  readonly message: string;
}

export interface Verification {
  readonly tables: number;
  readonly files: number;
  readonly rows: number;
  readonly differences: readonly Difference[];
}

/** A batch whose rows are committed has its balance committed within this time, milliseconds. */
const IN_FLIGHT_MS = 3_000;

/** Replays the log, re-reads every file and says every difference: versions, marks, checkpoints, row counts, statistics, and the ingest balance. */
export async function verifyLake(lake: Lake, only: string | null = null): Promise<Verification> {
  const connection = await lake.db.connect();
  const differences: Difference[] = [];
  let [tables, files, rows] = [0, 0, 0];
  try {
    for (const { spec } of lake.tables) {
      if (only !== null && spec.name !== only) continue;
      // Replayed anew from the store: what is in memory proves nothing.
      const snapshot = (await Table.open(lake.store, lake.db, spec)).current();
      differences.push(...(await verifyLog(lake, spec)));
      tables++;
      for (const file of snapshot.files) {
        files++;
        rows += file.stats.numRecords;
        differences.push(...(await verifyFile(connection, lake, snapshot, file)));
      }
    }
    if (only === null) differences.push(...(await verifyBalance(connection, lake)));
  } finally {
    connection.closeSync();
  }
  return { tables, files, rows, differences };
}

async function verifyFile(
  connection: DuckDBConnection,
  lake: Lake,
  { spec }: Snapshot,
  file: DataFile,
): Promise<Difference[]> {
  const differ = (message: string): Difference => ({ table: spec.name, where: file.path, message });
  const info = await lake.store.head(dataKey(spec.name, file.path));
  if (info === null) return [differ("the log names this file and it does not exist")];
  if (info.size !== file.size) return [differ(`the log says ${file.size} bytes, the file has ${info.size}`)];
  const told: { minValues?: Record<string, unknown> } = JSON.parse(file.statsText);
  const bounded = spec.columns.filter((column) => told.minValues?.[column.name] !== undefined);
  const facts = spec.columns
    .filter((column) => file.stats.nullCount[column.name] !== undefined)
    .map((column) => `count(*) - count(${sqlName(column.name)}) AS ${sqlName(`nulls ${column.name}`)}`);
  const outside = bounded.map((column) => {
    const name = sqlName(column.name);
    // From the text itself: a number of JavaScript may not be the one that is written there.
    const bound = (side: "minValues" | "maxValues") =>
      `CAST(json_extract_string(${sqlText(file.statsText)}, ${sqlText(`$.${side}."${column.name}"`)}) AS ${duckDbTypeName(column.type)})`;
    return `count(*) FILTER (${name} < ${bound("minValues")} OR ${name} > ${bound("maxValues")}) AS ${sqlName(`outside ${column.name}`)}`;
  });
  try {
    const reader = await connection.runAndReadAll(
      `SELECT ${["count(*) AS numRecords", ...facts, ...outside].join(", ")} FROM ${await scanSql(lake.store, spec, [file])}`,
    );
    const [row = {}] = reader.getRowObjectsJS();
    const found: Difference[] = [];
    if (Number(row.numRecords) !== file.stats.numRecords) {
      found.push(differ(`the log says ${file.stats.numRecords} rows, the file has ${row.numRecords}`));
    }
    for (const column of spec.columns) {
      const nulls = row[`nulls ${column.name}`];
      if (nulls !== undefined && Number(nulls) !== file.stats.nullCount[column.name]) {
        found.push(
          differ(`${column.name}: the log says ${file.stats.nullCount[column.name]} nulls, the file has ${nulls}`),
        );
      }
      if (Number(row[`outside ${column.name}`] ?? 0) > 0) {
        found.push(differ(`${column.name}: ${row[`outside ${column.name}`]} rows lie outside the bounds of the log`));
      }
    }
    return found;
  } catch (error) {
    return [differ(`the file cannot be read: ${error instanceof Error ? error.message : String(error)}`)];
  }
}

interface BalanceRow {
  readonly where: string;
  readonly message: string;
  /** Rows the balance speaks of are missing or too many; else only rows it does not speak of yet were found. */
  readonly settled: boolean;
}

/**
 * in = accepted + quarantined + duplicates, and the rows are there (ARCHITECTURE.md, invariant 5). Rows are committed before
 * their balance, so a lake that is being written always holds some it does not count yet: those are a difference where they
 * are the same some seconds later.
 */
async function verifyBalance(connection: DuckDBConnection, lake: Lake): Promise<Difference[]> {
  const names = ["ingest_balance", "transactions", "fraud_signals", "quarantine"];
  if (!names.every((name) => lake.has(name))) return [];
  let found = await compareBalance(connection, lake, names);
  if (found.some(({ settled }) => !settled)) {
    await new Promise((resolve) => setTimeout(resolve, IN_FLIGHT_MS));
    const keyOf = ({ where, message }: BalanceRow) => `${where} ${message}`;
    const before = new Set(found.map(keyOf));
    found = (await compareBalance(connection, lake, names)).filter((row) => row.settled || before.has(keyOf(row)));
  }
  return found.map(({ where, message }) => ({ table: "ingest_balance", where, message }));
}

async function compareBalance(
  connection: DuckDBConnection,
  lake: Lake,
  names: readonly string[],
): Promise<BalanceRow[]> {
  const scan = (name: string) => {
    const table = lake.table(name);
    return scanSql(lake.store, table.spec, table.current().files);
  };
  // The balance first: every row it speaks of is then in what is read after it.
  for (const name of names) await lake.table(name).refresh();
  const rows = (...relations: string[]) => `
    SELECT p.source, p.source_partition, count(*) FILTER (source_offset <= offset_to) AS counted,
           count(*) FILTER (offset_to IS NULL OR source_offset > offset_to) AS beyond
      FROM (${relations.map((relation) => `SELECT source, source_partition, source_offset FROM ${relation}`).join(" UNION ALL ")}) p
      LEFT JOIN balance b USING (source, source_partition) GROUP BY ALL`;
  const reader = await connection.runAndReadAll(`
    WITH balance AS (
      SELECT source, source_partition, sum(records_in) AS records_in, sum(accepted) AS accepted, sum(quarantined) AS quarantined,
             sum(duplicates) AS duplicates, max(offset_to) AS offset_to
        FROM ${await scan("ingest_balance")} GROUP BY ALL),
    stored AS (${rows(await scan("transactions"), await scan("fraud_signals"))}),
    refused AS (${rows(await scan("quarantine"))}),
    compared AS (
      SELECT coalesce(b.source, s.source, r.source) AS source, coalesce(b.source_partition, s.source_partition, r.source_partition) AS part,
             coalesce(b.records_in, 0) AS records_in, coalesce(b.accepted, 0) AS accepted, coalesce(b.quarantined, 0) AS quarantined,
             coalesce(b.duplicates, 0) AS duplicates, coalesce(s.counted, 0) AS stored, coalesce(r.counted, 0) AS refused,
             coalesce(s.beyond, 0) AS stored_beyond, coalesce(r.beyond, 0) AS refused_beyond
        FROM balance b FULL JOIN stored s USING (source, source_partition) FULL JOIN refused r USING (source, source_partition))
    SELECT source, part, records_in::VARCHAR, accepted::VARCHAR, quarantined::VARCHAR, duplicates::VARCHAR,
           (stored + stored_beyond)::VARCHAR, (refused + refused_beyond)::VARCHAR,
           records_in <> accepted + quarantined + duplicates OR accepted <> stored OR quarantined <> refused AS settled
      FROM compared WHERE settled OR stored_beyond > 0 OR refused_beyond > 0`);
  return reader
    .getRowsJS()
    .map(([source, partition, total, accepted, quarantined, duplicates, stored, refused, settled]) => ({
      where: `${source}/${partition}`,
      message: `in ${total} = accepted ${accepted} + quarantined ${quarantined} + duplicates ${duplicates}; stored ${stored} and ${refused} rows`,
      settled: settled === true,
    }));
}
