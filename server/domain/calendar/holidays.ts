import { invariant } from "../errors";
import { dayNumberOf } from "../time";

/** A day on which banks are closed though it is no Saturday or Sunday (or would be closed were it none). */
export interface Holiday {
  /** Day number, as of `dayNumber`. */
  readonly day: number;
  readonly name: string;
}

export const MONDAY = 1;
export const THURSDAY = 4;
export const SATURDAY = 6;
export const SUNDAY = 0;

/** 0 Sunday … 6 Saturday; 1970-01-01 was a Thursday. */
export const weekdayOf = (day: number): number => (((day + THURSDAY) % 7) + 7) % 7;

export const isWeekend = (day: number): boolean => weekdayOf(day) === SATURDAY || weekdayOf(day) === SUNDAY;

/** The day number of a date that is known to exist. */
export function dayOf(year: number, month: number, day: number): number {
  const number = dayNumberOf(year, month, day);
  invariant(number !== null, `${year}-${month}-${day} is not a day of the calendar.`);
  return number;
}

/** The nth (from 1) such weekday of a month. */
export function nthWeekday(year: number, month: number, weekday: number, nth: number): number {
  const first = dayOf(year, month, 1);
  return first + ((weekday - weekdayOf(first) + 7) % 7) + 7 * (nth - 1);
}

/** The last such weekday of a month. */
export function lastWeekday(year: number, month: number, weekday: number): number {
  const last = (month === 12 ? dayOf(year + 1, 1, 1) : dayOf(year, month + 1, 1)) - 1;
  return last - ((weekdayOf(last) - weekday + 7) % 7);
}
