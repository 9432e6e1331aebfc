import { IANAZone } from "luxon";
import type { AuxiliaryTable } from "../../batch/definition";
import { addDays, calendarRows, roll } from "../../domain/calendar/business-days";
import { CALENDAR_IDS, CALENDARS } from "../../domain/calendar/calendars";
import { type BusinessDate, dayNumber } from "../../domain/time";
import type { CellValue } from "../../lake/table-buffer";
import { required } from "../../lake/types";
import type { SettlementSettings } from "./settings";

/** Raise with any change of the SQL or its rules; calendars have versions of their own. */
export const RULE_VERSION = `settlement/1+${CALENDAR_IDS.map((id) => CALENDARS[id].version).join("+")}`;

/** The longest delay (365 business days) with its closed days, beyond the horizon. */
const DAYS_AHEAD = 560;
const DAY_MS = 86_400_000;

export interface Dates {
  /** First business date payments are read of; the close; last date payouts are projected to. */
  readonly readFrom: BusinessDate;
  readonly close: BusinessDate;
  readonly horizon: BusinessDate;
}

export const datesOf = (close: BusinessDate, { lookbackDays, horizonDays }: SettlementSettings): Dates => ({
  readFrom: addDays(close, -lookbackDays),
  close,
  horizon: addDays(close, horizonDays),
});

const string = (name: string) => required(name, "string", name);
const date = (name: string) => required(name, "date", name);
const whole = (name: string) => required(name, "int", name);

/** The small tables the SQL joins: days, calendars, days of payout schedules, clock changes. */
export function auxiliaryTables({ readFrom, close, horizon }: Dates): AuxiliaryTable[] {
  const [from, to] = [addDays(readFrom, -45), addDays(close, DAYS_AHEAD)];
  return [days(from, to), calendarDays(from, to), scheduleDays(from, to), localSpans(from, addDays(horizon, 10))];
}

/** Midnight is of UTC; a local midnight is that less the zone's offset. */
function days(from: BusinessDate, to: BusinessDate): AuxiliaryTable {
  const rows: CellValue[][] = [];
  for (let day = dayNumber(from); day <= dayNumber(to); day++) rows.push([day, day, BigInt(day) * 86_400_000_000n]);
  return {
    name: "aux_days",
    columns: [date("day"), whole("number"), required("midnight", "timestamp", "midnight")],
    rows,
  };
}

/** `number` counts business days up to and including the day; `weekends` and `holidays` count closed days before it. */
function calendarDays(from: BusinessDate, to: BusinessDate): AuxiliaryTable {
  const rows: CellValue[][] = [];
  for (const id of CALENDAR_IDS) {
    let [weekends, holidays] = [0, 0];
    for (const { date: day, isBusinessDay, closure, businessDayNumber, following } of calendarRows(
      CALENDARS[id],
      from,
      to,
    )) {
      const cells = [dayNumber(day), isBusinessDay, businessDayNumber, dayNumber(following)];
      rows.push([id, ...cells, weekends, holidays]);
      if (closure?.kind === "weekend") weekends++;
      if (closure?.kind === "holiday") holidays++;
    }
  }
  const columns = [
    string("calendar"),
    date("day"),
    required("is_open", "boolean", "is_open"),
    whole("number"),
    date("following"),
    whole("weekends"),
    whole("holidays"),
  ];
  return { name: "aux_calendar", columns, rows };
}

/** Every weekday and every day of the month on which payouts may fall, moved off closed days ("following"). */
function scheduleDays(from: BusinessDate, to: BusinessDate): AuxiliaryTable {
  const rows: CellValue[][] = [];
  const last = addDays(to, -31);
  for (const id of CALENDAR_IDS) {
    for (let day = from; day <= last; day = addDays(day, 1)) {
      const payoutOn = dayNumber(roll(CALENDARS[id], day, "following"));
      // 1970-01-01 was a Thursday; weekdays of ISO 8601.
      rows.push([id, "week", ` ${((dayNumber(day) + 3) % 7) + 1} `, payoutOn]);
      const ofMonth = Number(day.slice(8));
      const isLast = addDays(day, 1).slice(5, 7) !== day.slice(5, 7);
      // A day that a month does not have is its last.
      for (let named = ofMonth; named <= (isLast ? 31 : ofMonth); named++)
        rows.push([id, "month", ` ${named} `, payoutOn]);
    }
  }
  const columns = [string("calendar"), string("schedule"), string("schedule_day"), date("payout_on")];
  return { name: "aux_schedule", columns, rows };
}

/**
 * Which offset from UTC a local time has, by zone, as spans of local seconds since 1970: a local time a clock change left out has
 * the offset from before it, one that came twice that of its first coming (`createZoneClock`).
 */
function localSpans(from: BusinessDate, to: BusinessDate): AuxiliaryTable {
  const rows: CellValue[][] = [];
  const [first, last] = [dayNumber(from) * DAY_MS, dayNumber(to) * DAY_MS];
  for (const name of zoneNames()) {
    const zone = IANAZone.create(name);
    let spanFrom = Number.NEGATIVE_INFINITY;
    let offset = zone.offset(first);
    const push = (until: number) =>
      rows.push([name, bounded(spanFrom / 1000), bounded(until / 1000), Math.round(offset * 60)]);
    for (let at = first; at < last; at += 7 * DAY_MS) {
      const next = zone.offset(at + 7 * DAY_MS);
      if (next === offset) continue;
      const changeMs = changeBetween(zone, at, at + 7 * DAY_MS);
      // Local times up to the larger of both readings at the change belong to the offset from before it.
      const until = changeMs + Math.max(offset, next) * 60_000;
      push(until);
      [spanFrom, offset] = [until, next];
    }
    push(Number.POSITIVE_INFINITY);
  }
  const columns = [
    string("zone"),
    required("local_from", "bigint", "local_from"),
    required("local_until", "bigint", "local_until"),
    whole("offset_s"),
  ];
  return { name: "aux_zones", columns, rows };
}

const LOCAL_SECONDS_MAX = 100_000_000_000;
const bounded = (seconds: number): bigint => BigInt(Math.max(-LOCAL_SECONDS_MAX, Math.min(LOCAL_SECONDS_MAX, seconds)));

/** The first minute with the new offset. */
function changeBetween(zone: IANAZone, fromMs: number, toMs: number): number {
  const before = zone.offset(fromMs);
  let [low, high] = [fromMs, toMs];
  while (high - low > 60_000) {
    const middle = Math.floor((low + high) / 120_000) * 60_000;
    if (zone.offset(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** Older names of zones that are still written, beside those the runtime lists. */
const ALIASES = [
  "UTC",
  "GMT",
  "Etc/UTC",
  "Etc/GMT",
  "Asia/Calcutta",
  "Asia/Kolkata",
  "Europe/Kiev",
  "Europe/Kyiv",
  "US/Eastern",
  "US/Central",
  "US/Mountain",
  "US/Pacific",
  "Asia/Saigon",
  "Asia/Ho_Chi_Minh",
  "Asia/Katmandu",
  "Asia/Kathmandu",
  "Asia/Rangoon",
  "Asia/Yangon",
  "America/Buenos_Aires",
  "America/Argentina/Buenos_Aires",
];

const zoneNames = (): readonly string[] =>
  [...new Set([...Intl.supportedValuesOf("timeZone"), ...ALIASES])].filter((name) => IANAZone.isValidZone(name)).sort();
