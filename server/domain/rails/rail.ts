import type { CalendarId } from "../calendar/calendars";
import type { CutOff } from "../calendar/cut-off";
import type { Lag } from "../calendar/shift";
import type { BusinessDate } from "../time";

/** A batch of a service that settles several times a day. */
export interface Window {
  /** Local time of the rail's zone until which, excluded, it takes payments in. */
  readonly until: string;
  readonly settlesAt: string;
}

/** What holds from a day on, until the next terms begin. */
export interface RailTerms {
  /** Null for the oldest terms known here, which are used for all that came before them too. */
  readonly since: BusinessDate | null;
  readonly cutOff: CutOff;
  /** `bank`: each bank sets its own and the one given is a default, early rather than late, that a setting should replace. */
  readonly cutOffSetBy: "scheme" | "bank";
  /** From the acceptance date to the last date of settlement. */
  readonly settle: Lag;
  /** Local time of the settlement date, where the scheme has one. */
  readonly settlesAt?: string;
  /** Same-day batches on the acceptance date; after the last, `settle` holds. */
  readonly windows?: readonly Window[];
  /** Largest payment the windows take, minor units. */
  readonly windowLimitMinor?: bigint;
  /** Set where money moves at once, any day: the longest it may take, seconds. */
  readonly instantSeconds?: number;
  /** Publication and section. */
  readonly source: string;
}

export type ReturnKind = "return" | "refund" | "unauthorised" | "recall" | "chargeback";

/** Until when a payment may come back. */
export interface ReturnWindow {
  readonly kind: ReturnKind;
  /** Return or reason codes it is for; null for every code no other window names. */
  readonly codes: readonly string[] | null;
  /** From the settlement date; null where the rules set no limit. */
  readonly lags: readonly Lag[] | null;
  /** Local time on the last date; without it, the whole date. */
  readonly until?: string;
  readonly source: string;
}

/** How money travels in one market: its calendar, its cut-offs and what its rules promise. */
export interface Rail {
  readonly id: string;
  readonly name: string;
  /** ISO 4217. */
  readonly currency: string;
  /** On which payments are taken in and settle. */
  readonly calendar: CalendarId;
  /** On which banks work returns; the rail's own where absent. */
  readonly bankCalendar?: CalendarId;
  readonly zone: string;
  /** Oldest first. */
  readonly terms: readonly [RailTerms, ...RailTerms[]];
  /** Empty where settlement is final: money comes back only as a new payment. */
  readonly returns: readonly ReturnWindow[];
}

export const businessDays = (count: number, why: string): Lag => ({ unit: "business_days", count, why });
export const calendarDays = (count: number, why: string): Lag => ({ unit: "calendar_days", count, why });
export const months = (count: number, why: string): Lag => ({ unit: "months", count, why });
