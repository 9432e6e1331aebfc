import { ConcordanceError } from "../errors";
import { type BusinessDate, businessDate, dayNumber } from "../time";
import type { BusinessCalendar, Closure } from "./calendar";
import { dayOf } from "./holidays";

/**
 * What becomes of a date that is no business day (ISDA 2006 Definitions, section 4.12). `modified_following` takes the
 * preceding one where the following one is in the next month, `modified_preceding` the other way round.
 */
export type RollConvention = "following" | "modified_following" | "preceding" | "modified_preceding" | "none";

export const isBusinessDay = (calendar: BusinessCalendar, date: BusinessDate): boolean =>
  calendar.isOpen(dayNumber(date));

/** The business day strictly after the date. */
export const nextBusinessDay = (calendar: BusinessCalendar, date: BusinessDate): BusinessDate =>
  addBusinessDays(calendar, date, 1);

/** The business day strictly before the date. */
export const previousBusinessDay = (calendar: BusinessCalendar, date: BusinessDate): BusinessDate =>
  addBusinessDays(calendar, date, -1);

/**
 * The nth business day strictly after the date, or before it for a negative n, whether or not the date is one itself.
 * 0 gives the date, or the business day following it.
 */
export function addBusinessDays(calendar: BusinessCalendar, date: BusinessDate, days: number): BusinessDate {
  const day = dayNumber(date);
  const before = calendar.openBefore(day);
  const isOpen = calendar.isOpen(day);
  if (days === 0) return businessDate(calendar.openAt(before));
  return businessDate(calendar.openAt(days > 0 && !isOpen ? before + days - 1 : before + days));
}

/**
 * Business days after `from` up to and including `to`: 0 for the same date, 1 from Friday to Monday; negative where `to`
 * is earlier. This is the age of what was due at `from`.
 */
export function businessDaysBetween(calendar: BusinessCalendar, from: BusinessDate, to: BusinessDate): number {
  const upTo = (date: BusinessDate): number => {
    const day = dayNumber(date);
    return calendar.openBefore(day) + (calendar.isOpen(day) ? 1 : 0);
  };
  return upTo(to) - upTo(from);
}

/** The date, or the business day the convention puts in its place. */
export function roll(calendar: BusinessCalendar, date: BusinessDate, convention: RollConvention): BusinessDate {
  if (convention === "none" || isBusinessDay(calendar, date)) return date;
  const isForward = convention === "following" || convention === "modified_following";
  const rolled = addBusinessDays(calendar, date, isForward ? 1 : -1);
  const isModified = convention === "modified_following" || convention === "modified_preceding";
  if (!isModified || rolled.slice(0, 7) === date.slice(0, 7)) return rolled;
  return addBusinessDays(calendar, date, isForward ? -1 : 1);
}

export const addDays = (date: BusinessDate, days: number): BusinessDate => businessDate(dayNumber(date) + days);

/** The same day of a later month (an earlier one for a negative count), or that month's last day where it has no such day. */
export function addMonths(date: BusinessDate, months: number): BusinessDate {
  dayNumber(date);
  const [year, month, day] = [date.slice(0, 4), date.slice(5, 7), date.slice(8, 10)].map(Number) as [
    number,
    number,
    number,
  ];
  const target = year * 12 + (month - 1) + months;
  return dateInMonth(Math.floor(target / 12), (((target % 12) + 12) % 12) + 1, day);
}

/** The day of a month, or its last day where the month is shorter. */
export function dateInMonth(year: number, month: number, day: number): BusinessDate {
  const first = dayOf(year, month, 1);
  const last = (month === 12 ? dayOf(year + 1, 1, 1) : dayOf(year, month + 1, 1)) - 1;
  return businessDate(Math.min(first + day - 1, last));
}

export interface CalendarRow {
  readonly date: BusinessDate;
  readonly isBusinessDay: boolean;
  readonly closure: Closure | null;
  /** Business days from 2000-01-01 up to and including the date: the difference of two is `businessDaysBetween`. */
  readonly businessDayNumber: number;
  /** The date itself where it is a business day, else the one after it. */
  readonly following: BusinessDate;
}

/** A calendar as rows, one per date from `from` up to and including `to`, for joins in SQL where no function of ours runs. */
export function calendarRows(calendar: BusinessCalendar, from: BusinessDate, to: BusinessDate): CalendarRow[] {
  const [first, last] = [dayNumber(from), dayNumber(to)];
  if (first > last) {
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "bad_date_range",
      message: `The range from ${from} to ${to} ends before it starts.`,
      remedy: "Swap the two dates.",
    });
  }
  return Array.from({ length: last - first + 1 }, (_, offset) => {
    const day = first + offset;
    const open = calendar.isOpen(day);
    const before = calendar.openBefore(day);
    return {
      date: businessDate(day),
      isBusinessDay: open,
      closure: calendar.closureOf(day),
      businessDayNumber: before + (open ? 1 : 0),
      following: businessDate(calendar.openAt(before)),
    };
  });
}
