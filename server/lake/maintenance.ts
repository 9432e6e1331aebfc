import { invariant } from "../domain/errors";
import { sqlName } from "./duckdb";
import type { Lake } from "./lake";
import { dataKey, logFolder } from "./log";
import { writeParquet } from "./parquet";
import { scanSql } from "./scan";
import type { DataFile } from "./snapshot";
import type { Table } from "./table";

export interface MaintenanceLimits {
  /** A file below this wants compaction, bytes. */
  readonly smallFileBytes: number;
  /** Compaction starts at this many small files. */
  readonly smallFilesMin: number;
  readonly rowsPerFile: number;
  readonly bytesPerFile: number;
  /** A data file no log names may belong to a commit under way: it is left alone this long, milliseconds. */
  readonly orphanAgeMs: number;
  readonly nowMs: () => number;
}

export const MAINTENANCE_DEFAULTS: MaintenanceLimits = {
  smallFileBytes: 32 * 1024 * 1024,
  smallFilesMin: 8,
  rowsPerFile: 500_000,
  bytesPerFile: 128 * 1024 * 1024,
  orphanAgeMs: 24 * 3_600_000,
  nowMs: Date.now,
};

export interface MaintenanceFacts {
  readonly table: string;
  readonly filesCompacted: number;
  readonly filesWritten: number;
  readonly filesDeleted: number;
  readonly logFilesDeleted: number;
}

const DAY_MS = 86_400_000;

/** One pass over every table: compaction, then vacuum and the log's retention. Safe beside any number of writers. */
export async function maintain(
  lake: Lake,
  limits: MaintenanceLimits = MAINTENANCE_DEFAULTS,
): Promise<MaintenanceFacts[]> {
  const facts: MaintenanceFacts[] = [];
  for (const table of lake.tables) {
    const compacted = await compact(lake, table, limits);
    const filesDeleted = await vacuum(table, limits);
    const logFilesDeleted = await trimLog(table, limits);
    facts.push({ table: table.spec.name, ...compacted, filesDeleted, logFilesDeleted });
  }
  return facts;
}

/** Rewrites runs of small files as larger ones in the table's order; rows do not change, and another writer's removal wins. */
export async function compact(lake: Lake, table: Table, limits: MaintenanceLimits) {
  const snapshot = await table.refresh();
  const small = snapshot.files.filter((file) => file.size < limits.smallFileBytes);
  if (small.length < limits.smallFilesMin) return { filesCompacted: 0, filesWritten: 0 };
  let [filesCompacted, filesWritten] = [0, 0];
  for (const group of groups(small, limits)) {
    if (group.length < 2) continue;
    const file = await rewrite(lake, table, group);
    const outcome = await table.commit({
      adds: [file],
      removes: group,
      marks: [],
      operation: "OPTIMIZE",
      dataChange: false,
    });
    if (outcome.kind !== "committed") break;
    filesCompacted += group.length;
    filesWritten++;
  }
  return { filesCompacted, filesWritten };
}

function groups(files: readonly DataFile[], limits: MaintenanceLimits): DataFile[][] {
  const result: DataFile[][] = [[]];
  let [rows, bytes] = [0, 0];
  for (const file of files) {
    if (rows + file.stats.numRecords > limits.rowsPerFile || bytes + file.size > limits.bytesPerFile) {
      result.push([]);
      [rows, bytes] = [0, 0];
    }
    result.at(-1)?.push(file);
    rows += file.stats.numRecords;
    bytes += file.size;
  }
  return result;
}

async function rewrite(lake: Lake, table: Table, group: readonly DataFile[]): Promise<DataFile> {
  const { spec, store } = table;
  const connection = await lake.db.connect();
  try {
    const order = spec.sortBy.map(sqlName).join(", ");
    const expectedRows = group.reduce((sum, file) => sum + file.stats.numRecords, 0);
    const selectSql = `SELECT * FROM ${await scanSql(store, spec, group)} ORDER BY ${order}`;
    const file = await writeParquet({ connection, selectSql, spec, store, expectedRows });
    invariant(file !== null, `${spec.name}: compaction of ${expectedRows} rows wrote none`);
    return file;
  } finally {
    connection.closeSync();
  }
}

/** Deletes data files that no snapshot within the log's retention can name. */
export async function vacuum(table: Table, limits: MaintenanceLimits): Promise<number> {
  const { store, spec } = table;
  const live = new Set((await table.refresh()).files.map((file) => dataKey(spec.name, file.path)));
  const tombstones = new Map(
    [...table.tombstones()].map(([path, deletedAtMs]) => [dataKey(spec.name, path), deletedAtMs]),
  );
  const nowMs = limits.nowMs();
  const expired: string[] = [];
  for await (const { key, modifiedAtMs } of store.list(`tables/${spec.name}/data/`)) {
    if (live.has(key)) continue;
    const deletedAtMs = tombstones.get(key);
    const keepUntilMs =
      deletedAtMs === undefined ? modifiedAtMs + limits.orphanAgeMs : deletedAtMs + spec.retention.logDays * DAY_MS;
    if (keepUntilMs < nowMs) expired.push(key);
  }
  await store.delete(expired);
  return expired.length;
}

/** Deletes the log before the newest checkpoint that is older than the retention: what is younger can still be read as of. */
export async function trimLog(table: Table, limits: MaintenanceLimits): Promise<number> {
  const { store, spec } = table;
  const cutoffMs = limits.nowMs() - spec.retention.logDays * DAY_MS;
  const entries: { key: string; version: number }[] = [];
  let keepFrom = 0;
  for await (const { key, modifiedAtMs } of store.list(`${logFolder(spec.name)}/`)) {
    const match = /\/(\d{20})\.(json|checkpoint\.parquet)$/.exec(key);
    if (match === null) continue;
    const version = Number(match[1]);
    entries.push({ key, version });
    if (match[2] !== "json" && modifiedAtMs < cutoffMs) keepFrom = Math.max(keepFrom, version);
  }
  const expired = entries.filter(({ version }) => version < keepFrom).map(({ key }) => key);
  await store.delete(expired);
  return expired.length;
}
