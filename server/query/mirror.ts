import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlName } from "../lake/duckdb";
import type { Lake } from "../lake/lake";

/** A small table of another system, kept beside the lake's views so that queries can filter by it. */
export interface Mirror {
  /** The table's SQL name. */
  readonly table: string;
  /** Puts rows in place of those with the same key (the first column), at once for every reader. */
  put(rows: readonly (readonly (string | null)[])[]): Promise<void>;
  close(): void;
}

export async function openMirror(lake: Lake, name: string, columns: readonly [string, ...string[]]): Promise<Mirror> {
  const connection: DuckDBConnection = await lake.db.connect();
  const table = sqlName(`mirror_${name}`);
  const definition = columns.map((column) => `${sqlName(column)} VARCHAR`).join(", ");
  await connection.run(`CREATE OR REPLACE TABLE ${table} (${definition})`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE incoming (${definition})`);
  const key = sqlName(columns[0]);
  let turn: Promise<unknown> = Promise.resolve();
  const put = async (rows: readonly (readonly (string | null)[])[]): Promise<void> => {
    const appender = await connection.createAppender("incoming", null, "temp");
    for (const row of rows) {
      for (const cell of row) {
        if (cell === null) appender.appendNull();
        else appender.appendVarchar(cell);
      }
      appender.endRow();
    }
    appender.closeSync();
    await connection.run("BEGIN");
    try {
      await connection.run(`DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM incoming)`);
      await connection.run(`INSERT INTO ${table} SELECT * FROM incoming`);
      await connection.run("DELETE FROM incoming");
      await connection.run("COMMIT");
    } catch (error) {
      await connection.run("ROLLBACK");
      await connection.run("DELETE FROM incoming");
      throw error;
    }
  };
  return {
    table,
    put: (rows) => {
      if (rows.length === 0) return Promise.resolve();
      const run = turn.catch(() => undefined).then(() => put(rows));
      turn = run;
      return run;
    },
    close: () => connection.closeSync(),
  };
}
