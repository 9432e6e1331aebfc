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
import { CHUNK_ROWS, ColumnChunk, type ColumnData, pointIntoHeap, SLOT_BYTES } from "./column-chunk";
import type { ColumnType, TableSpec } from "./types";

/** string and binary as they are, bigint and timestamp (microseconds) as bigint, date as days since 1970-01-01. */
export type CellValue = string | bigint | number | boolean | Uint8Array | null;

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

export const typeOf = (type: ColumnType): DuckDBType => DUCKDB_TYPES[type];

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

/** Emptied chunks kept per table for the next rows, so that memory stays where it is under a steady load. */
const SPARE_CHUNKS_MAX = 64;
const spares = new WeakMap<TableSpec, ColumnChunk[]>();

/**
 * Rows of one table as columns, on their way into DuckDB. A row is begun, given one value per column in the order of
 * `spec.columns`, and ended; `push` does all three. A value of another type than its column's, or a null where the column
 * takes none, is a mistake of the program and throws.
 */
export class TableBuffer {
  readonly spec: TableSpec;
  private chunks: ColumnChunk[];
  private chunk: ColumnChunk;
  private next = 0;
  private ended = 0;

  constructor(spec: TableSpec) {
    this.spec = spec;
    this.chunk = spares.get(spec)?.pop() ?? new ColumnChunk(spec);
    this.chunks = [this.chunk];
  }

  get rows(): number {
    return this.ended;
  }

  /** Adds one row given in the order of `spec.columns`. */
  push(row: readonly CellValue[]): void {
    invariant(row.length === this.spec.columns.length, `${this.spec.name}: a row has ${row.length} values`);
    this.begin();
    for (const value of row) this.put(value);
    this.end();
  }

  /** Begins a row, which must then be ended. */
  begin(): void {
    this.next = 0;
    invariant(this.chunks.length > 0, `${this.spec.name}: a released buffer takes no more rows`);
    if (this.chunk.rows < CHUNK_ROWS) return;
    this.chunk = spares.get(this.spec)?.pop() ?? new ColumnChunk(this.spec);
    this.chunks.push(this.chunk);
  }

  text(value: string | null): void {
    const column = this.column();
    if (value === null) this.chunk.setNull(column);
    else this.chunk.setText(column, value);
  }

  /** A text that is nearly always that of the row before. */
  repeatedText(value: string): void {
    this.chunk.setRepeated(this.column(), value);
  }

  /** An integer, or microseconds since the epoch. */
  big(value: bigint | null): void {
    const column = this.column();
    if (value === null) this.chunk.setNull(column);
    else column.bigints[this.chunk.rows] = value;
  }

  /** A 32-bit integer, or days since 1970-01-01. */
  int(value: number | null): void {
    const column = this.column();
    if (value === null) this.chunk.setNull(column);
    else column.ints[this.chunk.rows] = value;
  }

  flag(value: boolean | null): void {
    const column = this.column();
    if (value === null) this.chunk.setNull(column);
    else column.bytes[this.chunk.rows] = value ? 1 : 0;
  }

  end(): void {
    invariant(this.next === this.spec.columns.length, `${this.spec.name}: a row ended after ${this.next} values`);
    this.chunk.rows++;
    this.ended++;
  }

  private column(): ColumnData {
    const column = this.chunk.columns[this.next++];
    invariant(column !== undefined, `${this.spec.name}: a row has too many values`);
    return column;
  }

  private put(value: CellValue): void {
    const { chunk } = this;
    const column = this.column();
    if (value === null) {
      chunk.setNull(column);
      return;
    }
    const type = TYPES_OF[typeof value];
    invariant(
      type?.has(column.spec.type) === true,
      `${this.spec.name}: column ${column.spec.name} does not take a ${typeof value}`,
    );
    if (typeof value === "string") chunk.setText(column, value);
    else if (typeof value === "bigint") column.bigints[chunk.rows] = value;
    else if (typeof value === "boolean") column.bytes[chunk.rows] = value ? 1 : 0;
    else if (typeof value !== "number") column.blobs[chunk.rows] = value;
    else if (column.spec.type === "double") column.doubles[chunk.rows] = value;
    else column.ints[chunk.rows] = value;
  }

  /** Creates `stageName` as a temporary table and copies all rows into it. */
  async stage(connection: DuckDBConnection, stageName: string): Promise<void> {
    const columns = this.spec.columns.map((column) => `"${column.name}" ${duckDbTypeName(column.type)}`);
    await connection.run(`CREATE OR REPLACE TEMP TABLE "${stageName}" (${columns.join(", ")})`);
    const appender = await connection.createAppender(stageName);
    const types = this.spec.columns.map((column) => DUCKDB_TYPES[column.type].toLogicalType().logical_type);
    // One data chunk for all: the appender copies what is in it.
    const target = duckdb.create_data_chunk(types);
    const appended = new DuckDBDataChunk(target);
    try {
      for (const chunk of this.chunks) {
        if (chunk.rows === 0) continue;
        duckdb.data_chunk_reset(target);
        fillDataChunk(target, chunk);
        appender.appendDataChunk(appended);
      }
      appender.flushSync();
    } finally {
      appender.closeSync();
    }
  }

  /** Fills DuckDB's `target` with chunk number `index` of the rows; 0 where there are no more. */
  fill(target: DuckDBDataChunk, index: number): number {
    const chunk = this.chunks[index];
    if (chunk === undefined || chunk.rows === 0) return 0;
    fillDataChunk(target.chunk, chunk);
    return chunk.rows;
  }

  /** Lets go of the rows, which were staged and written; `rows` still tells how many there were. */
  release(): void {
    const spare = spares.get(this.spec) ?? [];
    spares.set(this.spec, spare);
    for (const chunk of this.chunks) {
      if (spare.length >= SPARE_CHUNKS_MAX) break;
      chunk.clear();
      spare.push(chunk);
    }
    this.chunks = [];
  }
}

const TYPES_OF: Readonly<Record<string, ReadonlySet<ColumnType>>> = {
  string: new Set(["string"]),
  bigint: new Set(["bigint", "timestamp"]),
  number: new Set(["int", "date", "double"]),
  boolean: new Set(["boolean"]),
  object: new Set(["binary"]),
};

function fillDataChunk(target: duckdb.DataChunk, chunk: ColumnChunk): void {
  duckdb.data_chunk_set_size(target, chunk.rows);
  const texts = chunk.columns.findIndex((column) => column.longCount > 0);
  const address = texts < 0 ? null : heapAddress(duckdb.data_chunk_get_vector(target, texts), chunk.heap);
  chunk.columns.forEach((column, index) => {
    if (address !== null) pointIntoHeap(column, address.low, address.high);
    fillVector(duckdb.data_chunk_get_vector(target, index), column, chunk.rows);
  });
}

/**
 * Gives the long texts of a whole chunk to DuckDB at once, as one text of one vector, and says where DuckDB put it. It
 * lies there as long as the data chunk is not reset, so the slots of every column may point into it.
 */
function heapAddress(vector: duckdb.Vector, heap: Uint8Array): { low: number; high: number } {
  duckdb.vector_assign_string_element_len(vector, 0, heap);
  const bytes = duckdb.vector_get_data(vector, SLOT_BYTES);
  const slot = new DataView(bytes.buffer, bytes.byteOffset, SLOT_BYTES);
  invariant(slot.getUint32(0, true) === heap.byteLength, "DuckDB lays a string out otherwise than duckdb.h says");
  return { low: slot.getUint32(8, true), high: slot.getUint32(12, true) };
}

function fillVector(vector: duckdb.Vector, column: ColumnData, rows: number): void {
  const { bytes } = column;
  if (column.spec.type === "binary") {
    column.blobs.forEach((blob, row) => {
      duckdb.vector_assign_string_element_len(vector, row, blob);
    });
  } else duckdb.copy_data_to_vector(vector, 0, bytes.buffer, 0, (bytes.byteLength / CHUNK_ROWS) * rows);
  if (column.nulls === 0) return;
  duckdb.vector_ensure_validity_writable(vector);
  // Validity masks are 64-bit words: whole words, the bits behind the last row are never read.
  duckdb.copy_data_to_vector_validity(vector, 0, column.validity.buffer, 0, Math.ceil(rows / 64) * 8);
}
