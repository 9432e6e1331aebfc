import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlName } from "../lake/duckdb";
import type { Lake } from "../lake/lake";
import { scanSql } from "../lake/scan";
import type { Snapshot } from "../lake/snapshot";

/** One instant of every table: what a query sees, and says it saw. */
export interface PinnedSnapshot {
  readonly tables: ReadonlyMap<string, Snapshot>;
  /** Lake version per table. */
  readonly versions: Readonly<Record<string, number>>;
  /** Newest commit among them, milliseconds since the epoch. */
  readonly committedAtMs: number;
}

/** Pins every table at its newest version, or at what it was at an instant; a table that did not exist then is left out. */
export async function pinSnapshot(lake: Lake, at: { readonly timestampMs: number } | null): Promise<PinnedSnapshot> {
  const pinned =
    at === null
      ? [...(await lake.refreshAll())]
      : await Promise.all(lake.tables.map(async (table) => [table.spec.name, await table.at(at)] as const));
  return {
    tables: new Map(pinned),
    versions: Object.fromEntries(pinned.map(([name, snapshot]) => [name, snapshot.version])),
    committedAtMs: Math.max(0, ...pinned.map(([, snapshot]) => snapshot.timestampMs)),
  };
}

/** Makes every table of the snapshot a view of this connection. */
export async function createViews(connection: DuckDBConnection, lake: Lake, pinned: PinnedSnapshot): Promise<void> {
  for (const [name, snapshot] of pinned.tables) {
    const scan = await scanSql(lake.store, snapshot.spec, snapshot.files);
    await connection.run(`CREATE OR REPLACE TEMP VIEW ${sqlName(name)} AS SELECT * FROM ${scan}`);
  }
}
