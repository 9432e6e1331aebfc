import { isCardLike } from "../../domain/card";
import { type Decimal, exponentOf, inRange, multiplyDecimals, parseDecimal, toMinor } from "../../domain/money";
import type { TransactionMapping } from "../mapping/schema";
import { type Fault, fault } from "./fault";
import { compileField, isFault } from "./field";
import type { FormatReader, Getter, ParsedRecord } from "./format";

export interface ReadAmount {
  readonly amountMinor: bigint | null;
  readonly currency: string | null;
  readonly exponent: number | null;
}

export type AmountReader = (record: ParsedRecord) => ReadAmount | Fault;

const NO_AMOUNT: ReadAmount = { amountMinor: null, currency: null, exponent: null };

/** Compiles the mapping's amount: exact in every form, with the exponent of ISO 4217 or the mapping's own. */
export function compileAmount(amount: TransactionMapping["amount"], format: FormatReader): AmountReader {
  if (amount === "none") return () => NO_AMOUNT;
  const readCurrency = compileField("currency", amount.currency, format);
  const exponents = new Map<string, number | null>(Object.entries(amount.exponents ?? {}));
  const exponentFor = (currency: string): number | null => {
    const known = exponents.get(currency);
    if (known !== undefined) return known;
    const exponent = exponentOf(currency);
    // Only real currencies are kept: there are not many of them.
    if (exponent !== null) exponents.set(currency, exponent);
    return exponent;
  };
  const readMinor = minorReader(amount, format);
  return (record) => {
    const currency = readCurrency(record);
    if (isFault(currency)) return currency;
    if (currency === null) return fault("validate", "missing_currency", "currency", "no currency");
    const exponent = exponentFor(currency);
    if (exponent === null) return fault("validate", "unknown_currency", "currency", `"${currency.slice(0, 20)}"`);
    const amountMinor = readMinor(record, exponent);
    return isFault(amountMinor) ? amountMinor : { amountMinor, currency, exponent };
  };
}

type Amount = Exclude<TransactionMapping["amount"], "none">;

function minorReader(amount: Amount, format: FormatReader): (record: ParsedRecord, exponent: number) => bigint | Fault {
  if ("minor" in amount) {
    const get = format.getter(amount.minor);
    return (record) => integer(get(record));
  }
  const decimal = "decimal" in amount ? single(format.getter(amount.decimal)) : product(amount.product, format);
  return (record, exponent) => {
    const value = decimal(record);
    if (isFault(value)) return value;
    const minor = toMinor(value, exponent);
    return minor.ok ? minor.value : fault("validate", minor.error.code, "amount", minor.error.message);
  };
}

function integer(raw: unknown): bigint | Fault {
  if (raw === undefined || raw === null || raw === "")
    return fault("validate", "missing_amount", "amount", "no amount");
  if (typeof raw === "number") {
    if (isCardLike(raw)) return cardNumber();
    if (Number.isSafeInteger(raw)) return BigInt(raw);
    return fault(
      "validate",
      Number.isFinite(raw) ? "amount_not_exact" : "bad_amount",
      "amount",
      "not a whole number within 2^53",
    );
  }
  if (typeof raw !== "string" || !/^[+-]?\d{1,20}$/.test(raw))
    return fault("validate", "bad_amount", "amount", "not a whole number");
  if (isCardLike(raw)) return cardNumber();
  const checked = inRange(BigInt(raw));
  return checked.ok ? checked.value : fault("validate", checked.error.code, "amount", checked.error.message);
}

const cardNumber = (): Fault =>
  fault("validate", "card_number_in_amount", "amount", "reads as a card number, and is kept nowhere");

const single = (get: Getter) => (record: ParsedRecord) => decimalOf(get(record));

function product([first, second]: readonly [string, string], format: FormatReader) {
  const [a, b] = [format.getter(first), format.getter(second)];
  return (record: ParsedRecord): Decimal | Fault => {
    const [left, right] = [decimalOf(a(record)), decimalOf(b(record))];
    if (isFault(left)) return left;
    return isFault(right) ? right : multiplyDecimals(left, right);
  };
}

/** A double gives back what was written up to this many significant digits, and may not beyond. */
const EXACT_DIGITS_MAX = 15;

/** JSON numbers are read by their shortest text; one with more digits than a double surely keeps is refused. */
function decimalOf(raw: unknown): Decimal | Fault {
  if (raw === undefined || raw === null || raw === "")
    return fault("validate", "missing_amount", "amount", "no amount");
  if (typeof raw === "number" && (!Number.isFinite(raw) || Math.abs(raw) > Number.MAX_SAFE_INTEGER)) {
    return fault(
      "validate",
      Number.isFinite(raw) ? "amount_not_exact" : "bad_amount",
      "amount",
      "beyond 2^53; send text",
    );
  }
  if (typeof raw !== "number" && typeof raw !== "string")
    return fault("validate", "bad_amount", "amount", "not a number");
  const text = String(raw);
  if (isCardLike(text)) return cardNumber();
  if (typeof raw === "number" && digitsOf(text) > EXACT_DIGITS_MAX)
    return fault("validate", "amount_not_exact", "amount", "more digits than a JSON number keeps; send text");
  const parsed = parseDecimal(text);
  return parsed.ok ? parsed.value : fault("validate", parsed.error.code, "amount", parsed.error.message);
}

const digitsOf = (text: string): number => text.replace(/e.*$/, "").replace(/[-.]/g, "").replace(/^0+/, "").length;
