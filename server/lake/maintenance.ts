import { readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { expire } from "./expire";
import { followedTo } from "./followers";
import type { Lake } from "./lake";
import { dataKey, logFolder } from "./log";
import { LogReader } from "./log-reader";
import { rewriteFiles } from "./rewrite";
import type { DataFile } from "./snapshot";
import type { Table } from "./table";

export interface MaintenanceLimits {
  /** A file below this wants compaction, bytes; one more than half full by rows or bytes is left as it is. */
  readonly smallFileBytes: number;
  /** Compaction starts at this many small files of about the same size, so that a row is rewritten a few times only. */
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
  readonly rowsExpired: number;
  readonly filesDeleted: number;
  readonly logFilesDeleted: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Longer than this nothing is kept for a follower that stands still. */
const FOLLOWER_DAYS_MAX = 30;
/** Sizes within this factor are "about the same". */
const TIER_FACTOR = 8;
const FILES_PER_REWRITE_MAX = 1_000;
/** Sooner than a writer would: here nobody waits for it. */
const CHECKPOINT_ACTIONS_PER_COMMIT = 1_000;

/** One pass over every table: compaction, expiry, vacuum, the log's retention, a checkpoint. Safe beside any number of writers. */
export async function maintain(
  lake: Lake,
  limits: MaintenanceLimits = MAINTENANCE_DEFAULTS,
  signal?: AbortSignal,
): Promise<MaintenanceFacts[]> {
  const facts: MaintenanceFacts[] = [];
  for (const table of lake.tables) {
    if (signal?.aborted === true) return facts;
    const compacted = await compact(lake, table, limits, signal);
    const rowsExpired = await expire(lake, table, limits.nowMs());
    const filesDeleted = await vacuum(lake, table, limits);
    const logFilesDeleted = await trimLog(lake, table, limits);
    await table.checkpointIfDue(CHECKPOINT_ACTIONS_PER_COMMIT);
    facts.push({ table: table.spec.name, ...compacted, rowsExpired, filesDeleted, logFilesDeleted });
  }
  await sweepTemporaries(lake, limits);
  return facts;
}

/** Rewrites runs of small files as larger ones in the table's order; rows do not change, and another writer's removal wins. */
export async function compact(lake: Lake, table: Table, limits: MaintenanceLimits, signal?: AbortSignal) {
  const snapshot = await table.refresh();
  let [filesCompacted, filesWritten] = [0, 0];
  for (const tier of tiers(snapshot.files, limits)) {
    for (const group of groups(tier, limits)) {
      if (group.length < 2 || signal?.aborted === true) continue;
      const file = await rewriteFiles({ lake, table, files: group });
      if (file === null) continue;
      const outcome = await table.commit({
        adds: [file],
        removes: group,
        marks: [],
        operation: "OPTIMIZE",
        dataChange: false,
      });
      if (outcome.kind !== "committed") return { filesCompacted, filesWritten };
      filesCompacted += group.length;
      filesWritten++;
    }
  }
  return { filesCompacted, filesWritten };
}

/** Small files by order of magnitude, where there are enough of one. */
function tiers(files: readonly DataFile[], limits: MaintenanceLimits): DataFile[][] {
  const byTier = new Map<number, DataFile[]>();
  for (const file of files) {
    const { numRecords } = file.stats;
    const full = numRecords * 2 > limits.rowsPerFile || file.size * 2 > limits.bytesPerFile;
    if (full || file.size >= limits.smallFileBytes) continue;
    const tier = Math.floor(Math.log(Math.max(numRecords, 1)) / Math.log(TIER_FACTOR));
    const same = byTier.get(tier);
    if (same === undefined) byTier.set(tier, [file]);
    else same.push(file);
  }
  return [...byTier.values()].filter((tier) => tier.length >= limits.smallFilesMin);
}

function groups(files: readonly DataFile[], limits: MaintenanceLimits): DataFile[][] {
  const result: DataFile[][] = [[]];
  let [rows, bytes] = [0, 0];
  for (const file of files) {
    const tooMany = (result.at(-1)?.length ?? 0) >= FILES_PER_REWRITE_MAX;
    if (tooMany || rows + file.stats.numRecords > limits.rowsPerFile || bytes + file.size > limits.bytesPerFile) {
      result.push([]);
      [rows, bytes] = [0, 0];
    }
    result.at(-1)?.push(file);
    rows += file.stats.numRecords;
    bytes += file.size;
  }
  return result;
}

/**
 * The instant since which the log and the removed files are kept: the retention, or where a follower of the table stands if
 * that is longer ago, so that a projector that was stopped for a week goes on where it was.
 */
async function keepSinceMs(lake: Lake, table: Table, nowMs: number): Promise<number> {
  const retentionMs = nowMs - table.spec.retention.logDays * DAY_MS;
  const version = await followedTo(lake, table.spec.name);
  if (version === null || version >= table.current().version) return retentionMs;
  const reader = new LogReader(table.store, lake.db, table.spec.name);
  const stoodMs = await reader.timestampOf(version);
  if (stoodMs === null) return retentionMs;
  return Math.min(retentionMs, Math.max(stoodMs, nowMs - FOLLOWER_DAYS_MAX * DAY_MS));
}

/** Deletes data files that no snapshot within the log's retention can name. */
export async function vacuum(lake: Lake, table: Table, limits: MaintenanceLimits): Promise<number> {
  const { store, spec } = table;
  const live = new Set((await table.refresh()).files.map((file) => dataKey(spec.name, file.path)));
  const tombstones = new Map(
    [...table.tombstones()].map(([path, deletedAtMs]) => [dataKey(spec.name, path), deletedAtMs]),
  );
  const nowMs = limits.nowMs();
  const keptSinceMs = await keepSinceMs(lake, table, nowMs);
  const expired: string[] = [];
  for await (const { key, modifiedAtMs } of store.list(`tables/${spec.name}/data/`)) {
    if (live.has(key)) continue;
    const deletedAtMs = tombstones.get(key);
    const gone = deletedAtMs === undefined ? modifiedAtMs + limits.orphanAgeMs < nowMs : deletedAtMs < keptSinceMs;
    if (gone) expired.push(key);
  }
  await store.delete(expired);
  return expired.length;
}

/**
 * Deletes the log before the newest checkpoint that is older than the retention (what is younger can still be read as of), and
 * after it all checkpoints but those of the last hour and one an hour before.
 */
export async function trimLog(lake: Lake, table: Table, limits: MaintenanceLimits): Promise<number> {
  const { store, spec } = table;
  const cutoffMs = await keepSinceMs(lake, table, limits.nowMs());
  const [commits, checkpoints]: [LogFile[], LogFile[]] = [[], []];
  for await (const { key, modifiedAtMs } of store.list(`${logFolder(spec.name)}/`)) {
    const match = /\/(\d{20})\.(json|checkpoint\.parquet)$/.exec(key);
    if (match === null) continue;
    (match[2] === "json" ? commits : checkpoints).push({ key, version: Number(match[1]), modifiedAtMs });
  }
  const keepFrom = checkpoints.findLast(({ modifiedAtMs }) => modifiedAtMs < cutoffMs)?.version ?? 0;
  const expired = [...commits, ...checkpoints].filter(({ version }) => version < keepFrom);
  // What comes before a checkpoint is its only replacement: it must be readable first. Throws where it is not.
  const replaced = expired.length > 0 ? await new LogReader(store, lake.db, spec.name).checkpoint(keepFrom) : null;
  if (replaced === null) expired.length = 0;
  const later = checkpoints.filter(({ version }) => version > keepFrom);
  const keys = [...expired, ...superfluous(later, limits.nowMs() - HOUR_MS)].map(({ key }) => key);
  await store.delete(keys);
  return keys.length;
}

interface LogFile {
  readonly key: string;
  readonly version: number;
  readonly modifiedAtMs: number;
}

/** Of checkpoints in the order of their versions, all but the first of each hour, the newest, and those since `sinceMs`. */
function superfluous(checkpoints: readonly LogFile[], sinceMs: number): LogFile[] {
  let hourKept = -1;
  return checkpoints.slice(0, -1).filter(({ modifiedAtMs }) => {
    const hour = Math.floor(modifiedAtMs / HOUR_MS);
    if (modifiedAtMs >= sinceMs || hour !== hourKept) {
      hourKept = hour;
      return false;
    }
    return true;
  });
}

/** Unfinished files of processes that died. */
async function sweepTemporaries(lake: Lake, limits: MaintenanceLimits): Promise<void> {
  const folder = lake.store.temporaryDirectory;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => null);
    if (facts?.isFile() === true && facts.mtimeMs + limits.orphanAgeMs < limits.nowMs()) {
      await unlink(path).catch(() => undefined);
    }
  }
}
