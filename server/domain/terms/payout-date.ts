import type { BusinessCalendar } from "../calendar/calendar";
import { CALENDARS } from "../calendar/calendars";
import { acceptanceDate, type CutOff } from "../calendar/cut-off";
import { addLags, rollWithReasons, type Shift, type Shifted } from "../calendar/shift";
import { ConcordanceError } from "../errors";
import type { Decimal } from "../money";
import type { BusinessDate, Micros } from "../time";
import { nextPayoutDate, type PayoutSchedule } from "./schedule";

/** A rolling reserve: a share of gross kept back from each payout and paid out with the first one after so many days. */
export interface ReserveTerms {
  readonly percent: Decimal;
  readonly calendarDays: number;
}

/** When and how much of its sales a merchant is paid (reference data, PRODUCT.md section 1). */
export interface PayoutTerms {
  /** Until when a sale counts for a date, in the merchant's zone; sales are made on every day of the week. */
  readonly cutOff: CutOff;
  /** Business days from the date of the sale until it may be paid out: N of T+N. */
  readonly delayBusinessDays: number;
  readonly schedule: PayoutSchedule;
  readonly calendar: BusinessCalendar;
  readonly reserve: ReserveTerms | null;
}

export const DELAY_DAYS_MAX = 365;
export const RESERVE_DAYS_MAX = 3_650;

/** Throws `bad_payout_terms` for a delay or a reserve out of range. */
export function checkTerms({ delayBusinessDays, reserve }: PayoutTerms): void {
  const refuse = (message: string, remedy: string): never => {
    throw new ConcordanceError({ kind: "config", code: "bad_payout_terms", message, remedy });
  };
  if (!Number.isInteger(delayBusinessDays) || delayBusinessDays < 0 || delayBusinessDays > DELAY_DAYS_MAX) {
    refuse(`A payout delay of ${delayBusinessDays} business days.`, `Give a whole number from 0 to ${DELAY_DAYS_MAX}.`);
  }
  if (reserve === null) return;
  const { percent, calendarDays } = reserve;
  if (!Number.isInteger(calendarDays) || calendarDays < 1 || calendarDays > RESERVE_DAYS_MAX) {
    refuse(`A reserve kept ${calendarDays} days.`, `Give a whole number of days from 1 to ${RESERVE_DAYS_MAX}.`);
  }
  if (percent.unscaled < 0n || percent.unscaled > 100n * 10n ** BigInt(percent.scale)) {
    refuse("A reserve percentage below 0 or above 100.", "Give a percentage from 0 to 100.");
  }
}

export interface SaleDate extends Shifted {
  /** The date the sale counts for; `date` is when it is paid out. */
  readonly businessDate: BusinessDate;
}

/** When a sale is paid out, from the instant it was made: the cut-off first, then as `payoutDateOf`. */
export function payoutDateAt(terms: PayoutTerms, soldAt: Micros): SaleDate {
  const counted = acceptanceDate(soldAt, terms.cutOff, CALENDARS.always);
  const paid = payoutDateOf(terms, counted.date);
  return { businessDate: counted.date, date: paid.date, shifts: [...counted.shifts, ...paid.shifts] };
}

/** When the sales of a date are paid out: so many business days later, on the next day of the schedule. */
export function payoutDateOf(terms: PayoutTerms, businessDate: BusinessDate): Shifted {
  checkTerms(terms);
  const { calendar, delayBusinessDays } = terms;
  const due =
    delayBusinessDays === 0
      ? rollWithReasons(calendar, businessDate)
      : addLags(calendar, businessDate, [
          { unit: "business_days", count: delayBusinessDays, why: `payout terms T+${delayBusinessDays}` },
        ]);
  const paid = nextPayoutDate(terms.schedule, calendar, due.date);
  return { date: paid.date, shifts: [...due.shifts, ...paid.shifts] };
}

/** Payouts are kept back from a date on, until it is lifted. */
export interface Hold {
  readonly id: string;
  readonly from: BusinessDate;
  /** The first date without it; null while nobody has lifted it. */
  readonly until: BusinessDate | null;
  readonly reason: string;
}

export type HeldOrPaid =
  | { readonly state: "pays"; readonly date: BusinessDate; readonly shifts: readonly Shift[] }
  | { readonly state: "held"; readonly hold: Hold; readonly shifts: readonly Shift[] };

/** What holds make of a payout date: a later one, on the schedule again after each is lifted, or none for now. */
export function afterHolds(terms: PayoutTerms, payoutOn: BusinessDate, holds: readonly Hold[]): HeldOrPaid {
  const shifts: Shift[] = [];
  let date = payoutOn;
  // Each pass leaves one hold behind, so there are no more passes than holds.
  for (let pass = 0; pass <= holds.length; pass++) {
    const on = date;
    const hold = holds.find(({ from, until }) => from <= on && (until === null || on < until));
    if (hold === undefined) break;
    if (hold.until === null) return { state: "held", hold, shifts };
    const lifted = nextPayoutDate(terms.schedule, terms.calendar, hold.until);
    shifts.push(
      { kind: "hold", from: date, to: hold.until, reason: `held: ${hold.reason}`, closed: [] },
      ...lifted.shifts,
    );
    date = lifted.date;
  }
  return { state: "pays", date, shifts };
}
