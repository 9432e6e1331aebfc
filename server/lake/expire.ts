import { invariant } from "../domain/errors";
import { sqlName, sqlText } from "./duckdb";
import type { Lake } from "./lake";
import { rewriteFiles } from "./rewrite";
import type { DataFile } from "./snapshot";
import type { Table } from "./table";
import type { ColumnSpec } from "./types";

const DAY_MS = 86_400_000;

/**
 * Removes rows more than `retention.dataDays` older than the newest row, by the table's first sort column. The clock is that of
 * the data where it is behind ours, so a lake of past years keeps its last days. Returns how many rows went.
 */
export async function expire(lake: Lake, table: Table, nowMs: number): Promise<number> {
  const { spec } = table;
  const column = spec.columns.find(({ name }) => name === spec.sortBy[0]);
  if (spec.retention.dataDays === null || (column?.type !== "date" && column?.type !== "timestamp")) return 0;
  const { files } = await table.refresh();
  const cutoff = cutoffDay(files, column, spec.retention.dataDays, nowMs);
  if (cutoff === null) return 0;
  let rows = 0;
  const whole: DataFile[] = [];
  for (const file of files) {
    const [oldest, newest] = [dayOf(file.stats.minValues[column.name]), dayOf(file.stats.maxValues[column.name])];
    if (oldest === null || newest === null || oldest >= cutoff) continue;
    if (newest < cutoff) whole.push(file);
    else {
      const old = await split(lake, table, file, column, cutoff);
      if (old !== null) whole.push(old);
    }
  }
  if (whole.length === 0) return 0;
  const outcome = await table.commit({ adds: [], removes: whole, marks: [], operation: "DELETE" });
  if (outcome.kind === "committed") rows = whole.reduce((sum, file) => sum + file.stats.numRecords, 0);
  return rows;
}

/** The first day that is kept, as text; null where no file has bounds. */
function cutoffDay(files: readonly DataFile[], column: ColumnSpec, dataDays: number, nowMs: number): string | null {
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const file of files) {
    const bound = file.stats.maxValues[column.name];
    // An instant's bound is rounded up, which may be over midnight: taken back, it errs on the side of keeping.
    const roundedMs = column.type === "timestamp" ? 1 : 0;
    if (typeof bound === "string") newestMs = Math.max(newestMs, Date.parse(bound) - roundedMs);
  }
  if (!Number.isFinite(newestMs)) return null;
  const clockMs = Math.min(nowMs, newestMs);
  return new Date(Math.floor(clockMs / DAY_MS) * DAY_MS - dataDays * DAY_MS).toISOString().slice(0, 10);
}

const dayOf = (bound: string | number | undefined): string | null =>
  typeof bound === "string" ? bound.slice(0, 10) : null;

/**
 * Parts a file at the cut-off in a commit that changes no row, so that followers of the table do not take the kept rows for new
 * ones. Returns the old part; null where another writer removed the file first.
 */
async function split(
  lake: Lake,
  table: Table,
  file: DataFile,
  column: ColumnSpec,
  cutoff: string,
): Promise<DataFile | null> {
  const limit = column.type === "date" ? `DATE ${sqlText(cutoff)}` : `TIMESTAMPTZ ${sqlText(`${cutoff} 00:00:00+00`)}`;
  const name = sqlName(column.name);
  const old = await rewriteFiles({ lake, table, files: [file], where: `${name} < ${limit}` });
  // The bound was rounded outward: no row is that old.
  if (old === null) return null;
  const kept = await rewriteFiles({ lake, table, files: [file], where: `${name} >= ${limit} OR ${name} IS NULL` });
  const parted = old.stats.numRecords + (kept?.stats.numRecords ?? 0);
  invariant(
    parted === file.stats.numRecords,
    `${table.spec.name}: ${file.stats.numRecords} rows parted into ${parted}`,
  );
  const outcome = await table.commit({
    adds: kept === null ? [old] : [old, kept],
    removes: [file],
    marks: [],
    operation: "OPTIMIZE",
    dataChange: false,
  });
  return outcome.kind === "committed" ? old : null;
}
