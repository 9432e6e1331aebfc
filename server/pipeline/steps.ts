import type { CellValue } from "../lake/table-buffer";
import type { TransactionEvent } from "./records";

export interface Coordinates {
  readonly source: string;
  readonly partition: string;
  readonly position: bigint;
}

export interface Verdict {
  readonly decision: "APPROVE" | "DENY";
  /** The blacklist entry that denied it, as JSON [party_id, role, rule]; null when approved. */
  readonly decisionReason: string | null;
  /** Rows of the alerts table, in the order of its columns. */
  readonly alerts: readonly (readonly CellValue[])[];
}

/** The rules that need only the event and a small broadcast list. Pure and synchronous: called for every stored event. */
export interface InlineRules {
  evaluate(event: TransactionEvent, at: Coordinates, nowMicros: bigint): Verdict;
  /** The alerts of an event already stored with `decision`: what a restart between two commits must still write. */
  recall(event: TransactionEvent, at: Coordinates, nowMicros: bigint, stored: StoredDecision): Verdict["alerts"];
}

export interface StoredDecision {
  readonly decision: "APPROVE" | "DENY";
  readonly decisionReason: string | null;
}
