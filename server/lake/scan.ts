import { sqlName, sqlText } from "./duckdb";
import { dataKey } from "./log";
import type { DataFile } from "./snapshot";
import type { ObjectStore } from "./store/store";
import { duckDbTypeName } from "./table-buffer";
import type { TableSpec } from "./types";

/** An SQL relation over the rows of these files, with the table's columns and types; empty-safe. Files written before a column existed give nulls. */
export async function scanSql(store: ObjectStore, spec: TableSpec, files: readonly DataFile[]): Promise<string> {
  const nulls = spec.columns.map((c) => `CAST(NULL AS ${duckDbTypeName(c.type)}) AS ${sqlName(c.name)}`);
  const nothing = `SELECT ${nulls.join(", ")} WHERE false`;
  if (files.length === 0) return `(${nothing})`;
  const paths = await Promise.all(files.map((file) => store.localPath(dataKey(spec.name, file.path))));
  const list = `[${paths.map(sqlText).join(", ")}]`;
  const evolved = files.some((file) => spec.columns.some((column) => file.stats.nullCount[column.name] === undefined));
  // A folder above the lake may be named like a partition (env=prod): it is no column of ours.
  if (!evolved) return `read_parquet(${list}, hive_partitioning = false)`;
  return `(${nothing} UNION ALL BY NAME SELECT * FROM read_parquet(${list}, union_by_name = true, hive_partitioning = false))`;
}

/** Files whose statistics allow a value of `column` in [min, max]; files without a bound stay. */
export function pruneFiles(
  files: readonly DataFile[],
  column: string,
  min: string | number,
  max: string | number,
): DataFile[] {
  return files.filter((file) => {
    const [low, high] = [file.stats.minValues[column], file.stats.maxValues[column]];
    if (low === undefined || high === undefined) return true;
    return low <= max && high >= min;
  });
}
