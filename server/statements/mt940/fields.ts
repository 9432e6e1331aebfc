import type { MoneyValue } from "../../domain/answer";
import { type BusinessDate, businessDate, dayNumberOf } from "../../domain/time";
import { type Exponents, readDecimal } from "../amounts";
import { nearestDate, shortDate } from "../dates";
import { type FaultPlace, refuse } from "../faults";
import type { Direction, StatementBalance } from "../model";

const BALANCE = /^([CD])(\d{6})([A-Z]{3})(\d+,?\d*|,\d+)$/;
/** Field 61 (SWIFT MT 940, User Handbook): value date, entry date, mark, funds code, amount, type, references. */
const LINE =
  /^(\d{6})(\d{4}|\s{4})?(RC|RD|EC|ED|C|D)([A-Z])?(\d+(?:,\d*)?|,\d+)(?![.,\d])([A-Z][A-Z0-9 ]{3})?(.*?)(?:\/\/(.*))?$/;
const FEBRUARY_30 = /^(\d{2})02(29|30)$/;

export interface StatementLine {
  readonly valueDate: BusinessDate;
  readonly bookingDate: BusinessDate;
  readonly bookingStated: boolean;
  readonly direction: Direction;
  readonly reversal: boolean;
  readonly amount: MoneyValue;
  readonly type: string | null;
  readonly customerReference: string | null;
  readonly bankReference: string | null;
}

/** SWIFT amounts have a decimal comma; some banks leave it off whole amounts. */
const decimalPoint = (text: string): string => text.replace(",", ".");

export function readBalance(tag: string, text: string, exponents: Exponents, where: FaultPlace): StatementBalance {
  const match = BALANCE.exec(text.replace(/\s+$/, ""));
  const [, mark = "", day = "", currency = "", digits = ""] = match ?? [];
  const date = match === null ? null : shortDate(day);
  if (match === null)
    return refuse("bad_line", `:${tag}: is not mark, date, currency and amount.`, where, { found: text });
  if (date === null) return refuse("bad_date", `:${tag}: has no real date.`, where, { found: day });
  const amount = readDecimal(decimalPoint(digits), currency, exponents, where);
  return { ...amount, amountMinor: mark === "D" ? -amount.amountMinor : amount.amountMinor, date, code: tag };
}

export const isStatementLine = (text: string): boolean => LINE.test(text);

export function readStatementLine(
  text: string,
  currency: string,
  exponents: Exponents,
  where: FaultPlace,
): StatementLine {
  const match = LINE.exec(text);
  if (match === null)
    return refuse("bad_line", ":61: is not value date, mark, amount and type.", where, { found: text });
  const [, day = "", entry, mark = "", , digits = "", type, reference, bankReference] = match;
  if (mark === "EC" || mark === "ED")
    refuse("bad_line", "An expected entry (EC, ED) has no place in a statement of booked entries.", where);
  const valueDate = readValueDate(day, where);
  const stated = entry !== undefined && entry.trim() !== "";
  return {
    valueDate,
    bookingDate: stated ? nearestDate(entry, valueDate, where) : valueDate,
    bookingStated: stated,
    // RC takes back a credit: the money goes out. RD takes back a debit.
    direction: mark === "C" || mark === "RD" ? "credit" : "debit",
    reversal: mark.startsWith("R"),
    amount: readDecimal(decimalPoint(digits), currency, exponents, where),
    type: type?.trim() ?? null,
    customerReference: reference ?? null,
    bankReference: bankReference ?? null,
  };
}

/** Banks that count interest by months of 30 days write 30 February as a value date: its month's last day is meant. */
function readValueDate(text: string, where: FaultPlace): BusinessDate {
  const date = shortDate(text);
  if (date !== null) return date;
  const match = FEBRUARY_30.exec(text);
  const firstOfMarch = match === null ? null : shortDate(`${match[1]}0301`);
  const day = firstOfMarch === null ? null : dayNumberOf(Number(firstOfMarch.slice(0, 4)), 3, 1);
  if (day === null) return refuse("bad_date", `"${text}" is not a value date YYMMDD.`, where, { found: text });
  return businessDate(day - 1);
}
