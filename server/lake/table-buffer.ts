import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  INTEGER,
  TIMESTAMPTZ,
  VARCHAR,
} from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";
import { invariant } from "../domain/errors";
import type { ColumnSpec, ColumnType, TableSpec } from "./types";

/** string and binary as they are, bigint and timestamp (microseconds) as bigint, date as days since 1970-01-01. */
export type CellValue = string | bigint | number | boolean | Uint8Array | null;

/** DuckDB's vector size: a data chunk never holds more rows. */
const CHUNK_ROWS = 2048;
/** A DuckDB string of at most this many bytes lives inside its 16-byte slot (string_t), so it can be copied in bulk. */
const INLINE_BYTES_MAX = 12;
const SLOT_BYTES = 16;

const DUCKDB_TYPES: Readonly<Record<ColumnType, DuckDBType>> = {
  string: VARCHAR,
  bigint: BIGINT,
  int: INTEGER,
  double: DOUBLE,
  boolean: BOOLEAN,
  timestamp: TIMESTAMPTZ,
  date: DATE,
  binary: BLOB,
};

export const duckDbTypeName = (type: ColumnType): string =>
  ({
    string: "VARCHAR",
    bigint: "BIGINT",
    int: "INTEGER",
    double: "DOUBLE",
    boolean: "BOOLEAN",
    timestamp: "TIMESTAMPTZ",
    date: "DATE",
    binary: "BLOB",
  })[type];

/**
 * Rows of one table as columns, on their way into DuckDB. `columns[i]` follows `spec.columns[i]`;
 * a writer pushes one value to every column for each row.
 */
export class TableBuffer {
  readonly spec: TableSpec;
  readonly columns: CellValue[][];

  constructor(spec: TableSpec) {
    this.spec = spec;
    this.columns = spec.columns.map(() => []);
  }

  get rows(): number {
    return this.columns[0]?.length ?? 0;
  }

  /** Adds one row given in the order of `spec.columns`. */
  push(row: readonly CellValue[]): void {
    invariant(row.length === this.columns.length, `${this.spec.name}: a row has ${row.length} values`);
    for (let index = 0; index < row.length; index++) {
      this.columns[index]?.push(row[index] ?? null);
    }
  }

  /** Creates `stageName` as a temporary table and copies all rows into it. */
  async stage(connection: DuckDBConnection, stageName: string): Promise<void> {
    const columns = this.spec.columns.map((column) => `"${column.name}" ${duckDbTypeName(column.type)}`);
    await connection.run(`CREATE OR REPLACE TEMP TABLE "${stageName}" (${columns.join(", ")})`);
    const appender = await connection.createAppender(stageName);
    const types = this.spec.columns.map((column) => DUCKDB_TYPES[column.type].toLogicalType().logical_type);
    try {
      for (let from = 0; from < this.rows; from += CHUNK_ROWS) {
        appender.appendDataChunk(this.chunk(types, from, Math.min(CHUNK_ROWS, this.rows - from)));
      }
      appender.flushSync();
    } finally {
      appender.closeSync();
    }
  }

  private chunk(types: duckdb.LogicalType[], from: number, count: number): DuckDBDataChunk {
    const chunk = duckdb.create_data_chunk(types);
    duckdb.data_chunk_set_size(chunk, count);
    for (let index = 0; index < this.columns.length; index++) {
      const column = this.spec.columns[index];
      const values = this.columns[index];
      invariant(column !== undefined && values !== undefined, `${this.spec.name}: column ${index}`);
      fillVector(duckdb.data_chunk_get_vector(chunk, index), column, values, from, count);
    }
    return new DuckDBDataChunk(chunk);
  }
}

function fillVector(
  vector: duckdb.Vector,
  column: ColumnSpec,
  values: readonly CellValue[],
  from: number,
  count: number,
): void {
  switch (column.type) {
    case "string":
      fillStrings(vector, values, from, count);
      break;
    case "binary":
      for (let row = 0; row < count; row++) {
        const value = values[from + row];
        if (value instanceof Uint8Array) duckdb.vector_assign_string_element_len(vector, row, value);
      }
      break;
    case "bigint":
    case "timestamp":
      fillNumbers(vector, bigints, values, from, count);
      break;
    case "double":
      fillNumbers(vector, doubles, values, from, count);
      break;
    case "int":
    case "date":
      fillNumbers(vector, ints, values, from, count);
      break;
    case "boolean":
      for (let row = 0; row < count; row++) booleans[row] = values[from + row] === true ? 1 : 0;
      duckdb.copy_data_to_vector(vector, 0, booleans.buffer, 0, count);
      break;
  }
  fillValidity(vector, column, values, from, count);
}

// One set of scratch arrays for the process: a chunk is filled synchronously.
const bigints = new BigInt64Array(CHUNK_ROWS);
const doubles = new Float64Array(CHUNK_ROWS);
const ints = new Int32Array(CHUNK_ROWS);
const booleans = new Uint8Array(CHUNK_ROWS);
const slots = new Uint8Array(CHUNK_ROWS * SLOT_BYTES);
const slotLengths = new Uint32Array(slots.buffer);
const validity = new Uint8Array(CHUNK_ROWS / 8);

function fillNumbers(
  vector: duckdb.Vector,
  scratch: BigInt64Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>,
  values: readonly CellValue[],
  from: number,
  count: number,
): void {
  if (scratch instanceof BigInt64Array) {
    for (let row = 0; row < count; row++) {
      const value = values[from + row];
      scratch[row] = typeof value === "bigint" ? value : 0n;
    }
  } else {
    for (let row = 0; row < count; row++) {
      const value = values[from + row];
      scratch[row] = typeof value === "number" ? value : 0;
    }
  }
  duckdb.copy_data_to_vector(vector, 0, scratch.buffer, 0, count * scratch.BYTES_PER_ELEMENT);
}

/** Short ASCII strings go in as whole slots; the others one by one afterwards, over their empty slots. */
function fillStrings(vector: duckdb.Vector, values: readonly CellValue[], from: number, count: number): void {
  slotLengths.fill(0, 0, count * 4);
  const long: number[] = [];
  for (let row = 0; row < count; row++) {
    const value = values[from + row];
    if (typeof value === "string" && value.length > 0 && !inlineAscii(value, row * SLOT_BYTES)) long.push(row);
  }
  duckdb.copy_data_to_vector(vector, 0, slots.buffer, 0, count * SLOT_BYTES);
  for (const row of long) {
    const value = values[from + row];
    if (typeof value !== "string") continue;
    // The plain call takes a C string and would cut the value at a NUL.
    if (value.includes("\0")) duckdb.vector_assign_string_element_len(vector, row, Buffer.from(value, "utf8"));
    else duckdb.vector_assign_string_element(vector, row, value);
  }
}

function inlineAscii(text: string, slotAt: number): boolean {
  const length = text.length;
  if (length > INLINE_BYTES_MAX) return false;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) {
      slots.fill(0, slotAt, slotAt + SLOT_BYTES);
      return false;
    }
    slots[slotAt + 4 + index] = unit;
  }
  slotLengths[slotAt / 4] = length;
  return true;
}

function fillValidity(
  vector: duckdb.Vector,
  column: ColumnSpec,
  values: readonly CellValue[],
  from: number,
  count: number,
): void {
  let nulls = 0;
  const bytes = Math.ceil(count / 8);
  validity.fill(0xff, 0, bytes);
  for (let row = 0; row < count; row++) {
    const value = values[from + row];
    if (value !== null && value !== undefined) continue;
    nulls++;
    validity[row >> 3] = (validity[row >> 3] ?? 0) & ~(1 << (row & 7));
  }
  if (nulls === 0) return;
  invariant(column.nullable, `column ${column.name} must hold a value in every row`);
  duckdb.vector_ensure_validity_writable(vector);
  // Validity masks are 64-bit words: copy whole words, the bits behind the last row are never read.
  const wordBytes = Math.ceil(bytes / 8) * 8;
  duckdb.copy_data_to_vector_validity(vector, 0, validity.buffer, 0, wordBytes);
}
