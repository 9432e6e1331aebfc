import { formatMinor } from "../../../domain/money";
import type { BusinessDate } from "../../../domain/time";
import type { Mt940Dialect } from "../accounts";
import { type BankLine, closingOf, magnitude, plainText, type StatementHeader } from "../lines";

/** Characters of a line of field 86 (SWIFT MT 940). */
const LINE_CHARS = 65;
/** Characters of a subfield (German banking industry, DFUE agreement, annex 3). */
const SUBFIELD_CHARS = 27;

const TYPES: Readonly<Record<string, string>> = { DIRECT_DEBIT: "NDDT", CHECK: "NCHK", STANDING_ORDER: "NSTO" };

/** A SWIFT customer statement in its blocks, amounts with a decimal comma, text in ASCII. */
export async function* writeMt940(
  header: StatementHeader,
  dialect: Mt940Dialect,
  lines: AsyncIterable<BankLine>,
): AsyncGenerator<string> {
  const { number, institution, date, sequence, openingMinor } = header;
  yield `{1:F01${institution.slice(0, 8)}AXXX0000000000}{2:I940${institution.slice(0, 8)}XXXXN}{4:\r\n`;
  yield `:20:${header.currency}${short(date)}\r\n:25:${number}\r\n:28C:${String(sequence).padStart(5, "0")}/001\r\n`;
  yield `:60F:${balance(header, openingMinor)}\r\n`;
  for await (const line of lines) yield entry(header, dialect, line);
  yield `:62F:${balance(header, closingOf(header))}\r\n-}\r\n`;
}

const short = (date: BusinessDate): string => date.slice(2).replaceAll("-", "");

/** "12,34"; a whole amount keeps its comma. */
function decimalComma({ exponent }: StatementHeader, minor: bigint): string {
  const text = formatMinor(magnitude(minor), exponent).replace(".", ",");
  return text.includes(",") ? text : `${text},`;
}

const balance = (header: StatementHeader, minor: bigint): string =>
  `${minor < 0n ? "D" : "C"}${short(header.date)}${header.currency}${decimalComma(header, minor)}`;

function entry(header: StatementHeader, dialect: Mt940Dialect, line: BankLine): string {
  const day = short(header.date);
  const mark = line.reversal ? (line.signedMinor < 0n ? "RC" : "RD") : line.signedMinor < 0n ? "D" : "C";
  const type = line.reversal ? "NRTI" : (TYPES[line.kind] ?? "NTRF");
  const own = dialect === "free" ? (line.shortReference ?? "NONREF") : "NONREF";
  const first = `:61:${day}${day.slice(2)}${mark}${decimalComma(header, line.signedMinor)}${type}${own}//${line.bankReference}\r\n`;
  return `${first}:86:${INFORMATION[dialect](line)}\r\n`;
}

const INFORMATION: Readonly<Record<Mt940Dialect, (line: BankLine) => string>> = {
  codewords: (line) => {
    const words = [
      ["RTRN", line.returnCode],
      ["EREF", line.reference],
      ["ACCW", line.partyAccount],
      ["NAME", line.party],
      ["REMI", line.text],
    ].filter(([, value]) => value !== null);
    return wrapped(`/TRTP/${line.kind}${words.map(([word, value]) => `/${word}/${plainText(value ?? "")}`).join("")}/`);
  },
  subfields: (line) => {
    const purpose = `${line.reference === null ? "" : `EREF+${line.reference}`}SVWZ+${plainText(line.text)}`;
    const purposes = pieces(purpose).map((piece, index) => `?${20 + index}${piece}`);
    const [name = "", more] = pieces(plainText(line.party));
    const account = line.partyAccount === null ? "" : `?31${line.partyAccount}`;
    const code = line.reversal ? "159?00RETOURE" : "166?00GUTSCHRIFT";
    const whole = `${code}${purposes.join("")}${account}?32${name}${more === undefined ? "" : `?33${more}`}`;
    return cut(whole, LINE_CHARS).join("\r\n");
  },
  free: (line) => wrapped(plainText(`${line.party} ${line.text}`)),
};

const cut = (text: string, chars: number): string[] =>
  Array.from({ length: Math.ceil(text.length / chars) }, (_, index) => text.slice(index * chars, (index + 1) * chars));

/** A piece that would end or begin with a space gives it to its neighbour's inside, where no reader trims it. */
function pieces(text: string): string[] {
  const found: string[] = [];
  for (let rest = text; rest !== ""; ) {
    let end = Math.min(SUBFIELD_CHARS, rest.length);
    while (end < rest.length && end > 1 && (rest[end] === " " || rest[end - 1] === " ")) end--;
    found.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return found;
}

/** Lines of 65 characters, broken at a space where one is near, which is what a shorter line stands for. */
function wrapped(text: string): string {
  const lines: string[] = [];
  for (let rest = text; rest !== ""; ) {
    const space = rest.lastIndexOf(" ", LINE_CHARS - 1);
    const whole = rest.length <= LINE_CHARS;
    const end = whole ? rest.length : space > 0 ? space : LINE_CHARS;
    lines.push(rest.slice(0, end));
    rest = whole ? "" : rest.slice(end + (space > 0 ? 1 : 0));
  }
  return lines.join("\r\n");
}
