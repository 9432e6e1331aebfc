import { createHmac } from "node:crypto";

const DIGITS_MIN = 13;
const DIGITS_MAX = 19;
const [ZERO, NINE, SPACE, DASH, STAR] = [0x30, 0x39, 0x20, 0x2d, 0x2a];

/** True where the digits end in the right check digit (ISO/IEC 7812-1, Luhn). */
export function isLuhnValid(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - ZERO;
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/**
 * True for a number that is a card's and hardly anything else: 15 to 19 digits before any point, a first digit that card
 * schemes are given (ISO/IEC 7812-1: 2 to 6), the right check digit. For fields that hold numbers and cannot be masked.
 */
export function isCardLike(value: string | number): boolean {
  if (typeof value === "number" && Math.abs(value) < 1e14) return false;
  const digits = /^[+-]?([2-6]\d{14,18})(?:\.\d*)?$/.exec(String(value))?.[1];
  return digits !== undefined && isLuhnValid(digits);
}

/**
 * Replaces every Luhn-valid run of 13 to 19 digits by stars, all but its last four, in place where `bytes` may be
 * changed. Single spaces or dashes between digits do not hide a number. Returns the same array when nothing was found.
 */
export function maskCardNumbers(bytes: Uint8Array): Uint8Array {
  let masked: Uint8Array | null = null;
  let at = 0;
  while (at < bytes.length) {
    if (!isDigit(bytes[at])) {
      at++;
      continue;
    }
    const run = digitRun(bytes, at);
    for (const [first, last] of cardSpans(bytes, run.positions)) {
      masked ??= bytes.slice();
      for (const position of run.positions.slice(first, last - 3)) masked[position] = STAR;
    }
    at = run.end;
  }
  return masked ?? bytes;
}

/** The same for text. */
export function maskCardNumbersInText(text: string): string {
  if (!/\d(?:[ -]?\d){12}/.test(text)) return text;
  const bytes = Buffer.from(text, "utf8");
  const masked = maskCardNumbers(bytes);
  return masked === bytes ? text : Buffer.from(masked).toString("utf8");
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE;

/** Positions of the digits of one run, joined over single separators. */
function digitRun(bytes: Uint8Array, from: number): { positions: number[]; end: number } {
  const positions: number[] = [];
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (isDigit(byte)) positions.push(at);
    else if (!((byte === SPACE || byte === DASH) && isDigit(bytes[at + 1]))) break;
    at++;
  }
  return { positions, end: at };
}

/**
 * Index spans [first, last] of card numbers inside a run: windows of card length that begin and end where a group of
 * digits does. In a group too long to be a card number every window counts: rather masked too often than too seldom.
 */
function cardSpans(bytes: Uint8Array, positions: readonly number[]): [number, number][] {
  const count = positions.length;
  if (count < DIGITS_MIN) return [];
  const digits = positions.map((position) => String.fromCharCode(bytes[position] ?? ZERO)).join("");
  const groupStart = (index: number) => index === 0 || positions[index] !== (positions[index - 1] ?? 0) + 1;
  const long = positions.some((_, index) => positions[index + DIGITS_MAX] === (positions[index] ?? 0) + DIGITS_MAX);
  const spans: [number, number][] = [];
  for (let first = 0; first + DIGITS_MIN <= count; first++) {
    if (!long && !groupStart(first)) continue;
    for (let length = Math.min(DIGITS_MAX, count - first); length >= DIGITS_MIN; length--) {
      const next = first + length;
      if (!long && next < count && !groupStart(next)) continue;
      if (isLuhnValid(digits.slice(first, next))) spans.push([first, next - 1]);
    }
  }
  return spans;
}

export interface CardReference {
  readonly token: string;
  readonly last4: string;
}

const TOKENS_CACHED_MAX = 100_000;

/** Replaces card numbers by a keyed HMAC-SHA-256 token (32 hexadecimal characters) and the last four digits. */
export function createCardTokenizer(key: Uint8Array): (digits: string) => CardReference {
  const cache = new Map<string, CardReference>();
  return (digits) => {
    const known = cache.get(digits);
    if (known !== undefined) return known;
    const token = createHmac("sha256", key).update(digits).digest("hex").slice(0, 32);
    const reference = { token, last4: digits.slice(-4) };
    if (cache.size >= TOKENS_CACHED_MAX) cache.clear();
    cache.set(digits, reference);
    return reference;
  };
}
