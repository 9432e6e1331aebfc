import { isUtf8 } from "node:buffer";
import { parse as parseCsv } from "csv-parse/sync";
import { err, ok, type Result } from "../../domain/result";
import type { Format } from "../mapping/schema";
import type { RawRecord } from "../records";
import { type Fault, fault } from "./fault";

/** A record's fields, whatever its format: JSON as parsed, columns by number. */
export interface ParsedRecord {
  readonly json: Readonly<Record<string, unknown>> | null;
  readonly cells: readonly string[];
  /** Where it came from: its position is a field like any other. */
  readonly record: RawRecord;
  /** False where no text of the record can hold a NUL or a lone surrogate, because nothing in it is escaped. */
  readonly suspect: boolean;
}

/** The value at a path; undefined where there is none. */
export type Getter = (record: ParsedRecord) => unknown;

const DEPTH_MAX = 64;
const NO_CELLS: readonly string[] = [];
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [BRACE, BRACKET] = [0x7b, 0x5b];
const OPEN: ReadonlySet<number> = new Set([BRACE, BRACKET]);
const CLOSE: ReadonlySet<number> = new Set([0x7d, 0x5d]);

export interface FormatReader {
  parse(record: RawRecord): Result<ParsedRecord, Fault>;
  getter(path: string): Getter;
}

/** Compiles a format into a parser of raw bytes and a maker of getters. */
export function createFormatReader(format: Format, recordBytesMax: number): FormatReader {
  const columns = format.type === "json" ? [] : format.columns;
  const parseText = textParser(format);
  return {
    parse: (record) => {
      const size = record.bytesTotal ?? record.bytes.byteLength;
      if (size > recordBytesMax) {
        return err(fault("decode", "record_too_large", null, `${size} bytes; the limit is ${recordBytesMax}`));
      }
      if (!isUtf8(record.bytes)) return err(fault("decode", "bad_utf8", null, "not UTF-8"));
      const text = bufferOf(record.bytes).toString("utf8");
      if (format.type !== "csv" && tooDeep(text, record.bytes)) {
        return err(fault("decode", "nesting_too_deep", null, `nested deeper than ${DEPTH_MAX}`));
      }
      return parseText(text, record);
    },
    getter: (path) => {
      if (path === "position") return ({ record }) => placeOf(record);
      const index = columns.indexOf(path);
      if (index >= 0) return (record) => record.cells[index];
      return jsonGetter(path.split("."));
    },
  };
}

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Keys no object inherits are read without asking whose they are: these are the hottest lines of the decoder. */
function jsonGetter(keys: readonly string[]): Getter {
  const [first = "", second = ""] = keys;
  const plain = keys.every((key) => !(key in Object.prototype));
  if (plain && keys.length === 1) return (record) => record.json?.[first];
  if (plain && keys.length === 2) {
    return (record) => {
      const inner = record.json?.[first];
      return typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[second] : undefined;
    };
  }
  return (record) => keys.reduce<unknown>(own, record.json);
}

/** Own properties only, so that `constructor` or `__proto__` is never found by accident. */
function own(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

/** Text of a JSON scalar or a column; null for objects and lists, whose own `toString` may be anything. */
export function scalarText(raw: unknown): string | null {
  if (typeof raw === "string") return raw;
  return typeof raw === "number" || typeof raw === "boolean" ? String(raw) : null;
}

const placeOf = ({ partition, position }: RawRecord): string =>
  partition === undefined ? String(position) : `${partition}-${position}`;

function textParser(format: Format): (text: string, record: RawRecord) => Result<ParsedRecord, Fault> {
  if (format.type === "json") return (text, record) => parseJson(text, NO_CELLS, record);
  if (format.type === "csv") return (text, record) => parseLine(text, format.delimiter, format.columns.length, record);
  const where = Object.entries(format.where ?? {}).map(
    ([column, value]) => [format.columns.indexOf(column), value] as const,
  );
  return (text, record) => {
    const cells: string[] = [];
    let from = 0;
    for (const _ of format.columns) {
      const end = text.indexOf(format.delimiter, from);
      if (end < 0)
        return err(fault("decode", "bad_csv", null, `fewer than ${format.columns.length} columns before the JSON`));
      cells.push(text.slice(from, end));
      from = end + 1;
    }
    for (const [index, value] of where) {
      if (cells[index] !== value)
        return err(fault("decode", "unexpected_record", format.columns[index] ?? null, `is not ${value}`));
    }
    return parseJson(text.slice(from), cells, record);
  };
}

function parseJson(text: string, cells: readonly string[], record: RawRecord): Result<ParsedRecord, Fault> {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text);
  } catch {
    return err(fault("decode", "bad_json", null, "not one whole JSON value"));
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return err(fault("decode", "not_an_object", null, "JSON, but not an object"));
  }
  return ok({ json, cells, record, suspect: text.includes("\\") || text.includes("\0") });
}

function parseLine(text: string, delimiter: string, count: number, record: RawRecord): Result<ParsedRecord, Fault> {
  const cells = text.includes('"') ? quotedCells(text, delimiter) : text.split(delimiter);
  if (cells === null || cells.length !== count) {
    return err(
      fault("decode", "bad_csv", null, `${cells?.length ?? "unreadable"} columns where the mapping has ${count}`),
    );
  }
  return ok({ json: null, cells, record, suspect: text.includes("\0") });
}

function quotedCells(text: string, delimiter: string): string[] | null {
  try {
    const rows: string[][] = parseCsv(text, { delimiter, relax_column_count: true });
    return rows.length === 1 ? (rows[0] ?? null) : null;
  } catch {
    return null;
  }
}

/** Depth is counted on the bytes, before any parser sees them; few openings cannot be deep. */
function tooDeep(text: string, bytes: Uint8Array): boolean {
  if (openings(text) <= DEPTH_MAX) return false;
  let depth = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (inText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (OPEN.has(byte)) {
      if (++depth > DEPTH_MAX) return true;
    } else if (CLOSE.has(byte)) depth--;
  }
  return false;
}

/** Opening braces and brackets, wherever they stand; stops counting past the limit. */
function openings(text: string): number {
  let count = 0;
  for (let at = text.indexOf("{"); at >= 0 && count <= DEPTH_MAX; at = text.indexOf("{", at + 1)) count++;
  for (let at = text.indexOf("["); at >= 0 && count <= DEPTH_MAX; at = text.indexOf("[", at + 1)) count++;
  return count;
}
