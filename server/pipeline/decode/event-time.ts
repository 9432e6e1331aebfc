import { createZoneClock, dayNumber, type Micros, parseInstant, parseLocal } from "../../domain/time";
import type { Mapping } from "../mapping/schema";
import { type Fault, fault } from "./fault";
import { isFault } from "./field";
import { type FormatReader, type ParsedRecord, scalarText } from "./format";
import { compilePattern, parseZulu } from "./time-text";

const DAY_MICROS = 86_400_000_000n;
const UNIT_MICROS = { days: DAY_MICROS, hours: 3_600_000_000n, minutes: 60_000_000n, seconds: 1_000_000n } as const;
const EPOCH_DIGITS = { epoch_s: 6, epoch_ms: 3, epoch_us: 0 } as const;

export type TimeReader = (record: ParsedRecord) => Micros | Fault;

/** Compiles the mapping's event time; an instant before 1970 or more than a day ahead of `nowMicros` is impossible. */
export function compileEventTime(
  time: Mapping["event_time"],
  format: FormatReader,
  nowMicros: () => Micros,
): TimeReader {
  const get = format.getter(time.from);
  const read = readerOf(time);
  // Asked again only where a time is beyond what it allowed before: time does not run backwards.
  let latest = nowMicros() + DAY_MICROS;
  const tooLate = (micros: Micros): boolean => {
    if (micros > latest) latest = nowMicros() + DAY_MICROS;
    return micros > latest;
  };
  return (record) => {
    const raw = get(record);
    if (raw === undefined || raw === null || raw === "")
      return fault("validate", "missing_event_time", "event_time", "no event time");
    const micros = read(raw);
    if (isFault(micros)) return micros;
    if (micros < 0n || tooLate(micros)) {
      return fault("validate", "impossible_time", "event_time", "before 1970 or more than a day ahead");
    }
    return micros;
  };
}

function readerOf(time: Mapping["event_time"]): (raw: unknown) => Micros | Fault {
  switch (time.format) {
    case "iso":
      return (raw) => {
        if (typeof raw !== "string") return bad("is not an ISO 8601 instant with a zone");
        const quick = parseZulu(raw);
        if (quick !== null) return quick;
        const parsed = parseInstant(raw);
        return parsed.ok ? parsed.value : bad("is not an ISO 8601 instant with a zone");
      };
    case "local": {
      const clock = createZoneClock(time.zone ?? "UTC");
      return (raw) => {
        const parsed = typeof raw === "string" ? parseLocal(raw) : null;
        if (!parsed?.ok) return bad("is not a local date and time");
        return clock.toInstant(parsed.value) ?? bad("is not a real date and time");
      };
    }
    case "pattern": {
      const clock = createZoneClock(time.zone ?? "UTC");
      const read = compilePattern(time.pattern ?? "");
      return (raw) => {
        const local = read(scalarText(raw) ?? "");
        if (local === null) return bad(`is not of the pattern ${time.pattern}`);
        return clock.toInstant(local) ?? bad("is not a real date and time");
      };
    }
    case "epoch_s":
    case "epoch_ms":
    case "epoch_us":
      return (raw) => epoch(raw, EPOCH_DIGITS[time.format as keyof typeof EPOCH_DIGITS]);
    case "step": {
      const start = BigInt(dayNumber(time.start ?? "1970-01-01")) * DAY_MICROS;
      const unit = UNIT_MICROS[time.unit ?? "days"];
      return (raw) => {
        const text = scalarText(raw) ?? "";
        return /^\d{1,9}$/.test(text) ? start + BigInt(text) * unit : bad("is not a step number");
      };
    }
  }
}

/** Whole or fractional epoch numbers, exact on their decimal text. */
function epoch(raw: unknown, digits: number): Micros | Fault {
  const match = /^(-?\d{1,17})(?:\.(\d{1,9}))?$/.exec(scalarText(raw) ?? "");
  if (match === null) return bad("is not a number of the epoch");
  const fraction = (match[2] ?? "").padEnd(digits, "0").slice(0, digits);
  return BigInt(`${match[1]}${fraction}`);
}

const bad = (message: string): Fault => fault("validate", "bad_event_time", "event_time", message);
