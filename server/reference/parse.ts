import { isUtf8 } from "node:buffer";
import { CsvError, parse as parseCsv } from "csv-parse/sync";
import { maskCardNumbersInText } from "../domain/card";
import { err, ok, type Result } from "../domain/result";
import { type CellValue, TableBuffer } from "../lake/table-buffer";
import type { ReferenceColumn, ReferenceFile } from "./files";

/** Larger files are refused before they are read. */
export const REFERENCE_BYTES_MAX = 256 * 1024 * 1024;
const FAULTS_TOLD_MAX = 100;
const VALUE_CHARS_TOLD = 40;

export interface ReferenceFault {
  /** Line of the file, 1 for the header; null where the file as a whole is at fault. */
  readonly line: number | null;
  readonly column: string | null;
  readonly message: string;
}

export interface RefusedFile {
  /** The first faults, in the order of the file. */
  readonly faults: readonly ReferenceFault[];
  readonly faultCount: number;
}

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** Reads and checks a whole reference file (CSV with a header, UTF-8). Either every row is sound or every fault is told. */
export function parseReference(file: ReferenceFile, bytes: Uint8Array): Result<TableBuffer, RefusedFile> {
  const faults = new Faults();
  if (!isUtf8(bytes)) return refused(faults.add(null, null, "is not UTF-8"));
  const lines = readLines(bytes, faults);
  const [header, ...records] = lines ?? [];
  if (lines === null) return refused(faults);
  if (header === undefined) return refused(faults.add(null, null, "is empty; it needs a header line"));
  const columns = columnsOf(file, header.record, faults);
  if (faults.count > 0) return refused(faults);
  const buffer = new TableBuffer(file.table);
  const seen = new Map<string, number>();
  for (const { record, info } of records) {
    const cells = readCells(columns, record, info.lines, faults);
    if (cells === null) continue;
    const fault = file.fault?.(cells) ?? null;
    if (fault !== null) {
      faults.add(info.lines, fault.column, fault.message);
      continue;
    }
    const row = file.row(cells);
    const key = row === null ? null : row.slice(0, file.keyCells ?? 1).join("|");
    const first = key === null ? undefined : seen.get(key);
    if (row === null || key === null) {
      faults.add(info.lines, file.identity.join(" or "), "is missing");
    } else if (first !== undefined) {
      faults.add(info.lines, file.identity[0] ?? null, `names the same row as line ${first}`);
    } else {
      seen.set(key, info.lines);
      if (faults.count === 0) buffer.push(row);
    }
  }
  return faults.count > 0 ? refused(faults) : ok(buffer);
}

function readLines(bytes: Uint8Array, faults: Faults): CsvRecord[] | null {
  try {
    return parseCsv(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as CsvRecord[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    faults.add(typeof error.lines === "number" ? error.lines : null, null, `is not CSV: ${tellable(error.message)}`);
    return null;
  }
}

function columnsOf(file: ReferenceFile, header: readonly string[], faults: Faults): (ReferenceColumn | undefined)[] {
  const known = new Map(file.columns.map((column) => [column.name, column]));
  header.forEach((name, index) => {
    if (!known.has(name)) faults.add(1, name, `is not a column of ${file.name}: ${[...known.keys()].join(", ")}`);
    else if (header.indexOf(name) !== index) faults.add(1, name, "stands twice in the header");
  });
  for (const { name, required } of file.columns) {
    if (required && !header.includes(name)) faults.add(1, name, "is missing from the header");
  }
  if (!file.identity.some((name) => header.includes(name)))
    faults.add(1, file.identity.join(" or "), "is missing from the header");
  return header.map((name) => known.get(name));
}

function readCells(
  columns: readonly (ReferenceColumn | undefined)[],
  record: readonly string[],
  line: number,
  faults: Faults,
): Map<string, CellValue> | null {
  if (record.length !== columns.length) {
    faults.add(line, null, `has ${record.length} columns where the header has ${columns.length}`);
    return null;
  }
  const cells = new Map<string, CellValue>();
  const before = faults.count;
  columns.forEach((column, index) => {
    const text = record[index] ?? "";
    if (column === undefined) return;
    if (text === "") {
      if (column.required) faults.add(line, column.name, "is empty");
      return;
    }
    const value = column.read(text);
    if (value.ok) cells.set(column.name, value.value);
    else faults.add(line, column.name, column.name === "card_number" ? value.error : `${quoted(text)} ${value.error}`);
  });
  return faults.count === before ? cells : null;
}

const tellable = (text: string) => maskCardNumbersInText(text.replace(/\s+/g, " "));
const quoted = (text: string) => `"${tellable(text).slice(0, VALUE_CHARS_TOLD)}"`;
const refused = (faults: Faults) => err({ faults: faults.told, faultCount: faults.count });

class Faults {
  readonly told: ReferenceFault[] = [];
  count = 0;

  add(line: number | null, column: string | null, message: string): this {
    this.count++;
    if (this.told.length < FAULTS_TOLD_MAX) this.told.push({ line, column, message });
    return this;
  }
}
