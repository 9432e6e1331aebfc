import { invariant } from "../domain/errors";
import type { Db } from "./duckdb";
import type { Snapshot } from "./snapshot";
import type { ObjectStore } from "./store/store";
import { Table, type TableSeams } from "./table";
import type { TableSpec } from "./types";

/** The tables of one lake, opened; in the order of the chain, so a table comes after those it is made from. */
export interface Lake {
  readonly store: ObjectStore;
  readonly db: Db;
  readonly tables: readonly Table[];
  /** Throws on a name that is not a table of this lake: a bug, not bad input. */
  table(name: string): Table;
  has(name: string): boolean;
  /**
   * The newest snapshot of every table, read from the last in the chain to the first: a pinned set never shows a derived
   * row, or a balance, of events it does not hold itself.
   */
  refreshAll(): Promise<ReadonlyMap<string, Snapshot>>;
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
    refreshAll: async () => {
      const snapshots = new Map<string, Snapshot>();
      const take = async (table: Table) => void snapshots.set(table.spec.name, await table.refresh());
      await Promise.all(tables.filter(({ spec }) => spec.kind !== "raw").map(take));
      for (const table of [...tables].reverse()) if (table.spec.kind === "raw") await take(table);
      return snapshots;
    },
    table: (name) => {
      const table = byName.get(name);
      invariant(table !== undefined, `no table ${name} in this lake`);
      return table;
    },
  };
}
