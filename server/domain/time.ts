import { IANAZone } from "luxon";
import { ConcordanceError } from "./errors";
import { err, ok, type Result } from "./result";

/** Microseconds since 1970-01-01T00:00:00Z. */
export type Micros = bigint;

/** A plain date, "2026-11-20": no time, no zone. */
export type BusinessDate = string & { readonly __brand: "BusinessDate" };

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const ISO_INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|z|[+-](?:0\d|1[0-8])(?::?[0-5]\d)?)$/;
const ISO_LOCAL = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?$/;

export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
}

/** Days since 1970-01-01 of a real calendar date; null where there is no such day. */
export function dayNumberOf(year: number, month: number, day: number): number | null {
  const ms = Date.UTC(year, month - 1, day);
  const date = new Date(ms);
  if (year < 100 || date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) {
    return null;
  }
  return ms / DAY_MS;
}

/** "2026-11-20" to its day number; throws `bad_business_date` where it is not a real date. */
export function dayNumber(date: string): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  const number = match === null ? null : dayNumberOf(Number(match[1]), Number(match[2]), Number(match[3]));
  if (number === null) {
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "bad_business_date",
      message: `"${date}" is not a date of the form YYYY-MM-DD.`,
    });
  }
  return number;
}

export function businessDate(day: number): BusinessDate {
  return new Date(day * DAY_MS).toISOString().slice(0, 10) as BusinessDate;
}

/** Clock fields to microseconds as if the clock ran in UTC; null where a field is out of range (second 60 is refused). */
export function utcMicros(local: LocalTime): Micros | null {
  const day = dayNumberOf(local.year, local.month, local.day);
  if (day === null || local.hour > 23 || local.minute > 59 || local.second > 59) return null;
  const seconds = day * 86_400 + local.hour * 3_600 + local.minute * 60 + local.second;
  return BigInt(seconds) * 1_000_000n + BigInt(local.micros);
}

/** Reads ISO 8601 with a zone (Z or an offset); digits below a microsecond are cut. */
export function parseInstant(text: string): Result<Micros, string> {
  const match = ISO_INSTANT.exec(text);
  if (match === null) return err("is not an ISO 8601 instant with a zone");
  const micros = utcMicros(fieldsOf(match));
  if (micros === null) return err("is not a real date and time");
  return ok(micros - BigInt(offsetMinutes(match[8] ?? "Z")) * 60_000_000n);
}

/** Reads "2010-12-01 08:26:00" or a bare date (midnight) without a zone. */
export function parseLocal(text: string): Result<LocalTime, string> {
  const match = ISO_LOCAL.exec(text);
  if (match === null) return err("is not a local date and time");
  const fields = fieldsOf(match);
  return utcMicros(fields) === null ? err("is not a real date and time") : ok(fields);
}

function fieldsOf(match: RegExpExecArray): LocalTime {
  return {
    year: Number(match[1]),
    month: Number(match[2]),
    day: Number(match[3]),
    hour: Number(match[4] ?? "0"),
    minute: Number(match[5] ?? "0"),
    second: Number(match[6] ?? "0"),
    micros: Number((match[7] ?? "").padEnd(6, "0").slice(0, 6)),
  };
}

function offsetMinutes(zone: string): number {
  if (zone === "Z" || zone === "z") return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return zone.startsWith("-") ? -minutes : minutes;
}

/** "2026-11-20T08:00:00.123456Z". */
export function formatInstant(micros: Micros): string {
  const ms = micros / 1000n - (micros % 1000n < 0n ? 1n : 0n);
  const rest = micros - ms * 1000n;
  return `${new Date(Number(ms)).toISOString().slice(0, -1)}${rest.toString().padStart(3, "0")}Z`;
}

export interface ZoneClock {
  readonly zone: string;
  /** Day number of the instant on this zone's calendar. */
  businessDay(micros: Micros): number;
  /**
   * The instant of a local time. Where clocks were set forward and it did not exist, the time the clock showed instead
   * (shifted by the gap); where they were set back and it came twice, the first.
   */
  toInstant(local: LocalTime): Micros | null;
}

/** Offsets change on a quarter of an hour at the finest in every zone since 1970. */
const OFFSET_CACHE_MS = 15 * MINUTE_MS;
const OFFSET_CACHE_ENTRIES_MAX = 200_000;

/** True where the name is in the IANA data base. */
export const isZone = (name: string): boolean => IANAZone.isValidZone(name);

/** Throws `unknown_zone` where the name is not in the IANA data base. */
export function createZoneClock(zone: string): ZoneClock {
  if (!isZone(zone)) {
    throw new ConcordanceError({
      kind: "config",
      code: "unknown_zone",
      message: `"${zone}" is not an IANA time zone.`,
      remedy: 'Write a name such as "Europe/London" or "UTC".',
    });
  }
  const iana = IANAZone.create(zone);
  const offsets = new Map<number, number>();
  const offsetMs = (ms: number): number => {
    const slot = Math.floor(ms / OFFSET_CACHE_MS);
    const known = offsets.get(slot);
    if (known !== undefined) return known;
    if (offsets.size >= OFFSET_CACHE_ENTRIES_MAX) offsets.clear();
    const offset = Math.round(iana.offset(slot * OFFSET_CACHE_MS) * MINUTE_MS);
    offsets.set(slot, offset);
    return offset;
  };
  return {
    zone,
    businessDay: (micros) => {
      const ms = Number(micros / 1000n);
      return Math.floor((ms + offsetMs(ms)) / DAY_MS);
    },
    toInstant: (local) => {
      const asUtc = utcMicros(local);
      if (asUtc === null) return null;
      const wall = Number(asUtc / 1000n);
      // The offsets in force a day before and a day after bracket any single change.
      const before = offsetMs(wall - DAY_MS);
      const after = offsetMs(wall + DAY_MS);
      // An overlap's first pass and a gap's shifted time both use the offset from before the change.
      const candidate = wall - before;
      const offset = offsetMs(candidate) === before || offsetMs(wall - after) !== after ? before : after;
      return asUtc - BigInt(offset) * 1000n;
    },
  };
}
