import { ConcordanceError, invariant } from "../errors";
import { type BusinessDate, businessDate, createZoneClock, dayNumber, type Micros, type ZoneClock } from "../time";
import { addDays } from "./business-days";
import type { BusinessCalendar } from "./calendar";
import { rollWithReasons, type Shift, type Shifted } from "./shift";

/**
 * Until when something counts for a business date. What arrives at the very instant of the cut-off is late, so that
 * "24:00" is the calendar day of the zone. On days when clocks change, the local time is read as `ZoneClock.toInstant` reads it.
 */
export interface CutOff {
  /** Local time, "HH:MM", up to "24:00". */
  readonly time: string;
  readonly zone: string;
  /** Days from the business date to the date the local time is on: 1 for "02:15 of the morning after". */
  readonly dayOffset?: -1 | 0 | 1;
}

const TIME = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

const clocks = new Map<string, ZoneClock>();

/** One clock per zone, so that its offsets are looked up once. */
export function clockOf(zone: string): ZoneClock {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const clock = createZoneClock(zone);
  clocks.set(zone, clock);
  return clock;
}

/** The date a clock in the zone shows. */
export const localDate = (at: Micros, zone: string): BusinessDate => businessDate(clockOf(zone).businessDay(at));

/** The instant a date's cut-off falls on. Throws `bad_cut_off` for a time that is not "HH:MM", `unknown_zone` for a zone there is not. */
export function cutOffInstant(cutOff: CutOff, date: BusinessDate): Micros {
  const match = TIME.exec(cutOff.time);
  if (match === null) {
    throw new ConcordanceError({
      kind: "config",
      code: "bad_cut_off",
      message: `"${cutOff.time}" is not a cut-off time.`,
      remedy: 'Write hours and minutes, such as "17:00", or "24:00" for the end of the day.',
    });
  }
  const isMidnight = match[1] === undefined;
  const day = addDays(date, (cutOff.dayOffset ?? 0) + (isMidnight ? 1 : 0));
  const at = clockOf(cutOff.zone).toInstant({
    year: Number(day.slice(0, 4)),
    month: Number(day.slice(5, 7)),
    day: Number(day.slice(8, 10)),
    hour: Number(match[1] ?? "0"),
    minute: Number(match[2] ?? "0"),
    second: 0,
    micros: 0,
  });
  invariant(at !== null, `${day} ${cutOff.time} is not a local time.`);
  return at;
}

/** The last instant of a date in a zone, excluded: the first of the next. */
export const endOfDate = (date: BusinessDate, zone: string): Micros => cutOffInstant({ time: "24:00", zone }, date);

/** The date an instant counts for, every day of the week being one. */
export function businessDateOf(at: Micros, cutOff: CutOff): BusinessDate {
  const date = addDays(localDate(at, cutOff.zone), -(cutOff.dayOffset ?? 0));
  return at < cutOffInstant(cutOff, date) ? date : addDays(date, 1);
}

/** The first business day whose cut-off is still ahead, and why it is not the day on the clock. */
export function acceptanceDate(at: Micros, cutOff: CutOff, calendar: BusinessCalendar): Shifted {
  const clockDate = localDate(at, cutOff.zone);
  const candidate = addDays(clockDate, -(cutOff.dayOffset ?? 0));
  const isOpen = calendar.isOpen(dayNumber(candidate));
  const date = isOpen && at >= cutOffInstant(cutOff, candidate) ? addDays(candidate, 1) : candidate;
  if (date === clockDate || (date < clockDate && !isOpen)) return rollWithReasons(calendar, clockDate);
  const rolled = rollWithReasons(calendar, date);
  return { date: rolled.date, shifts: [cutOffShift(cutOff, clockDate, date), ...rolled.shifts] };
}

function cutOffShift(cutOff: CutOff, from: BusinessDate, to: BusinessDate): Shift {
  const passed = to > from;
  const reason = passed
    ? `after the cut-off at ${cutOff.time} ${cutOff.zone}`
    : `before ${cutOff.time} ${cutOff.zone}, the cut-off of the day before`;
  return { kind: "cut_off", from, to, reason, closed: [] };
}
