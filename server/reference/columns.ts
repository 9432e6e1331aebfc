import { isLuhnValid } from "../domain/card";
import { err, ok, type Result } from "../domain/result";
import { dayNumberOf, isZone, parseInstant } from "../domain/time";
import type { CellValue } from "../lake/table-buffer";

/** Reads the text of one cell; the error says what is wrong with it, never the value of a card number. */
export type ReadCell = (text: string) => Result<CellValue, string>;

const TEXT_CHARS_MAX = 1_024;

export const text: ReadCell = (value) => {
  if (value.length > TEXT_CHARS_MAX) return err(`is longer than ${TEXT_CHARS_MAX} characters`);
  return value.includes("\0") ? err("holds a NUL") : ok(value);
};

const matching =
  (pattern: RegExp, expected: string): ReadCell =>
  (value) =>
    pattern.test(value) ? ok(value) : err(`is not ${expected}`);

export const oneOf =
  (...values: readonly string[]): ReadCell =>
  (value) =>
    values.includes(value) ? ok(value) : err(`is not one of ${values.join(", ")}`);

/** ISO 3166 alpha-2. */
export const country = matching(/^[A-Z]{2}$/, "a country code of two capital letters");
/** ISO 18245. */
export const merchantCategory = matching(/^\d{4}$/, "a merchant category code of four digits");
export const localTime = matching(/^([01]\d|2[0-3]):[0-5]\d$/, "a local time HH:MM");
/** A cut-off: "24:00" is the end of the day. */
export const cutOffTime = matching(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "a local time HH:MM or 24:00");
/** ISO 4217, or * for every currency. */
export const currencyOrAll = matching(/^([A-Z]{3}|\*)$/, "a currency code of three capital letters, or *");
/** Days of a payout schedule, such as "1 5". */
export const daysList = matching(/^([1-9]|[12]\d|3[01])( ([1-9]|[12]\d|3[01]))*$/, 'a list of days such as "1 15"');
export const cardToken = matching(/^[0-9a-f]{32}$/, "a card token of 32 hexadecimal characters");
export const lastFour = matching(/^\d{4}$/, "four digits");

export const zone: ReadCell = (value) => (isZone(value) ? ok(value) : err("is not an IANA time zone"));

export const date: ReadCell = (value) => {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  const day = match === null ? null : dayNumberOf(Number(match[1]), Number(match[2]), Number(match[3]));
  return day === null ? err("is not a date YYYY-MM-DD") : ok(day);
};

export const instant: ReadCell = (value) => parseInstant(value);

export const wholeNumber =
  (min: number, max: number): ReadCell =>
  (value) => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max ? ok(number) : err(`is not a whole number from ${min} to ${max}`);
  };

/** Minor units of a currency, not below zero. */
export const minorUnits: ReadCell = (value) =>
  /^\d{1,17}$/.test(value) ? ok(BigInt(value)) : err("is not a whole number of minor units");

export const percent: ReadCell = (value) => {
  const number = /^\d{1,3}(\.\d{1,6})?$/.test(value) ? Number(value) : Number.NaN;
  return number >= 0 && number <= 100 ? ok(number) : err("is not a percentage from 0 to 100");
};

export const flag: ReadCell = (value) =>
  value === "true" || value === "false" ? ok(value === "true") : err("is neither true nor false");

/** The digits of a card number, separators removed (ISO/IEC 7812-1). */
export const cardNumber: ReadCell = (value) => {
  const digits = value.replace(/[ -]/g, "");
  if (!/^\d{13,19}$/.test(digits)) return err("is not a card number of 13 to 19 digits");
  return isLuhnValid(digits) ? ok(digits) : err("is a card number with a wrong check digit");
};
