import { createHash } from "node:crypto";
import { maskCardNumbersInText } from "../../domain/card";
import { parseDecimal } from "../../domain/money";
import type { FieldRule } from "../mapping/schema";
import { type Fault, fault } from "./fault";
import { type FormatReader, type ParsedRecord, scalarText } from "./format";

const TEXT_CHARS_MAX = 1_024;
const CARD_DIGITS_MIN = 13;
const [SPACE, ZERO, NINE] = [0x20, 0x30, 0x39];

/** Reads one text field: a text, null where it is absent or empty, or a fault. */
export type FieldReader = (record: ParsedRecord) => string | null | Fault;

export const isFault = (value: unknown): value is Fault =>
  typeof value === "object" && value !== null && "code" in value;

const NOTHING: FieldReader = () => null;

/** Compiles a field rule. What comes out is checked text in which no card number is left. */
export function compileField(name: string, rule: FieldRule | undefined, format: FormatReader): FieldReader {
  if (rule === undefined) return NOTHING;
  if (typeof rule === "string") return fromPath(name, rule, format);
  if ("constant" in rule) return () => rule.constant;
  if ("template" in rule) return fromTemplate(name, rule.template, format);
  if ("cases" in rule) return fromCases(name, rule, format);
  const read = fromPath(name, rule.from, format, rule.strip_quotes === true, rule.strip_suffix);
  const { map, otherwise } = rule;
  const fallback = rule.default ?? null;
  return (record) => {
    const value = read(record);
    if (value === null) return fallback;
    if (isFault(value) || map === undefined) return value;
    if (Object.hasOwn(map, value)) return map[value] ?? null;
    return otherwise ?? fault("map", "unmapped_value", name, `"${value.slice(0, 60)}" is not in the value map`);
  };
}

function fromPath(name: string, path: string, format: FormatReader, stripQuotes = false, suffix?: string): FieldReader {
  const get = format.getter(path);
  return (record) => {
    const raw = get(record);
    if (raw === undefined || raw === null) return null;
    let text = scalarText(raw);
    if (text === null) return fault("map", "bad_text", name, "is an object or a list where a text belongs");
    if (stripQuotes) text = text.replace(/^(["'])(.*)\1$/, "$2");
    if (suffix !== undefined && text.endsWith(suffix)) text = text.slice(0, -suffix.length);
    return isBlank(text) ? null : checkedText(name, text, record.suspect);
  };
}

const isBlank = (text: string): boolean => text === "" || (text.charCodeAt(0) <= SPACE && text.trim() === "");

function checkedText(name: string, text: string, suspect: boolean): string | Fault {
  if (text.length > TEXT_CHARS_MAX)
    return fault("validate", "bad_text", name, `longer than ${TEXT_CHARS_MAX} characters`);
  if (suspect && (!text.isWellFormed() || text.includes("\0")))
    return fault("validate", "bad_text", name, "holds a lone surrogate or a NUL");
  return mayHoldCardNumber(text) ? withoutCardNumber(text) : text;
}

/** False for most texts after one look, which is cheaper than the search it spares. */
function mayHoldCardNumber(text: string): boolean {
  const { length } = text;
  if (length < CARD_DIGITS_MIN) return false;
  let digits = 0;
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= ZERO && unit <= NINE && ++digits === CARD_DIGITS_MIN) return true;
  }
  return false;
}

/** A card number inside an identifier is masked, and a digest keeps different identifiers different. */
export function withoutCardNumber(text: string): string {
  const masked = maskCardNumbersInText(text);
  if (masked === text) return text;
  return `${masked}~${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

function fromTemplate(name: string, template: string, format: FormatReader): FieldReader {
  const parts = template.split(/\{([^}]+)\}/);
  const readers = parts.map((part, index) => (index % 2 === 1 ? fromPath(name, part, format) : () => part));
  return (record) => {
    let text = "";
    for (const read of readers) {
      const value = read(record);
      if (isFault(value)) return value;
      // A key of several columns of which one is missing names nothing.
      if (value === null) return null;
      text += value;
    }
    return checkedText(name, text, record.suspect);
  };
}

/** Sign of a decimal number's text; null where it is none. */
function signOf(text: string): "negative" | "zero" | "positive" | null {
  const parsed = parseDecimal(text);
  if (!parsed.ok) return null;
  const { unscaled } = parsed.value;
  return unscaled === 0n ? "zero" : unscaled < 0n ? "negative" : "positive";
}

type CasesRule = Extract<FieldRule, { cases: unknown }>;

function fromCases(name: string, rule: CasesRule, format: FormatReader): FieldReader {
  const cases = rule.cases.map(({ when, value }) => {
    const read = fromPath(name, when.field, format);
    const { starts_with: prefix, equals, one_of: list, sign, is_empty: empty } = when;
    const test = (text: string | null): boolean => {
      if (prefix !== undefined) return text?.startsWith(prefix) === true;
      if (equals !== undefined) return text === equals;
      if (list !== undefined) return text !== null && list.includes(text);
      if (sign !== undefined) return text !== null && signOf(text) === sign;
      return (text === null) === empty;
    };
    return { read, test, value };
  });
  return (record) => {
    for (const { read, test, value } of cases) {
      const text = read(record);
      if (isFault(text)) return text;
      if (test(text)) return value;
    }
    return rule.otherwise ?? fault("map", "unmapped_value", name, "no case applies");
  };
}
