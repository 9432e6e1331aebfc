import { ConcordanceError, invariant } from "../errors";
import { type BusinessDate, businessDate, dayNumber } from "../time";
import { dayOf, type Holiday, isWeekend, SATURDAY, weekdayOf } from "./holidays";

export const YEAR_FIRST = 2000;
export const YEAR_LAST = 2100;
const DAY_FIRST = dayOf(YEAR_FIRST, 1, 1);
const DAY_LAST = dayOf(YEAR_LAST, 12, 31);
const DAYS = DAY_LAST - DAY_FIRST + 1;

/** Why a calendar is closed on a day. */
export interface Closure {
  readonly kind: "weekend" | "holiday";
  /** "Saturday", or the holiday's name; for a union with its calendars. */
  readonly name: string;
}

/**
 * Days on which a market settles, for every date from 2000-01-01 to 2100-12-31; any other date throws `calendar_out_of_range`.
 * Days are day numbers of `dayNumber`.
 */
export interface BusinessCalendar {
  readonly id: string;
  readonly name: string;
  /** Changes with any day's answer; kept with results so that they can be explained later. */
  readonly version: string;
  /** Null on a business day. */
  closureOf(day: number): Closure | null;
  isOpen(day: number): boolean;
  /** Business days before the day, counted from 2000-01-01: differences count business days. */
  openBefore(day: number): number;
  /** The business day of that count; `calendar_out_of_range` where the calendar has none. */
  openAt(index: number): number;
}

export interface CalendarRules {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly weekends: boolean;
  /** The holidays held in a year; those on closed weekend days change nothing. */
  readonly holidaysOf: (year: number) => readonly Holiday[];
}

export function createCalendar(rules: CalendarRules): BusinessCalendar {
  const holidays = new Map<number, string>();
  for (let year = YEAR_FIRST; year <= YEAR_LAST; year++) {
    for (const { day, name } of rules.holidaysOf(year)) {
      const other = holidays.get(day);
      holidays.set(day, other === undefined ? name : `${other}, ${name}`);
    }
  }
  return indexed(rules, (day) => {
    if (rules.weekends && isWeekend(day)) {
      return { kind: "weekend", name: weekdayOf(day) === SATURDAY ? "Saturday" : "Sunday" };
    }
    const name = holidays.get(day);
    return name === undefined ? null : { kind: "holiday", name };
  });
}

/** Open where all of them are, so that money moves on both sides. */
export function unionOf(calendars: readonly BusinessCalendar[]): BusinessCalendar {
  const [first, ...others] = calendars;
  invariant(first !== undefined, "A union of no calendars has no days.");
  if (others.length === 0) return first;
  const joined = (text: (calendar: BusinessCalendar) => string) => calendars.map(text).join("+");
  const facts = {
    id: joined((calendar) => calendar.id),
    name: calendars.map((calendar) => calendar.name).join(" and "),
    version: joined((calendar) => calendar.version),
  };
  return indexed(facts, (day) => {
    const closed = calendars.flatMap((calendar) => {
      const closure = calendar.closureOf(day);
      return closure === null ? [] : [{ closure, id: calendar.id }];
    });
    const weekend = closed.find(({ closure }) => closure.kind === "weekend");
    if (weekend !== undefined) return weekend.closure;
    if (closed.length === 0) return null;
    return { kind: "holiday", name: closed.map(({ closure, id }) => `${closure.name} (${id})`).join(", ") };
  });
}

export interface Amendment {
  readonly date: BusinessDate;
  /** Null where the calendar is open that day after all. */
  readonly closedFor: string | null;
}

/** A calendar with days an operator has added or taken away, such as a holiday proclaimed after this release; `version` names the change. */
export function amended(
  calendar: BusinessCalendar,
  version: string,
  amendments: readonly Amendment[],
): BusinessCalendar {
  const changes = new Map(amendments.map(({ date, closedFor }) => [dayNumber(date), closedFor]));
  for (const day of changes.keys()) calendar.isOpen(day);
  return indexed({ ...calendar, version: `${calendar.version}+${version}` }, (day) => {
    const change = changes.get(day);
    if (change === undefined) return calendar.closureOf(day);
    return change === null ? null : { kind: "holiday", name: change };
  });
}

type Facts = Pick<BusinessCalendar, "id" | "name" | "version">;

/** Every day is decided once, at the first question, so that any count or step after it is a look-up. */
function indexed(facts: Facts, closureOf: (day: number) => Closure | null): BusinessCalendar {
  let index: { readonly before: Uint16Array; readonly open: Int32Array } | null = null;
  const build = () => {
    const before = new Uint16Array(DAYS + 1);
    const open: number[] = [];
    for (let day = DAY_FIRST; day <= DAY_LAST; day++) {
      before[day - DAY_FIRST] = open.length;
      if (closureOf(day) === null) open.push(day);
    }
    before[DAYS] = open.length;
    return { before, open: Int32Array.from(open) };
  };
  const days = () => {
    index ??= build();
    return index;
  };
  const { id, name, version } = facts;
  const openBefore = (day: number): number => days().before[inRange(id, day) - DAY_FIRST] ?? 0;
  return {
    id,
    name,
    version,
    closureOf: (day) => closureOf(inRange(id, day)),
    isOpen: (day) => openBefore(day) !== days().before[day - DAY_FIRST + 1],
    openBefore,
    openAt: (position) => days().open[position] ?? outOfRange(id, `business day ${position} since ${YEAR_FIRST}`),
  };
}

function inRange(id: string, day: number): number {
  if (day >= DAY_FIRST && day <= DAY_LAST) return day;
  return outOfRange(id, Number.isInteger(day) ? businessDate(day) : String(day));
}

function outOfRange(calendar: string, what: string): never {
  throw new ConcordanceError({
    kind: "invalid_input",
    code: "calendar_out_of_range",
    message: `The calendar "${calendar}" covers ${YEAR_FIRST} to ${YEAR_LAST}; it was asked for ${what}.`,
    remedy: "Check the date; one outside these years is most likely read with a wrong format.",
    at: { calendar },
  });
}
