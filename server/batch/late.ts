import type { DuckDBConnection } from "@duckdb/node-api";
import type { BusinessDate } from "../domain/time";
import { sqlName } from "../lake/duckdb";
import type { Lake } from "../lake/lake";
import { pruneFiles, scanSql } from "../lake/scan";
import type { FinalDefinition } from "./definition";
import { closedDates, readRecord } from "./record";
import type { JobSpec } from "./spec";

/** A closed date whose inputs have changed since it was run. */
export interface DateToRerun {
  readonly businessDate: BusinessDate;
  /** Rows of that date that came after its run, by input. */
  readonly lateRows: Readonly<Record<string, number>>;
}

/** Rows of the business date itself in each input a run reads. */
export async function countsOfDate<Settings>(
  connection: DuckDBConnection,
  definition: FinalDefinition<Settings>,
  spec: JobSpec,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const settings = definition.settings.parse(spec.settings);
  for (const { table, dateColumn, to } of definition.inputs(spec.businessDate, settings)) {
    if (dateColumn === null || (to !== null && to < spec.businessDate)) continue;
    const reader = await connection.runAndReadAll(
      `SELECT count(*) FROM ${sqlName(table)} WHERE ${sqlName(dateColumn)} = DATE '${spec.businessDate}'`,
    );
    counts[table] = Number(reader.getRows()[0]?.[0]);
  }
  return counts;
}

/**
 * Closed dates that have had late rows since, oldest first. Inputs are append-only, so a date's row count tells. Later
 * dates see the same rows as open items: re-run them from the oldest one on.
 */
export async function datesToRerun<Settings>(
  lake: Lake,
  definition: FinalDefinition<Settings>,
): Promise<DateToRerun[]> {
  const snapshot = await lake.table(definition.table.name).refresh();
  const dates = closedDates(snapshot, definition.index);
  const changed: DateToRerun[] = [];
  const now = new Map<string, ReadonlyMap<string, number>>();
  for (const businessDate of dates) {
    const record = await readRecord(lake, snapshot, definition.index, businessDate);
    if (record === null) continue;
    const lateRows: Record<string, number> = {};
    const settings = definition.settings.parse(record.spec.settings);
    for (const { table, dateColumn, to } of definition.inputs(businessDate, settings)) {
      if (dateColumn === null || (to !== null && to < businessDate)) continue;
      const counts = now.get(table) ?? (await countsByDate(lake, table, dateColumn, dates));
      now.set(table, counts);
      const late = (counts.get(businessDate) ?? 0) - (record.rowsOfDate[table] ?? 0);
      if (late !== 0) lateRows[table] = late;
    }
    if (Object.keys(lateRows).length > 0) changed.push({ businessDate, lateRows });
  }
  return changed;
}

async function countsByDate(
  lake: Lake,
  name: string,
  dateColumn: string,
  dates: readonly BusinessDate[],
): Promise<ReadonlyMap<string, number>> {
  const { files, spec } = await lake.table(name).refresh();
  const [first, last] = [dates[0] ?? "", dates.at(-1) ?? ""];
  const scan = await scanSql(lake.store, spec, pruneFiles(files, dateColumn, first, last));
  const connection = await lake.db.connect();
  try {
    const column = sqlName(dateColumn);
    const reader = await connection.runAndReadAll(`
      SELECT CAST(${column} AS VARCHAR), count(*) FROM ${scan}
      WHERE ${column} >= DATE '${first}' AND ${column} <= DATE '${last}' GROUP BY ALL`);
    return new Map(reader.getRows().map(([date, count]) => [String(date), Number(count)]));
  } finally {
    connection.closeSync();
  }
}
