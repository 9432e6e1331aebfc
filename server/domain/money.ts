import { ConcordanceError } from "./errors";
import { ISO_4217_EXPONENTS } from "./iso4217";
import { err, ok, type Result } from "./result";

/** An amount in minor units of a currency; never a float (PRODUCT.md section 1). */
export interface Money {
  readonly amountMinor: bigint;
  readonly currency: string;
}

/** An exact decimal number: `unscaled` divided by ten to the power of `scale`. */
export interface Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

export interface MoneyFault {
  readonly code: "bad_amount" | "amount_not_exact" | "amount_out_of_range";
  readonly message: string;
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
/** No amount needs more digits; a longer run is refused before any arithmetic. */
const DIGITS_MAX = 60;
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Decimal places of a currency in use (ISO 4217); null where the code is not one. */
export function exponentOf(currency: string): number | null {
  return Object.hasOwn(ISO_4217_EXPONENTS, currency) ? (ISO_4217_EXPONENTS[currency] ?? null) : null;
}

/** Reads "12.50", "-0.001" or "1e3" exactly. */
export function parseDecimal(text: string): Result<Decimal, MoneyFault> {
  const match = DECIMAL.exec(text);
  const whole = match?.[2] ?? "";
  const fraction = match?.[3] ?? "";
  if (match === null || whole.length + fraction.length === 0 || text.length > DIGITS_MAX) {
    return err({ code: "bad_amount", message: `"${text.slice(0, 40)}" is not a decimal number` });
  }
  const exponent = Number(match[4] ?? "0");
  const magnitude = BigInt(whole + fraction || "0");
  const unscaled = match[1] === "-" ? -magnitude : magnitude;
  const scale = fraction.length - exponent;
  if (Math.abs(scale) > DIGITS_MAX) return err({ code: "amount_out_of_range", message: `exponent of "${text}"` });
  return ok(scale >= 0 ? { unscaled, scale } : { unscaled: unscaled * 10n ** BigInt(-scale), scale: 0 });
}

/** The exact product of two decimals. */
export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  return { unscaled: a.unscaled * b.unscaled, scale: a.scale + b.scale };
}

/** A decimal in minor units; refuses more decimal places than the exponent has, and more than a signed 64-bit integer holds. */
export function toMinor(value: Decimal, exponent: number): Result<bigint, MoneyFault> {
  let minor: bigint;
  if (value.scale <= exponent) {
    minor = value.unscaled * 10n ** BigInt(exponent - value.scale);
  } else {
    const divisor = 10n ** BigInt(value.scale - exponent);
    if (value.unscaled % divisor !== 0n) {
      return err({ code: "amount_not_exact", message: `has more than ${exponent} decimal places` });
    }
    minor = value.unscaled / divisor;
  }
  return inRange(minor);
}

/** Refuses what a signed 64-bit integer cannot hold. */
export function inRange(minor: bigint): Result<bigint, MoneyFault> {
  if (minor > INT64_MAX || minor < INT64_MIN) {
    return err({ code: "amount_out_of_range", message: "does not fit a signed 64-bit number of minor units" });
  }
  return ok(minor);
}

/** "-1234.50" for -123450 and exponent 2. Exact; no grouping. */
export function formatMinor(amountMinor: bigint, exponent: number): string {
  const negative = amountMinor < 0n;
  const digits = (negative ? -amountMinor : amountMinor).toString().padStart(exponent + 1, "0");
  const text = exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
  return negative ? `-${text}` : text;
}

/** Sums amounts of one currency. Throws `mixed_currencies` otherwise, and `empty_sum` for nothing: nothing has no currency. */
export function sumMoney(items: readonly Money[]): Money {
  const [first] = items;
  if (first === undefined) {
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "empty_sum",
      message: "A sum of no amounts has no currency.",
    });
  }
  let amountMinor = 0n;
  for (const item of items) {
    if (item.currency !== first.currency) {
      throw new ConcordanceError({
        kind: "invalid_input",
        code: "mixed_currencies",
        message: `A sum of ${first.currency} met ${item.currency}.`,
        remedy: "Sum per currency, or convert at a stated rate and date first.",
      });
    }
    amountMinor += item.amountMinor;
  }
  return { amountMinor, currency: first.currency };
}
