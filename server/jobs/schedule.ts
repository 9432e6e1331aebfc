import { DateTime, IANAZone } from "luxon";
import { addDays } from "../domain/calendar/business-days";
import { ConcordanceError } from "../domain/errors";
import type { BusinessDate } from "../domain/time";

/** When an index's nightly run begins. */
export interface NightlyAt {
  readonly hour: number;
  readonly minute: number;
  /** IANA name. */
  readonly zone: string;
}

/** The nightly schedule: one moment for all indexes, and exceptions; null: that index has no nightly run. */
export interface NightlySchedule {
  readonly all: NightlyAt | null;
  readonly byIndex: ReadonlyMap<string, NightlyAt | null>;
}

const ENTRY = /^(?:([a-z_]+)\s*=\s*)?(?:(off)|([01]\d|2[0-3]):([0-5]\d)\s+(\S+))$/;

/**
 * Reads `02:00 Europe/London; settlement=03:30 America/New_York; spend=off`. Throws `bad_schedule` with what cannot be read.
 */
export function parseNightly(text: string): NightlySchedule {
  let all: NightlyAt | null = null;
  const byIndex = new Map<string, NightlyAt | null>();
  for (const entry of text.split(";").map((part) => part.trim())) {
    if (entry === "") continue;
    const match = ENTRY.exec(entry);
    if (match === null) throw badSchedule(entry, "it is not a time and a zone");
    const [, index, off, hour, minute, zone = ""] = match;
    if (off === undefined && !IANAZone.isValidZone(zone)) throw badSchedule(entry, `${zone} is not an IANA time zone`);
    const at = off === undefined ? { hour: Number(hour), minute: Number(minute), zone } : null;
    if (index === undefined) all = at;
    else byIndex.set(index, at);
  }
  return { all, byIndex };
}

const badSchedule = (entry: string, why: string) =>
  new ConcordanceError({
    kind: "config",
    code: "bad_schedule",
    message: `The nightly schedule "${entry}" cannot be read: ${why}.`,
    remedy: "Write HH:MM and an IANA zone, e.g. `02:00 Europe/London; settlement=03:30 America/New_York; spend=off`.",
  });

export const nightlyOf = ({ all, byIndex }: NightlySchedule, index: string): NightlyAt | null => {
  const own = byIndex.get(index);
  return own === undefined ? all : own;
};

/** The schedule as cron says it. */
export const cronOf = ({ hour, minute }: NightlyAt): string => `${minute} ${hour} * * *`;

/** The next moment the schedule comes round, epoch milliseconds. A clock that skips the time goes on after the gap. */
export function nextNightlyMs({ hour, minute, zone }: NightlyAt, nowMs: number): number {
  const now = DateTime.fromMillis(nowMs, { zone });
  const today = now.set({ hour, minute, second: 0, millisecond: 0 });
  return (today.toMillis() > nowMs ? today : today.plus({ days: 1 })).toMillis();
}

/** The instant a business date has ended in every one of the zones its events are dated in, epoch milliseconds. */
export const endOfDateMs = (date: BusinessDate, zones: readonly string[]): number =>
  Math.max(...zones.map((zone) => DateTime.fromISO(addDays(date, 1), { zone }).toMillis()));

/** The newest business date that has ended in all of the zones. */
export function lastEndedDate(nowMs: number, zones: readonly string[]): BusinessDate {
  const today = DateTime.fromMillis(nowMs, { zone: zones[0] ?? "UTC" }).toISODate() as BusinessDate;
  for (const back of [0, 1, 2]) {
    const date = addDays(today, -back);
    if (endOfDateMs(date, zones) <= nowMs) return date;
  }
  return addDays(today, -3);
}
