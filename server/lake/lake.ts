import { invariant } from "../domain/errors";
import type { Db } from "./duckdb";
import type { ObjectStore } from "./store/store";
import { Table, type TableSeams } from "./table";
import type { TableSpec } from "./types";

/** The tables of one lake, opened. */
export interface Lake {
  readonly store: ObjectStore;
  readonly db: Db;
  readonly tables: readonly Table[];
  /** Throws on a name that is not a table of this lake: a bug, not bad input. */
  table(name: string): Table;
  has(name: string): boolean;
}

export async function openLake(
  store: ObjectStore,
  db: Db,
  specs: readonly TableSpec[],
  seams: TableSeams = {},
): Promise<Lake> {
  const tables = await Promise.all(specs.map((spec) => Table.open(store, db, spec, seams)));
  const byName = new Map(tables.map((table) => [table.spec.name, table]));
  return {
    store,
    db,
    tables,
    has: (name) => byName.has(name),
    table: (name) => {
      const table = byName.get(name);
      invariant(table !== undefined, `no table ${name} in this lake`);
      return table;
    },
  };
}
