import { dayNumberOf, type LocalTime, type Micros } from "../../domain/time";

const ZULU_LENGTHS: ReadonlySet<number> = new Set([20, 24, 27]);
const [ZERO, DASH, COLON, DOT, T, Z] = [0x30, 0x2d, 0x3a, 0x2e, 0x54, 0x5a];

/**
 * The way almost every producer writes an instant, read without a regular expression: 2026-11-20T08:00:00[.123[456]]Z.
 * Null for anything else, which the general reader then judges.
 */
export function parseZulu(text: string): Micros | null {
  const { length } = text;
  if (!ZULU_LENGTHS.has(length) || text.charCodeAt(length - 1) !== Z || text.charCodeAt(10) !== T) return null;
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return null;
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return null;
  if (length > 20 && text.charCodeAt(19) !== DOT) return null;
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)];
  const fraction = length === 20 ? 0 : digits(text, 20, length - 1) * (length === 24 ? 1_000 : 1);
  const day = cachedDay(digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10));
  if (day === null || !(hour <= 23 && minute <= 59 && second <= 59) || Number.isNaN(fraction)) return null;
  const micros = (day * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000_000 + fraction;
  return Number.isSafeInteger(micros) ? BigInt(micros) : null;
}

/** NaN where one of them is no digit. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

const DAYS_CACHED_MAX = 4_096;
const days = new Map<number, number | null>();

function cachedDay(year: number, month: number, day: number): number | null {
  const key = year * 10_000 + month * 100 + day;
  if (Number.isNaN(key)) return null;
  const known = days.get(key);
  if (known !== undefined) return known;
  if (days.size >= DAYS_CACHED_MAX) days.clear();
  const number = dayNumberOf(year, month, day);
  days.set(key, number);
  return number;
}

const TOKENS: Readonly<Record<string, { readonly field: keyof LocalTime; readonly source: string }>> = {
  yyyy: { field: "year", source: "(\\d{4})" },
  MM: { field: "month", source: "(\\d{2})" },
  M: { field: "month", source: "(\\d{1,2})" },
  dd: { field: "day", source: "(\\d{2})" },
  d: { field: "day", source: "(\\d{1,2})" },
  HH: { field: "hour", source: "(\\d{2})" },
  H: { field: "hour", source: "(\\d{1,2})" },
  mm: { field: "minute", source: "(\\d{2})" },
  ss: { field: "second", source: "(\\d{2})" },
  SSSSSS: { field: "micros", source: "(\\d{6})" },
  SSS: { field: "micros", source: "(\\d{3})" },
};
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
const TOKEN = /yyyy|MM|M|dd|d|HH|H|mm|ss|SSSSSS|SSS/;

interface Part {
  readonly text: string;
  readonly token: (typeof TOKENS)[string] | undefined;
}

const partsOf = (pattern: string): Part[] =>
  pattern
    .split(new RegExp(`(${TOKEN.source})`))
    .filter((text) => text !== "")
    .map((text) => ({ text, token: Object.hasOwn(TOKENS, text) ? TOKENS[text] : undefined }));

/** What is wrong with a time pattern; null where nothing is. */
export function patternFault(pattern: string): string | null {
  const parts = partsOf(pattern);
  const fields = parts.flatMap((part) => (part.token === undefined ? [] : [part.token.field]));
  const unknown = parts.find((part) => part.token === undefined && /[A-SU-Za-z]/.test(part.text));
  if (unknown !== undefined) return `"${unknown.text}" is not one of yyyy, M, MM, d, dd, H, HH, mm, ss, SSS, SSSSSS`;
  const twice = fields.find((field, index) => fields.indexOf(field) !== index);
  if (twice !== undefined) return `the ${twice} stands there twice`;
  const missing = (["year", "month", "day"] as const).find((field) => !fields.includes(field));
  return missing === undefined ? null : `the ${missing} is missing`;
}

/** Compiles a checked pattern into a reader of local times; the reader gives null for what is not of the pattern. */
export function compilePattern(pattern: string): (text: string) => LocalTime | null {
  const parts = partsOf(pattern);
  const expression = new RegExp(`^${parts.map((part) => part.token?.source ?? escaped(part.text)).join("")}$`);
  const fields = parts.flatMap((part) => (part.token === undefined ? [] : [part]));
  return (text) => {
    const match = expression.exec(text);
    if (match === null) return null;
    const local = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, micros: 0 };
    fields.forEach(({ text: name, token }, index) => {
      if (token !== undefined) local[token.field] = Number(match[index + 1]) * (name === "SSS" ? 1_000 : 1);
    });
    return local;
  };
}
