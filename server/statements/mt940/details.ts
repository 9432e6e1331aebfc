import type { StatementReferences } from "../model";

/** What field 86 says of an entry, in whichever of its three dialects. */
export interface EntryInformation {
  readonly code: string | null;
  readonly text: string | null;
  readonly name: string | null;
  readonly account: string | null;
  readonly institution: string | null;
  readonly returnCode: string | null;
  readonly references: Partial<StatementReferences>;
}

/** A line this long was cut by the format and runs on in the next; SWIFT lines of field 86 have at most 65 characters. */
const LINE_CHARS = 65;

/** Joins the lines of field 86: a full line runs on, after a shorter one a space is due. */
export function joinLines(lines: readonly string[]): string {
  return lines.reduce((text, line, index) => {
    if (index === 0) return line;
    return (lines[index - 1] ?? "").length >= LINE_CHARS ? text + line : `${text} ${line}`;
  }, "");
}

export function readInformation(lines: readonly string[]): EntryInformation {
  const first = lines[0] ?? "";
  if (/^\s?\d{3}[?>@~<!+]\d{2}/.test(first)) return readSubfields(lines);
  if (/^\/[A-Z]{2,5}\//.test(first)) return readCodewords(joinLines(lines));
  return { ...NOTHING, text: blankToNull(joinLines(lines)) };
}

const NOTHING: EntryInformation = {
  code: null,
  text: null,
  name: null,
  account: null,
  institution: null,
  returnCode: null,
  references: {},
};

const blankToNull = (text: string): string | null => (text.trim() === "" ? null : text.trim());

/**
 * "166?00GUTSCHRIFT?20EREF+...": business code, then subfields of two digits after a separator the file chooses
 * (German banking industry, DFUE agreement, annex 3, field 86). Lines are cut anywhere, so they are joined as they are.
 */
function readSubfields(lines: readonly string[]): EntryInformation {
  const whole = lines.join("").trimStart();
  const code = whole.slice(0, 3);
  const separator = whole.charAt(3);
  const fields = new Map<number, string>();
  for (const part of whole.slice(4).split(separator)) {
    const match = /^(\d{2})(.*)$/.exec(part);
    // A separator inside a text begins no subfield.
    if (match === null) {
      const last = [...fields.keys()].at(-1);
      if (last !== undefined) fields.set(last, `${fields.get(last)}${separator}${part}`);
    } else fields.set(Number(match[1]), `${fields.get(Number(match[1])) ?? ""}${match[2]}`);
  }
  const range = (from: number, to: number): string =>
    [...fields]
      .filter(([key]) => key >= from && key <= to)
      .sort(([a], [b]) => a - b)
      .map(([, text]) => text)
      .join("");
  const purpose = range(20, 29) + range(60, 63);
  const sepa = readSepaKeywords(purpose);
  return {
    code,
    text: blankToNull([fields.get(0) ?? "", sepa.text].filter((part) => part.trim() !== "").join(" ")),
    name: blankToNull((fields.get(32) ?? "") + (fields.get(33) ?? "")),
    account: blankToNull(fields.get(31) ?? fields.get(38) ?? ""),
    institution: blankToNull(fields.get(30) ?? ""),
    returnCode: null,
    references: sepa.references,
  };
}

const SEPA_KEYWORDS = /(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC|PURP|RREF)\+/g;

/** SEPA keywords inside the purpose: EREF+ end-to-end id, KREF+ customer reference, MREF+ mandate, SVWZ+ text. */
function readSepaKeywords(purpose: string): { text: string; references: Partial<StatementReferences> } {
  const values = new Map<string, string>();
  const marks = [...purpose.matchAll(SEPA_KEYWORDS)];
  for (const [index, mark] of marks.entries()) {
    const value = purpose.slice(mark.index + mark[0].length, marks[index + 1]?.index ?? purpose.length);
    const keyword = mark[1] ?? "";
    if (!values.has(keyword)) values.set(keyword, value.trim());
  }
  const before = purpose.slice(0, marks[0]?.index ?? purpose.length);
  return {
    text: [before.trim(), values.get("SVWZ") ?? ""].filter((part) => part !== "").join(" "),
    references: {
      endToEndId: values.get("EREF") ?? null,
      customerReference: values.get("KREF") ?? null,
      mandateId: values.get("MREF") ?? null,
    },
  };
}

const CODEWORDS = [
  "TRTP",
  "TRCD",
  "TYPE",
  "IBAN",
  "BIC",
  "NAME",
  "EREF",
  "PREF",
  "REMI",
  "USTD",
  "STRD",
  "CNTP",
  "MARF",
  "CSID",
  "ORDP",
  "BENM",
  "ID",
  "ADDR",
  "ISDT",
  "RTRN",
  "ACCW",
  "CREF",
  "SVCL",
  "ULTD",
  "ULTB",
  "ULTC",
  "PURP",
  "RCMT",
  "CD",
  "OCMT",
  "IREF",
  "SWOC",
  "BUSP",
  "FX",
  "CHGS",
  "EXCH",
  "PT",
] as const;
const CODEWORD = new RegExp(`/(${CODEWORDS.join("|")})/`, "g");

/**
 * "/EREF/.../BENM//NAME/.../REMI/...": code words between slashes, as Dutch and Belgian banks write them. A word they do
 * not use begins no value, so a slash in a text does no harm.
 */
function readCodewords(text: string): EntryInformation {
  const values = new Map<string, string>();
  const marks = [...text.matchAll(CODEWORD)];
  for (const [index, mark] of marks.entries()) {
    const value = text.slice(mark.index + mark[0].length, marks[index + 1]?.index ?? text.length);
    const word = mark[1] ?? "";
    if (!values.has(word) && value.trim() !== "") values.set(word, value.replace(/^\/+|\/+$/g, "").trim());
  }
  const get = (...words: string[]): string | null =>
    words.reduce<string | null>((found, word) => found ?? blankToNull(values.get(word) ?? ""), null);
  const [account, institution, name] = (get("CNTP") ?? "").split("/");
  return {
    code: get("TRCD", "TRTP", "TYPE"),
    text: get("REMI", "USTD", "STRD") ?? text,
    name: get("NAME") ?? blankToNull(name ?? ""),
    account: get("IBAN", "ACCW") ?? blankToNull(account ?? ""),
    institution: get("BIC") ?? blankToNull(institution ?? ""),
    returnCode: get("RTRN"),
    references: { endToEndId: get("EREF"), mandateId: get("MARF"), instructionId: get("PREF") },
  };
}
