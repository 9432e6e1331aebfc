import { invariant } from "../errors";
import { type BusinessDate, businessDate, dayNumber } from "../time";
import { addBusinessDays, addDays, addMonths, type RollConvention, roll } from "./business-days";
import type { BusinessCalendar, Closure } from "./calendar";

export interface ClosedDay extends Closure {
  readonly date: BusinessDate;
}

export type ShiftKind =
  | "cut_off" // too late for the day, or still in time for the day before
  | "weekend"
  | "holiday"
  | "lag" // the days a rule gives: business days, calendar days or months
  | "limit" // too large for the faster service
  | "schedule" // waits for the next day of a payout schedule
  | "hold"
  | "reserve";

/** One step from a date to the date it becomes, with its reason for the reader. */
export interface Shift {
  readonly kind: ShiftKind;
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  readonly reason: string;
  /** Days stepped over because the calendar is closed on them. */
  readonly closed: readonly ClosedDay[];
}

/** A date and how it was arrived at; the shifts join end to end. */
export interface Shifted {
  readonly date: BusinessDate;
  readonly shifts: readonly Shift[];
}

/** `roll`, told step by step: one shift per weekend and one per run of holidays. */
export function rollWithReasons(
  calendar: BusinessCalendar,
  date: BusinessDate,
  convention: RollConvention = "following",
): Shifted {
  const target = roll(calendar, date, convention);
  const step = target < date ? -1 : 1;
  const shifts: Shift[] = [];
  let from = date;
  while (from !== target) {
    const closed = sameKind(calendar, from, target, step);
    const to = addDays(from, step * closed.length);
    const [first] = closed;
    invariant(first !== undefined, `${calendar.id} is open on ${from}, which is not to be stepped over.`);
    const names = first.kind === "weekend" ? "weekend" : [...new Set(closed.map(({ name }) => name))].join(", ");
    shifts.push({ kind: first.kind, from, to, reason: `${names}: ${calendar.name} closed`, closed });
    from = to;
  }
  return { date: target, shifts };
}

function sameKind(calendar: BusinessCalendar, from: BusinessDate, target: BusinessDate, step: 1 | -1): ClosedDay[] {
  const days: ClosedDay[] = [];
  for (let day = dayNumber(from); businessDate(day) !== target; day += step) {
    const closure = calendar.closureOf(day);
    if (closure === null || (days[0] !== undefined && days[0].kind !== closure.kind)) break;
    days.push({ ...closure, date: businessDate(day) });
  }
  return days;
}

/** The days a rule adds to a date, and what for. */
export interface Lag {
  readonly unit: "business_days" | "calendar_days" | "months";
  readonly count: number;
  readonly why: string;
}

/** Adds the lags one after the other; a result that is a calendar day may be closed. */
export function addLags(calendar: BusinessCalendar, date: BusinessDate, lags: readonly Lag[]): Shifted {
  const shifts: Shift[] = [];
  let from = date;
  for (const lag of lags) {
    if (lag.count === 0) continue;
    const to = addLag(calendar, from, lag);
    const closed = lag.unit === "business_days" ? closedBetween(calendar, from, to) : [];
    shifts.push({ kind: "lag", from, to, reason: `${lagText(lag)}: ${lag.why}`, closed });
    from = to;
  }
  return { date: from, shifts };
}

function addLag(calendar: BusinessCalendar, from: BusinessDate, lag: Lag): BusinessDate {
  if (lag.unit === "business_days") return addBusinessDays(calendar, from, lag.count);
  return lag.unit === "months" ? addMonths(from, lag.count) : addDays(from, lag.count);
}

function lagText({ unit, count }: Lag): string {
  const name = { business_days: "business day", calendar_days: "calendar day", months: "month" }[unit];
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

function closedBetween(calendar: BusinessCalendar, from: BusinessDate, to: BusinessDate): ClosedDay[] {
  const days: ClosedDay[] = [];
  for (let day = dayNumber(from) + 1; day < dayNumber(to); day++) {
    const closure = calendar.closureOf(day);
    if (closure !== null) days.push({ ...closure, date: businessDate(day) });
  }
  return days;
}
