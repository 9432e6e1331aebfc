import type { BusinessDate } from "../../domain/time";
import type { BreakKind, MatchKind } from "./kinds";

/** What a reconciliation must find, or must not stumble over. Amounts are minor units as decimal text. */
export interface PlantedBreak {
  readonly kind: "break";
  readonly name: BreakKind;
  /** Null where the world knows no payment for it. */
  readonly transaction: string | null;
  /** The other payment of a pair, or the payout. */
  readonly other: string | null;
  /** What our side calls it; of a line without payment, what the bank calls it. */
  readonly reference: string;
  readonly account: string;
  /** The statement that shows it; null where none does. */
  readonly file: string | null;
  /** The bank's or processor's own reference of the line. */
  readonly line: string | null;
  /** When it is, or was due, on a statement. */
  readonly date: BusinessDate;
  readonly expectedBy: string | null;
  readonly currency: string;
  readonly amountMinor: string;
  /** The field that differs, and both its values. */
  readonly field: string | null;
  readonly expected: string | null;
  readonly found: string | null;
}

export interface PlantedMatch {
  readonly kind: "near_break";
  readonly name: MatchKind;
  readonly stage: number;
  readonly transaction: string;
  readonly account: string;
  readonly file: string;
  /** When it is on a statement; absent in older truths. */
  readonly date?: BusinessDate;
}

/** A processor's payout, explained to zero: gross - refunds - chargebacks - fees = net. */
export interface ToldPayout {
  readonly kind: "payout";
  readonly id: string;
  readonly psp: string;
  readonly batch: number;
  readonly currency: string;
  readonly date: BusinessDate;
  readonly rows: number;
  readonly grossMinor: string;
  readonly refundsMinor: string;
  readonly chargebacksMinor: string;
  readonly feesMinor: string;
  readonly netMinor: string;
  /** The report, and the bank statement with its one booking; null where that is missing or not yet there. */
  readonly file: string;
  readonly bankFile: string | null;
}

export interface ToldStatement {
  readonly kind: "statement";
  readonly file: string;
  readonly format: string;
  readonly account: string;
  readonly currency: string | null;
  readonly date: BusinessDate;
  readonly entries: number;
  readonly openingMinor: string | null;
  readonly closingMinor: string | null;
}

/** The same statement once more under another name: it must not be booked again. */
export interface ToldAgain {
  readonly kind: "statement_again";
  readonly file: string;
  readonly of: string;
}

/** Every movement of the world is one of these: moved = clean + near + broken + in flight. */
export interface MovementBalance {
  readonly kind: "movements";
  readonly until: BusinessDate;
  readonly moved: number;
  readonly clean: number;
  readonly near: number;
  readonly broken: number;
  readonly inFlight: number;
}

/** A file of ACH returns and the one debit it is on the bank's statement. */
export interface ToldReturns {
  readonly kind: "ach_returns";
  readonly file: string;
  readonly bankFile: string;
  readonly line: string;
  readonly entries: number;
  readonly amountMinor: string;
}

export type MoneyTruth =
  | PlantedBreak
  | PlantedMatch
  | ToldPayout
  | ToldStatement
  | ToldReturns
  | ToldAgain
  | MovementBalance;
