import { type BusinessDate, businessDate, dayNumber } from "../../domain/time";
import { type Exponents, readMinor } from "../amounts";
import { shortDate } from "../dates";
import { type FaultPlace, refuse } from "../faults";
import type { StatementEntry, StatementReferences } from "../model";
import type { SourceFacts } from "../parser";
import type { FieldCursor } from "./records";

const DISTRIBUTIONS_MAX = 1_000;

export interface Funds {
  readonly valueDate: BusinessDate | null;
  readonly availability: StatementEntry["availability"];
}

/**
 * Reads the fields that belong to a funds type (BAI2 specification, Cash Management Balance Reporting, 2005): 0, 1, 2
 * days; S immediate, one day, two and more; V value date and time; D a number of pairs of days and amount; Z unknown.
 */
export function readFunds(
  type: string,
  amountMinor: bigint,
  fields: FieldCursor,
  currency: string,
  exponents: Exponents,
  where: FaultPlace,
): Funds {
  const minor = (): bigint => {
    const text = fields.next();
    return text === "" ? 0n : readMinor(text, currency, exponents, where).amountMinor;
  };
  switch (type) {
    case "":
    case "Z":
      return { valueDate: null, availability: [] };
    case "0":
    case "1":
    case "2":
      return { valueDate: null, availability: [{ days: Number(type), amountMinor }] };
    case "S":
      return { valueDate: null, availability: [0, 1, 2].map((days) => ({ days, amountMinor: minor() })) };
    case "V": {
      const date = fields.next();
      fields.next();
      return { valueDate: readDate(date, where), availability: [] };
    }
    case "D": {
      const count = Number(fields.next());
      if (!Number.isInteger(count) || count < 0 || count > DISTRIBUTIONS_MAX)
        refuse("bad_field", "The number of distributions is no number.", where);
      const availability = Array.from({ length: count }, () => {
        const days = fields.next();
        if (!/^\d{1,4}$/.test(days)) refuse("bad_field", `"${days}" is no number of days.`, where, { found: days });
        return { days: Number(days), amountMinor: minor() };
      });
      return { valueDate: null, availability };
    }
    default:
      return refuse("bad_field", `"${type}" is no funds type.`, where, {
        expected: "0, 1, 2, S, V, D or Z",
        found: type,
      });
  }
}

function readDate(text: string, where: FaultPlace): BusinessDate | null {
  if (text === "") return null;
  return shortDate(text) ?? refuse("bad_date", `"${text}" is not a date YYMMDD.`, where, { found: text });
}

/** The as-of date of a group; 2400 and 9999 are the end of that same day, so the time changes nothing. */
export function readAsOf(text: string, where: FaultPlace): BusinessDate {
  const day = readDate(text, where) ?? refuse("missing_date", "The group has no as-of date.", where);
  return businessDate(dayNumber(day));
}

/** Detail codes: 100 to 399 credits, 400 to 699 debits, 890 a message; 700 and 900 are the bank's own to define. */
export function directionOf(
  code: string,
  own: SourceFacts["typeCodes"],
  where: FaultPlace,
): "credit" | "debit" | "information" {
  const stated = own !== undefined && Object.hasOwn(own, code) ? own[code] : undefined;
  if (stated !== undefined) return stated;
  const number = /^\d{3}$/.test(code) ? Number(code) : 0;
  if (number >= 100 && number <= 399) return "credit";
  if (number >= 400 && number <= 699) return "debit";
  if (number === 890) return "information";
  // Custom ranges of the specification: 920 to 959 credits, 960 to 999 debits.
  if (number >= 920 && number <= 959) return "credit";
  if (number >= 960 && number <= 999) return "debit";
  return refuse("unknown_type_code", `The type code ${code} is neither credit nor debit.`, where, { found: code });
}

/**
 * Type codes that take an earlier booking back (BAI2 specification, appendix A): ACH return items 168, 257, 468, 557 and
 * reversals 258, 558, debit reversal 252, credit reversal 552, checks and deposited items returned 255, 555.
 */
const RETURNS: ReadonlySet<string> = new Set(["168", "252", "255", "257", "258", "468", "552", "555", "557", "558"]);

export const isReturn = (code: string): boolean => RETURNS.has(code);

const LABELS: Readonly<Record<string, "endToEndId" | "instructionId" | "name" | "account" | "institution" | "text">> = {
  EREF: "endToEndId",
  CREF: "instructionId",
  TRID: "instructionId",
  CRNM: "name",
  DBNM: "name",
  CACT: "account",
  DACT: "account",
  CABA: "institution",
  DABA: "institution",
  CBIC: "institution",
  DBIC: "institution",
  REMI: "text",
};

export interface TextFacts {
  readonly references: Partial<StatementReferences>;
  readonly name: string | null;
  readonly account: string | null;
  readonly institution: string | null;
  readonly text: string | null;
}

/**
 * Reads the labels several banks put at the beginning of text lines ("EREF: ...", "CRNM: ..."). The party is the creditor
 * of a debit and the debtor of a credit; every line stays part of the text.
 */
export function readText(lines: readonly string[], credit: boolean): TextFacts {
  const found = new Map<string, string>();
  for (const line of lines) {
    const match = /^([A-Z]{4}): ?(.*)$/.exec(line);
    if (match !== null && !found.has(match[1] ?? "")) found.set(match[1] ?? "", (match[2] ?? "").trim());
  }
  const side = credit ? "D" : "C";
  const get = (target: string): string | null => {
    for (const [label, value] of found) {
      const party = target === "name" || target === "account" || target === "institution";
      if (LABELS[label] === target && value !== "" && (!party || label.startsWith(side))) return value;
    }
    return null;
  };
  return {
    references: { endToEndId: get("endToEndId"), instructionId: get("instructionId") },
    name: get("name"),
    account: get("account"),
    institution: get("institution"),
    text: lines.length === 0 ? null : lines.join(" "),
  };
}
