import { type BusinessDate, businessDate, dayNumber, dayNumberOf, type Micros, parseInstant } from "../domain/time";
import { type FaultPlace, refuse } from "./faults";

/** Two-digit years from this one on are of the last century. */
const PIVOT_YEAR = 80;
const HALF_YEAR_DAYS = 183;

const centuryOf = (year: number): number => (year >= PIVOT_YEAR ? 1900 + year : 2000 + year);

/** Reads YYMMDD; null where it is not a day of the calendar. */
export function shortDate(text: string): BusinessDate | null {
  const match = /^(\d{2})(\d{2})(\d{2})$/.exec(text);
  if (match === null) return null;
  const day = dayNumberOf(centuryOf(Number(match[1])), Number(match[2]), Number(match[3]));
  return day === null ? null : businessDate(day);
}

export function readShortDate(text: string, where: FaultPlace): BusinessDate {
  return shortDate(text) ?? refuse("bad_date", `"${text}" is not a date YYMMDD.`, where, { found: text });
}

/** Reads MMDD in the year that brings it nearest to `near`. */
export function nearestDate(text: string, near: BusinessDate, where: FaultPlace): BusinessDate {
  const [month, day] = [Number(text.slice(0, 2)), Number(text.slice(2, 4))];
  const year = Number(near.slice(0, 4));
  const target = dayNumber(near);
  const found = [year - 1, year, year + 1]
    .map((candidate) => dayNumberOf(candidate, month, day))
    .filter((number) => number !== null)
    .sort((a, b) => Math.abs(a - target) - Math.abs(b - target))[0];
  return found === undefined
    ? refuse("bad_date", `"${text}" is not a date MMDD.`, where, { found: text })
    : businessDate(found);
}

/** The day of the year (1 to 366) nearest to `near`; null where there is none. */
export function nearestDayOfYear(dayOfYear: number, near: BusinessDate): BusinessDate | null {
  if (dayOfYear < 1 || dayOfYear > 366) return null;
  const target = dayNumber(near);
  const year = Number(near.slice(0, 4));
  for (const candidate of [year, year + 1, year - 1]) {
    const first = dayNumber(`${candidate}-01-01`);
    const day = first + dayOfYear - 1;
    if (Math.abs(day - target) <= HALF_YEAR_DAYS && businessDate(day).startsWith(String(candidate))) {
      return businessDate(day);
    }
  }
  return null;
}

export interface DateAndTime {
  readonly date: BusinessDate;
  /** Null where no zone is given: then only the day is known. */
  readonly at: Micros | null;
}

/**
 * Reads an XML Schema date or dateTime. The day is the one written, which is the bank's own; the instant is known only
 * with a zone.
 */
export function readIsoDate(text: string, where: FaultPlace): DateAndTime {
  const match = /^(\d{4})-(\d{2})-(\d{2})(T[\d:.]+)?(Z|[+-]\d{2}:\d{2})?$/.exec(text);
  const day = match === null ? null : dayNumberOf(Number(match[1]), Number(match[2]), Number(match[3]));
  if (match === null || day === null)
    return refuse("bad_date", `"${text}" is not a date of ISO 8601.`, where, { found: text });
  if (match[4] === undefined) return { date: businessDate(day), at: null };
  // 24:00:00 and a leap second are allowed by XML Schema; they name no instant we can hold.
  const instant = parseInstant(match[5] === undefined ? `${text}Z` : text);
  if (!instant.ok) return refuse("bad_date", `"${text}" ${instant.error}.`, where, { found: text });
  return { date: businessDate(day), at: match[5] === undefined ? null : instant.value };
}
