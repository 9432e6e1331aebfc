import type { MoneyValue } from "../domain/answer";
import { exponentOf, formatMinor, inRange, parseDecimal, toMinor } from "../domain/money";
import { type FaultPlace, refuse } from "./faults";

/** Decimal places a source uses where they are not those of ISO 4217: currency -> places. */
export type Exponents = Readonly<Record<string, number>>;

const PLAIN_DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;

/** Decimal places of a currency, the source's own before ISO 4217's. Refuses a currency nobody knows. */
export function exponentFor(currency: string, exponents: Exponents, where: FaultPlace): number {
  if (currency === "") refuse("missing_currency", "There is no currency.", where);
  const own = Object.hasOwn(exponents, currency) ? exponents[currency] : undefined;
  const exponent = own ?? exponentOf(currency);
  if (exponent === null)
    return refuse("unknown_currency", `"${currency}" is not a currency in use.`, where, { found: currency });
  return exponent;
}

/**
 * Reads "12.50" as minor units, exactly: more decimal places than the currency has are refused unless they are zeros.
 * A sign is kept.
 */
export function readDecimal(text: string, currency: string, exponents: Exponents, where: FaultPlace): MoneyValue {
  const exponent = exponentFor(currency, exponents, where);
  if (text === "") refuse("missing_amount", "There is no amount.", where);
  const decimal = PLAIN_DECIMAL.test(text) ? parseDecimal(text) : null;
  if (!decimal?.ok) return refuse("bad_amount", `"${text}" is not an amount.`, where, { found: text });
  const minor = toMinor(decimal.value, exponent);
  if (!minor.ok)
    return refuse(minor.error.code, `The amount ${text} ${currency} ${minor.error.message}.`, where, {
      expected: `at most ${exponent} decimal places`,
      found: text,
    });
  return { amountMinor: minor.value, currency, exponent };
}

/** Reads whole minor units, "+000123". */
export function readMinor(text: string, currency: string, exponents: Exponents, where: FaultPlace): MoneyValue {
  const exponent = exponentFor(currency, exponents, where);
  if (!/^[+-]?\d{1,20}$/.test(text))
    refuse("bad_amount", `"${text}" is not a whole number of minor units.`, where, { found: text });
  const checked = inRange(BigInt(text));
  if (!checked.ok) return refuse("amount_out_of_range", `${text} ${checked.error.message}.`, where, { found: text });
  return { amountMinor: checked.value, currency, exponent };
}

/** "-12.50 EUR", for faults and controls. */
export const tellAmount = (amountMinor: bigint, currency: string, exponent: number): string =>
  `${formatMinor(amountMinor, exponent)} ${currency}`;

export const magnitude = (amountMinor: bigint): bigint => (amountMinor < 0n ? -amountMinor : amountMinor);
