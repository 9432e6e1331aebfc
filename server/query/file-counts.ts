import { sqlText } from "../lake/duckdb";
import type { Lake } from "../lake/lake";
import { dataKey } from "../lake/log";
import type { Snapshot } from "../lake/snapshot";
import type { LakeView } from "./reader";
import { text, whole } from "./values";

const FILES_KEPT_MAX = 50_000;
const NOTHING: ReadonlyMap<string, number> = new Map();

/** Rows of a whole table, or the sum of a measure, per group under one fixed condition. A file never changes, so each is counted once. */
export interface FileCounts {
  count(view: LakeView): Promise<ReadonlyMap<string, number>>;
}

export interface FileCount {
  readonly group: string;
  readonly condition: string;
  /** An aggregate whose parts add up: `count(*)`, or the sum of a column. */
  readonly measure?: string;
}

export function openFileCounts(
  lake: Lake,
  table: string,
  { group, condition, measure = "count(*)" }: FileCount,
): FileCounts {
  const counted = new Map<string, ReadonlyMap<string, number>>();

  const take = async (view: LakeView, paths: readonly string[]): Promise<void> => {
    if (paths.length === 0) return;
    if (counted.size > FILES_KEPT_MAX) counted.clear();
    const local = await Promise.all(paths.map((path) => lake.store.localPath(dataKey(table, path))));
    const rows = await view.rows(
      `SELECT filename, ${group} AS grouped, coalesce(${measure}, 0)::BIGINT AS counted
         FROM read_parquet([${local.map(sqlText).join(", ")}], filename = true, union_by_name = true)
        WHERE ${condition} GROUP BY ALL`,
    );
    const found = new Map<string, Map<string, number>>();
    for (const row of rows) {
      const file = found.get(text(row, "filename")) ?? new Map<string, number>();
      file.set(text(row, "grouped"), whole(row, "counted"));
      found.set(text(row, "filename"), file);
    }
    for (const [index, path] of paths.entries()) counted.set(path, found.get(local[index] ?? "") ?? NOTHING);
  };

  return {
    count: async (view) => {
      const paths = view.snapshot(table).files.map((file) => file.path);
      await take(
        view,
        paths.filter((path) => !counted.has(path)),
      );
      const sums = new Map<string, number>();
      for (const path of paths) {
        for (const [name, rows] of counted.get(path) ?? NOTHING) sums.set(name, (sums.get(name) ?? 0) + rows);
      }
      return sums;
    },
  };
}

/** True where both tables hold the same batches of every source that feeds them: no flush is between its two commits. */
export function sameBatches(a: Snapshot, b: Snapshot): boolean {
  for (const [appId, version] of a.marks) {
    if (!appId.startsWith("from/") && b.marks.get(appId) !== version) return false;
  }
  return true;
}
