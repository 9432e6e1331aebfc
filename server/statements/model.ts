import type { MoneyValue } from "../domain/answer";
import type { BusinessDate, Micros } from "../domain/time";
import type { StatementFault } from "./faults";

/**
 * The one model every statement format is read into: a file holds statements, a statement the entries of one account
 * and currency, an entry the details it groups. Amounts are whole minor units of a currency with its decimal places.
 */
export type StatementFormat = "camt053" | "mt940" | "bai2" | "nacha" | "csv" | "stripe" | "adyen";

export const STATEMENT_FORMATS = ["camt053", "mt940", "bai2", "nacha", "csv", "stripe", "adyen"] as const;

/** Which way an entry moves the balance of the account the statement is about, as its owner sees it. */
export type Direction = "credit" | "debit";

/** A balance; `amountMinor` is negative for an overdrawn (debit) balance. */
export interface StatementBalance extends MoneyValue {
  readonly date: BusinessDate | null;
  /** The format's own name for it: OPBD, 60F, 010 ... */
  readonly code: string;
}

/** Known as soon as a statement begins. What a format states only at the end is in `StatementTotals`. */
export interface StatementOpening {
  /** 0 for the first statement of the file. */
  readonly statement: number;
  /** As written, without spaces: an IBAN, an account number, a company id, a merchant account. */
  readonly account: string;
  readonly accountName: string | null;
  /** BIC, bank code or routing number of the institution that holds the account. */
  readonly institution: string | null;
  readonly currency: string;
  readonly exponent: number;
  /** The statement's own id and its message's. */
  readonly statementId: string | null;
  readonly messageId: string | null;
  /** Number and page, "117/1"; null where the format or the bank gives none. */
  readonly sequence: string | null;
  readonly period: { readonly from: BusinessDate | null; readonly to: BusinessDate | null };
  readonly createdAt: Micros | null;
  /** The bank marked it as a copy or duplicate of one sent before. */
  readonly copy: boolean;
  readonly opening: StatementBalance | null;
}

/** The names one payment carries; each is null where the file gives none or says there is none (NONREF, NOTPROVIDED). */
export interface StatementReferences {
  readonly endToEndId: string | null;
  readonly instructionId: string | null;
  readonly transactionId: string | null;
  readonly bankReference: string | null;
  /** What the account's owner gave: MT940 customer reference, BAI2 customer reference, NACHA individual id. */
  readonly customerReference: string | null;
  /** NACHA: the trace number of the record. */
  readonly traceNumber: string | null;
  readonly originalTraceNumber: string | null;
  readonly mandateId: string | null;
  /** Creditor reference (ISO 11649 or national) of structured remittance information. */
  readonly creditorReference: string | null;
  readonly pspReference: string | null;
}

export interface StatementParty {
  readonly name: string | null;
  readonly account: string | null;
  readonly institution: string | null;
}

/** An amount as written, for information only: never summed. `decimal` is exact, "12.34567". */
export interface StatedAmount {
  readonly decimal: string;
  readonly currency: string;
}

export interface StatementCharge extends MoneyValue {
  /** A charge taken lowers the balance; one given back is negative. */
  readonly type: string | null;
  /** True where the entry's amount is already net of it; null where the file does not say. */
  readonly included: boolean | null;
}

/** Return and change codes of an ACH entry (Nacha Operating Rules, appendix 4 and 5). */
export interface AchAnswer {
  readonly kind: "return" | "notification_of_change";
  /** R01 ..., C01 ... */
  readonly code: string;
  readonly originalTraceNumber: string;
  readonly originalInstitution: string | null;
  /** What a notification of change says is right. */
  readonly correctedData: string | null;
  readonly information: string | null;
}

interface Common {
  readonly references: StatementReferences;
  readonly counterparty: StatementParty | null;
  /** Free text, card numbers masked; its lines joined. */
  readonly remittance: string | null;
  readonly charges: readonly StatementCharge[];
  /** Amount in the currency it was instructed in, and the rate, where the file states them. */
  readonly instructed: StatedAmount | null;
  readonly exchangeRate: string | null;
}

/** One payment of a grouped entry. Comes before its entry, and never counts in a balance: the entry does. */
export interface StatementDetail extends Common {
  readonly statement: number;
  /** Number of the entry it belongs to. */
  readonly entry: number;
  /** 1 for the first detail of its entry. */
  readonly detail: number;
  /** Null where the file gives the sum of the group only. Signed like `StatementEntry.signedMinor`. */
  readonly amount: MoneyValue | null;
  readonly returnCode: string | null;
}

export interface StatementEntry extends Common {
  readonly statement: number;
  /** 1 for the first entry of its statement. */
  readonly entry: number;
  /** Where it stands in the file, for people: "line 14", "row 3", "Stmt[1]/Ntry[2]". */
  readonly place: string;
  /** booked: part of the balance. pending and information: told, not booked. */
  readonly status: "booked" | "pending" | "information";
  readonly bookingDate: BusinessDate;
  /** stated: by the file. value_date, statement: taken from there, the entry having none of its own. */
  readonly bookingDateFrom: "stated" | "value_date" | "statement";
  /** Where the file gives a time with its zone, microseconds UTC. */
  readonly bookedAt: Micros | null;
  readonly valueDate: BusinessDate | null;
  /** Never negative; `direction` says which way. */
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly exponent: number;
  readonly direction: Direction;
  /** What it adds to the balance: positive for a credit. */
  readonly signedMinor: bigint;
  /** It takes back an earlier one; `direction` is already the way the money goes now. */
  readonly reversal: boolean;
  /** The bank's transaction code: PMNT/RCDT/ESCT, NTRF, 195 ... */
  readonly code: string | null;
  readonly returnCode: string | null;
  readonly ach: readonly AchAnswer[];
  /** Names the group: payment information id, batch number, payout id. */
  readonly batchId: string | null;
  /**
   * Payments it groups; 1 where it is one payment, whose references then stand in the entry itself. A bank may state a
   * number without telling the payments one by one: then no details come before the entry.
   */
  readonly detailCount: number;
  /** Before fees, where the file gives gross and net; signed. */
  readonly gross: MoneyValue | null;
  /** BAI2: when the money is available, in days and minor units. */
  readonly availability: readonly { readonly days: number; readonly amountMinor: bigint }[];
  /** The digest of everything that tells this booking apart, but not of how often it occurs. */
  readonly contentDigest: string;
  /** 1, or 2, 3... where the same statement day holds equal bookings. */
  readonly occurrence: number;
  /** The booking's identity, the same in every statement that holds it. */
  readonly key: string;
}

/** A control total the file states and the reader recomputed. Only equal ones are ever listed: another refuses the file. */
export interface StatementControl {
  /** closing_balance, entry_count, credit_total, control_total, entry_hash ... */
  readonly kind: string;
  readonly value: string;
}

export interface StatementTotals {
  readonly statement: number;
  readonly closing: StatementBalance | null;
  readonly period: { readonly from: BusinessDate | null; readonly to: BusinessDate | null };
  readonly entries: number;
  readonly bookedEntries: number;
  readonly details: number;
  readonly creditMinor: bigint;
  readonly debitMinor: bigint;
  readonly controls: readonly StatementControl[];
  /** Account, sequence, period and balances: the same statement delivered again. */
  readonly statementKey: string;
  /** Account, balances and bookings: the same content whatever number or name it came under. */
  readonly contentKey: string;
}

declare const provisional: unique symbol;
declare const accepted: unique symbol;

/**
 * What a reader yields before the whole file has been checked. It may be staged, never booked: a later line can still
 * refuse the file. Whatever makes rows visible takes an `AcceptedFile` beside them.
 */
export type Provisional<T> = T & { readonly [provisional]: true };

export type StatementItem =
  | { readonly kind: "statement"; readonly opening: StatementOpening }
  | { readonly kind: "detail"; readonly detail: StatementDetail }
  | { readonly kind: "entry"; readonly entry: StatementEntry }
  | { readonly kind: "totals"; readonly totals: StatementTotals };
export type ProvisionalItem = Provisional<StatementItem>;

export interface FileFacts {
  readonly name: string;
  readonly format: StatementFormat;
  /** "camt.053.001.08" and the like; null where the format has one version. */
  readonly version: string | null;
  /** SHA-256 of the bytes, hexadecimal: the same file under any name. */
  readonly fileHash: string;
  readonly bytes: number;
  readonly statements: number;
  readonly entries: number;
  readonly bookedEntries: number;
  readonly details: number;
  /** Booked sums per currency, minor units. */
  readonly sums: readonly {
    readonly currency: string;
    readonly exponent: number;
    readonly creditMinor: bigint;
    readonly debitMinor: bigint;
  }[];
  readonly controls: readonly StatementControl[];
  /** Statements no control total of which the file states: nothing but its form was checked. */
  readonly statementsUncontrolled: number;
}

/** Made only by the reader, after the last byte and every control total: the leave to book what it yielded. */
export type AcceptedFile = FileFacts & { readonly [accepted]: true };

export type StatementOutcome =
  | { readonly ok: true; readonly file: AcceptedFile }
  | {
      readonly ok: false;
      readonly fault: StatementFault;
      readonly name: string;
      readonly format: StatementFormat | null;
      /** Of all its bytes, also those after the fault: a refused file is known when it comes again. */
      readonly fileHash: string;
      readonly bytes: number;
    };
