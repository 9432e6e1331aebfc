import type { DuckDBConnection } from "@duckdb/node-api";
import type { Lake } from "../lake/lake";
import type { Snapshot } from "../lake/snapshot";
import type { TableSpec } from "../lake/types";

/** What a projection may look at while it turns one range of its input into rows of its outputs. */
export interface ProjectionContext {
  readonly connection: DuckDBConnection;
  readonly lake: Lake;
  /** The input as it was before the range: what state is rebuilt from. */
  readonly inputBefore: () => Promise<Snapshot>;
  readonly nowMicros: bigint;
}

export interface ProjectedRows {
  readonly spec: TableSpec;
  /** A query over the delta and the state; its rows are committed to `spec`. Null where it is known to have none. */
  readonly selectSql: string | null;
}

/**
 * One index's incremental view of one raw table. Its in-memory state is only a cache of what is committed in its
 * `stateTables`, and they are committed last: after a crash anywhere in a tick they stand at the tick's beginning.
 */
export interface Projection {
  readonly name: string;
  readonly input: string;
  /**
   * A second raw table the rows are joined from, as `delta_also`. Both progress marks then go into the one commit of the one
   * output, so that a pair is found by whoever comes second, once.
   */
  readonly alsoInput?: string;
  /** In the order they are committed. */
  readonly outputs: readonly TableSpec[];
  /** Prepares temporary tables from `delta` (the new rows of the input) and says what to write. Must not change the state. */
  project(context: ProjectionContext): Promise<readonly ProjectedRows[]>;
  /** Takes the projected rows into the state, after all of them are committed. */
  advance(context: ProjectionContext): Promise<void>;
  /** Forgets the state. */
  reset(): Promise<void>;
}
