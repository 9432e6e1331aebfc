import { refuse } from "../faults";
import type { Line } from "../lines";
import { decodeLine } from "../lines";

export const RECORD_COLUMNS = 94;

/** Columns that must be there for each record type; what is missing behind them was cut-off blanks. */
const COLUMNS_MIN: Readonly<Record<string, number>> = { "1": 40, "5": 94, "6": 94, "7": 94, "8": 94, "9": 55 };

export interface NachaRecord {
  /** 94 characters. */
  readonly text: string;
  readonly type: string;
  /** 1 for the first record of the file. */
  readonly number: number;
}

/**
 * The records of one line: one of 94 columns, or several where a file has no line endings. Text is ASCII by the rules;
 * a line of 94 bytes is read as Latin-1, so that a stray accent moves no column, one of 94 characters as UTF-8.
 */
export function recordsOf(line: Line, before: number): NachaRecord[] {
  const { bytes } = line;
  const utf8 = decodeLine(bytes, null, line.number);
  const text = bytes.length % RECORD_COLUMNS === 0 ? bytes.toString("latin1") : utf8;
  const records: NachaRecord[] = [];
  for (let from = 0; from < text.length; from += RECORD_COLUMNS) {
    const record = text.slice(from, from + RECORD_COLUMNS);
    if (record.trim() === "") continue;
    const number = before + records.length + 1;
    const type = record.charAt(0);
    const min = COLUMNS_MIN[type];
    const where = { line: line.number, row: number };
    if (min === undefined)
      refuse("bad_line", `A record begins with "${type}".`, where, { expected: "1, 5, 6, 7, 8 or 9", found: type });
    if (record.length < min)
      refuse("truncated_file", `The record has ${record.length} of ${RECORD_COLUMNS} columns.`, where, {
        expected: RECORD_COLUMNS,
        found: record.length,
      });
    records.push({ text: record.padEnd(RECORD_COLUMNS), type, number });
  }
  return records;
}

/** Columns `from` to `to` as the rules count them: from 1, both ends in. */
export const columns = (record: NachaRecord, from: number, to: number): string => record.text.slice(from - 1, to);

/** A number field: digits only. */
export function numberIn(record: NachaRecord, from: number, to: number, name: string): bigint {
  const text = columns(record, from, to);
  if (!/^\d+$/.test(text))
    refuse("bad_field", `The ${name} is no number.`, { row: record.number, path: name }, { found: text });
  return BigInt(text);
}
