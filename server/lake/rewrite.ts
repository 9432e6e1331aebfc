import { invariant } from "../domain/errors";
import { sqlName } from "./duckdb";
import type { Lake } from "./lake";
import { writeParquet } from "./parquet";
import { scanSql } from "./scan";
import type { DataFile } from "./snapshot";
import type { Table } from "./table";

export interface RewriteRequest {
  readonly lake: Lake;
  readonly table: Table;
  readonly files: readonly DataFile[];
  /** SQL condition on the rows to take; all of them by default. */
  readonly where?: string;
}

/** Writes rows of these files as one file in the table's order; null for no rows. Every row is there once, or it throws. */
export async function rewriteFiles({ lake, table, files, where }: RewriteRequest): Promise<DataFile | null> {
  const { spec, store } = table;
  const connection = await lake.db.connect();
  try {
    const order = spec.sortBy.map(sqlName).join(", ");
    const expectedRows = files.reduce((sum, file) => sum + file.stats.numRecords, 0);
    const selectSql = `SELECT * FROM ${await scanSql(store, spec, files)} ${where === undefined ? "" : `WHERE ${where}`} ORDER BY ${order}`;
    const file = await writeParquet({
      connection,
      selectSql,
      spec,
      store,
      ...(where === undefined ? { expectedRows } : {}),
    });
    invariant(file !== null || where !== undefined, `${spec.name}: compaction of ${expectedRows} rows wrote none`);
    return file;
  } finally {
    connection.closeSync();
  }
}
