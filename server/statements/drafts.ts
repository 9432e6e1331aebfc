import type { MoneyValue } from "../domain/answer";
import type { BusinessDate, Micros } from "../domain/time";
import type { FaultPlace } from "./faults";
import type {
  AchAnswer,
  Direction,
  StatedAmount,
  StatementBalance,
  StatementCharge,
  StatementControl,
  StatementEntry,
  StatementItem,
  StatementParty,
  StatementReferences,
} from "./model";

export interface OpeningDraft {
  readonly account: string;
  readonly accountName?: string | null;
  readonly institution?: string | null;
  readonly currency: string;
  readonly exponent: number;
  readonly statementId?: string | null;
  readonly messageId?: string | null;
  readonly sequence?: string | null;
  readonly period?: { readonly from: BusinessDate | null; readonly to: BusinessDate | null };
  readonly createdAt?: Micros | null;
  readonly copy?: boolean;
  readonly opening?: StatementBalance | null;
  /** Statements of one account with the same value are parts of one: equal bookings in them are different ones. */
  readonly partOf?: string;
}

/** What a builder needs of the file it is part of. */
export interface AssemblyPort {
  readonly counts: { entries: number; bookedEntries: number; details: number };
  push(item: StatementItem): void;
  book(amount: MoneyValue): void;
  closed(account: string, currency: string, closing: StatementBalance | null, controlled: boolean): void;
  occurrence(digest: Buffer, contentDigest: string, salt: number): number;
}

/** What entries and their details have alike, as a parser read it: neither cleaned nor masked. */
export interface CommonDraft {
  readonly references?: Partial<StatementReferences>;
  readonly counterparty?: StatementParty | null;
  readonly remittance?: string | null;
  readonly charges?: readonly StatementCharge[];
  readonly instructed?: StatedAmount | null;
  readonly exchangeRate?: string | null;
  readonly returnCode?: string | null;
}

export interface DetailDraft extends CommonDraft {
  readonly amount: MoneyValue | null;
}

export interface EntryDraft extends CommonDraft {
  readonly where: FaultPlace;
  readonly place: string;
  readonly status?: StatementEntry["status"];
  readonly bookingDate: BusinessDate;
  readonly bookingDateFrom?: StatementEntry["bookingDateFrom"];
  readonly bookedAt?: Micros | null;
  readonly valueDate?: BusinessDate | null;
  readonly amount: MoneyValue;
  readonly direction: Direction;
  readonly reversal?: boolean;
  readonly code?: string | null;
  readonly ach?: readonly AchAnswer[];
  readonly batchId?: string | null;
  readonly gross?: MoneyValue | null;
  /** Payments the file says it groups without telling them one by one. */
  readonly untold?: number;
  readonly availability?: StatementEntry["availability"];
}

/** Totals a statement states of its booked entries; what is absent was not stated. */
export interface DeclaredTotals {
  readonly entryCount?: number | undefined;
  readonly creditCount?: number | undefined;
  readonly debitCount?: number | undefined;
  readonly creditMinor?: bigint | undefined;
  readonly debitMinor?: bigint | undefined;
  readonly netMinor?: bigint | undefined;
  /** Credits and debits added up without their signs. */
  readonly turnoverMinor?: bigint | undefined;
}

export interface ClosingDraft {
  readonly closing: StatementBalance | null;
  readonly period?: { readonly from: BusinessDate | null; readonly to: BusinessDate | null };
  readonly declared?: DeclaredTotals;
  /** Totals the parser itself recomputed and found equal. */
  readonly controls?: readonly StatementControl[];
  /** True for formats whose statements are only sound with both balances. */
  readonly needsBalances: boolean;
  readonly where: FaultPlace;
}
