import { Readable } from "node:stream";
import { parse as parseCsv } from "csv-parse/sync";
import { createFormatReader, type FormatReader, type ParsedRecord } from "../../pipeline/decode/format";
import { splitRecords } from "../../sources/landing/splitter";
import { refuse } from "../faults";
import { type Charset, decodeLine } from "../lines";
import type { Input } from "../parser";

const ROW_BYTES_MAX = 64 * 1024;
const COLUMNS_MAX = 1_000;

export interface CsvOptions {
  /** Null: whichever of comma, semicolon and tab the header has most of. */
  readonly delimiter: string | null;
  readonly charset: Charset;
  /** Records before the header (or the first row) that belong to no table. */
  readonly skip: number;
  /** Names of all columns where the file has no header; null to read it. */
  readonly columns: readonly string[] | null;
}

export interface CsvRow {
  readonly record: ParsedRecord;
  /** 1 for the first record of the file, the header among them. */
  readonly row: number;
}

export interface CsvTable {
  readonly columns: readonly string[];
  readonly format: FormatReader;
}

/**
 * Reads CSV (RFC 4180) row by row. `start` is told the columns before the first row. Every row has the header's number
 * of columns, or the file is refused.
 */
export async function* readRows(
  input: Input,
  options: CsvOptions,
  start: (table: CsvTable) => void,
): AsyncGenerator<readonly CsvRow[]> {
  let row = 0;
  let table: CsvTable | null = null;
  const splitting = { quoted: true, delimiter: options.delimiter ?? ",", keepBytesMax: ROW_BYTES_MAX };
  for await (const records of splitRecords(Readable.from(input.chunks), splitting)) {
    const rows: CsvRow[] = [];
    for (const { bytes, bytesTotal } of records) {
      row++;
      if (row <= options.skip) continue;
      if (bytesTotal > ROW_BYTES_MAX) refuse("line_too_long", `Row ${row} has ${bytesTotal} bytes.`, { row });
      const utf8 = options.charset === "utf-8" ? bytes : Buffer.from(decodeLine(bytes, options.charset, row), "utf8");
      if (table === null) {
        const opened = openTable(utf8, row, options);
        table = opened.table;
        start(table);
        if (opened.header) continue;
      }
      const parsed = table.format.parse({ bytes: utf8, position: BigInt(row) });
      if (!parsed.ok)
        refuse(
          parsed.error.code === "bad_utf8" ? "bad_characters" : "bad_line",
          `Row ${row}: ${parsed.error.message}.`,
          { row },
        );
      rows.push({ record: parsed.value, row });
    }
    yield rows;
  }
  if (table === null) refuse("empty_file", "The file holds no header and no row.", {});
}

function openTable(bytes: Buffer, row: number, options: CsvOptions): { table: CsvTable; header: boolean } {
  const text = decodeLine(bytes, "utf-8", row);
  const delimiter = options.delimiter ?? likelyDelimiter(text);
  const columns = options.columns ?? headerOf(text, delimiter, row);
  const twice = columns.find((name, index) => name !== "" && columns.indexOf(name) !== index);
  if (twice !== undefined) refuse("bad_structure", `The column "${twice}" stands there twice.`, { row });
  if (columns.length > COLUMNS_MAX) refuse("too_complex", `More than ${COLUMNS_MAX} columns.`, { row });
  const format = createFormatReader(
    { type: "csv", delimiter, columns: [...columns], header: false },
    ROW_BYTES_MAX * 3,
  );
  return { table: { columns, format }, header: options.columns === null };
}

function headerOf(text: string, delimiter: string, row: number): string[] {
  try {
    const rows: string[][] = parseCsv(text, { delimiter, relax_column_count: true });
    return (rows[0] ?? []).map((name) => name.trim());
  } catch {
    return refuse("bad_line", "The header is not a line of CSV.", { row });
  }
}

function likelyDelimiter(header: string): string {
  const counts = [",", ";", "\t"].map((delimiter) => [delimiter, header.split(delimiter).length] as const);
  return counts.reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

/** Cells by column name, the trimmed text or null where empty; refuses a table that lacks a column it needs. */
export function cellReader(table: CsvTable, needed: readonly string[]): (row: CsvRow, column: string) => string | null {
  const missing = needed.filter((name) => !table.columns.includes(name));
  if (missing.length > 0)
    refuse(
      "bad_structure",
      `The report lacks the column ${missing.join(", ")}.`,
      { row: 1 },
      {
        expected: missing.join(", "),
        found: table.columns.join(", "),
      },
    );
  const indexes = new Map(table.columns.map((name, index) => [name, index]));
  return ({ record }, column) => {
    const index = indexes.get(column);
    const text = index === undefined ? "" : (record.cells[index] ?? "").trim();
    return text === "" ? null : text;
  };
}

/**
 * A file none of whose totals could be checked must at least end with a whole line: a last line that was cut in an
 * amount reads like a smaller amount.
 */
export function refuseOpenEnd(input: Input, row: number): void {
  if (!input.endsWithNewline())
    refuse("truncated_file", "The last line has no line ending, and no total of the file shows that it is whole.", {
      row,
    });
}
