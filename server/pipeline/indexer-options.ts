import type { Db } from "../lake/duckdb";
import type { Lake } from "../lake/lake";
import type { TableSpec } from "../lake/types";
import type { Logger } from "../observability/log";
import type { DecodeRecord } from "./records";
import type { InlineRules } from "./steps";

export interface IndexerLimits {
  /** A batch is flushed at this age, milliseconds. */
  readonly flushAgeMs: number;
  readonly flushRows: number;
  readonly flushBytes: number;
  /** Memory of each dedupe index, bytes. */
  readonly dedupeBytesMax: number;
}

export interface IndexerSource {
  readonly name: string;
  readonly produces: "transactions" | "fraud_signals";
  readonly decode: DecodeRecord;
  /** "event" where a producer's duplicate is recognised by its key, "position" where every record is its own. */
  readonly dedupe: "event" | "position";
}

export interface IndexerOptions {
  readonly lake: Lake;
  readonly db: Db;
  readonly alertsSpec: TableSpec;
  readonly sources: readonly IndexerSource[];
  /** Read once per group, so that a reloaded list takes effect with the next one. */
  readonly rules: () => InlineRules;
  readonly limits: IndexerLimits;
  readonly nowMicros: () => bigint;
  readonly log: Logger;
}
