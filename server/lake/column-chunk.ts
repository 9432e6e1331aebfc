import { invariant } from "../domain/errors";
import type { ColumnSpec, ColumnType, TableSpec } from "./types";

/** DuckDB's vector size: a data chunk never holds more rows. */
export const CHUNK_ROWS = 2048;
/** Bytes of DuckDB's `duckdb_string_t` (duckdb.h): the length, then 12 bytes of text, or 4 bytes of it and a pointer. */
export const SLOT_BYTES = 16;
const INLINE_BYTES_MAX = 12;
const PREFIX_BYTES = 4;
/** A slot in words, and the word its pointer begins at. */
const [SLOT_WORDS, POINTER_WORD] = [4, 2];
const HEAP_BYTES_FIRST = 16_384;
const UTF8_BYTES_PER_UNIT = 3;

const WIDTH: Readonly<Record<ColumnType, number>> = {
  string: SLOT_BYTES,
  bigint: 8,
  timestamp: 8,
  double: 8,
  int: 4,
  date: 4,
  boolean: 1,
  binary: 0,
};

/** Up to 2,048 values of one column as DuckDB lays them out; the views share one buffer. */
export interface ColumnData {
  readonly spec: ColumnSpec;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Uint32Array<ArrayBuffer>;
  readonly bigints: BigInt64Array<ArrayBuffer>;
  readonly doubles: Float64Array<ArrayBuffer>;
  readonly ints: Int32Array<ArrayBuffer>;
  /** One bit per row: set where there is a value. */
  readonly validity: Uint8Array<ArrayBuffer>;
  nulls: number;
  /** Rows that hold a long text, and where in the heap each begins. */
  readonly longRows: Uint16Array;
  readonly longOffsets: Uint32Array;
  longCount: number;
  /** The text `setRepeated` was given last, and its row. */
  repeated: { readonly text: string; readonly row: number; readonly offset: number } | null;
  /** Values of a binary column by row, with holes for nulls. */
  readonly blobs: Uint8Array[];
}

function columnData(spec: ColumnSpec): ColumnData {
  const buffer = new ArrayBuffer(CHUNK_ROWS * WIDTH[spec.type]);
  const longMax = spec.type === "string" ? CHUNK_ROWS : 0;
  return {
    spec,
    bytes: new Uint8Array(buffer),
    words: new Uint32Array(buffer),
    bigints: new BigInt64Array(buffer),
    doubles: new Float64Array(buffer),
    ints: new Int32Array(buffer),
    validity: new Uint8Array(CHUNK_ROWS / 8).fill(0xff),
    nulls: 0,
    longRows: new Uint16Array(longMax),
    longOffsets: new Uint32Array(longMax),
    longCount: 0,
    repeated: null,
    blobs: [],
  };
}

/**
 * Up to 2,048 rows as columns, written value by value and read by nobody but DuckDB. No value is kept as an object, so
 * what was decoded can be thrown away at once.
 */
export class ColumnChunk {
  rows = 0;
  readonly columns: readonly ColumnData[];
  private heapBytes = Buffer.allocUnsafeSlow(HEAP_BYTES_FIRST);
  private heapUsed = 0;

  constructor(spec: TableSpec) {
    this.columns = spec.columns.map(columnData);
  }

  /** The long texts of all columns, one after the other. */
  get heap(): Uint8Array {
    return this.heapBytes.subarray(0, this.heapUsed);
  }

  /** Makes an emptied chunk ready for other rows; what is written over needs no clearing. */
  clear(): void {
    this.rows = 0;
    this.heapUsed = 0;
    for (const column of this.columns) {
      if (column.nulls > 0) column.validity.fill(0xff);
      column.nulls = 0;
      column.longCount = 0;
      column.repeated = null;
      column.blobs.length = 0;
    }
  }

  setNull(column: ColumnData): void {
    const { rows } = this;
    invariant(column.spec.nullable, `column ${column.spec.name} must hold a value in every row`);
    column.validity[rows >> 3] = (column.validity[rows >> 3] ?? 0) & ~(1 << (rows & 7));
    column.nulls++;
    // An empty slot, whatever stood there in the rows before.
    if (column.spec.type === "string") column.words[rows * SLOT_WORDS] = 0;
  }

  setText(column: ColumnData, text: string): void {
    const { length } = text;
    if (length > INLINE_BYTES_MAX) {
      this.setLong(column, text);
      return;
    }
    const { bytes, words } = column;
    const slot = this.rows * SLOT_WORDS;
    words[slot + 1] = 0;
    words[slot + 2] = 0;
    words[slot + 3] = 0;
    const at = slot * 4 + PREFIX_BYTES;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) {
        this.setWide(column, text);
        return;
      }
      bytes[at + index] = unit;
    }
    words[slot] = length;
  }

  /** A text that is nearly always that of the row before: it is then pointed at, not written again. */
  setRepeated(column: ColumnData, text: string): void {
    const { repeated, words } = column;
    if (repeated === null || repeated.text !== text) {
      const [offset, longBefore] = [this.heapUsed, column.longCount];
      this.setText(column, text);
      column.repeated = { text, row: this.rows, offset: column.longCount > longBefore ? offset : -1 };
      return;
    }
    const [from, slot] = [repeated.row * SLOT_WORDS, this.rows * SLOT_WORDS];
    for (let word = 0; word < SLOT_WORDS; word++) words[slot + word] = words[from + word] ?? 0;
    if (repeated.offset >= 0) this.rememberLong(column, repeated.offset);
  }

  private setLong(column: ColumnData, text: string): void {
    const { length } = text;
    const from = this.heapUsed;
    const heap = this.heapFor(length);
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) {
        this.setWide(column, text);
        return;
      }
      heap[from + index] = unit;
    }
    this.pointAt(column, from, length);
  }

  /** Text beyond ASCII. What is no character (a lone surrogate) becomes U+FFFD. */
  private setWide(column: ColumnData, text: string): void {
    const from = this.heapUsed;
    const length = this.heapFor(text.length * UTF8_BYTES_PER_UNIT).write(text, from, "utf8");
    if (length > INLINE_BYTES_MAX) {
      this.pointAt(column, from, length);
      return;
    }
    const at = this.rows * SLOT_BYTES;
    column.bytes.fill(0, at, at + SLOT_BYTES);
    column.bytes.set(this.heapBytes.subarray(from, from + length), at + PREFIX_BYTES);
    column.words[this.rows * SLOT_WORDS] = length;
  }

  private pointAt(column: ColumnData, from: number, length: number): void {
    const { bytes, words } = column;
    const slot = this.rows * SLOT_WORDS;
    const at = slot * 4 + PREFIX_BYTES;
    const { heapBytes } = this;
    words[slot] = length;
    for (let index = 0; index < PREFIX_BYTES; index++) bytes[at + index] = heapBytes[from + index] ?? 0;
    this.rememberLong(column, from);
    this.heapUsed = from + length;
  }

  private rememberLong(column: ColumnData, offset: number): void {
    const { longRows, longOffsets, longCount } = column;
    longRows[longCount] = this.rows;
    longOffsets[longCount] = offset;
    column.longCount = longCount + 1;
  }

  private heapFor(more: number): Buffer {
    const needed = this.heapUsed + more;
    if (needed > this.heapBytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.heapBytes.length * 2));
      this.heapBytes.copy(larger, 0, 0, this.heapUsed);
      this.heapBytes = larger;
    }
    return this.heapBytes;
  }
}

const WORD = 2 ** 32;

/** Points the slots of a column's long texts at them: `low` and `high` are the halves of the heap's address. */
export function pointIntoHeap(column: ColumnData, low: number, high: number): void {
  const { words, longRows, longOffsets, longCount } = column;
  for (let index = 0; index < longCount; index++) {
    const at = (longRows[index] ?? 0) * SLOT_WORDS + POINTER_WORD;
    const address = low + (longOffsets[index] ?? 0);
    const carry = address >= WORD ? 1 : 0;
    words[at] = address - carry * WORD;
    words[at + 1] = high + carry;
  }
}
