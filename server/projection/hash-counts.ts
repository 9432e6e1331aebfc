import type { DuckDBConnection } from "@duckdb/node-api";

const LOAD_FACTOR = 0.7;
const FIRST_CAPACITY = 1_024;

/**
 * A count above zero per 64-bit hash, 12 bytes a slot: what a projection remembers of millions of keys, looked up one by
 * one, so that a tick costs what its own rows cost. Keys are hashes already; two that collide are taken for one (about one
 * chance in a million at six million keys).
 */
export class HashCounts {
  private capacity = FIRST_CAPACITY;
  private lows = new Uint32Array(FIRST_CAPACITY);
  private highs = new Uint32Array(FIRST_CAPACITY);
  private counts = new Uint32Array(FIRST_CAPACITY);
  private used = 0;

  get size(): number {
    return this.used;
  }

  /** The count of a key, given as the lower and upper 32 bits of its hash; 0 where it has none. */
  get(low: number, high: number): number {
    return this.counts[this.find(low, high)] ?? 0;
  }

  /** Sets the count, from 1 to 2^32 - 1. */
  set(low: number, high: number, count: number): void {
    if (this.used >= this.capacity * LOAD_FACTOR) this.grow();
    const slot = this.find(low, high);
    if (this.counts[slot] === 0) this.used++;
    this.lows[slot] = low;
    this.highs[slot] = high;
    this.counts[slot] = count;
  }

  private find(low: number, high: number): number {
    const { lows, highs, counts, capacity } = this;
    const mask = capacity - 1;
    let slot = low & mask;
    while (counts[slot] !== 0 && (lows[slot] !== low || highs[slot] !== high)) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { lows, highs, counts, capacity } = this;
    this.capacity = capacity * 2;
    this.lows = new Uint32Array(this.capacity);
    this.highs = new Uint32Array(this.capacity);
    this.counts = new Uint32Array(this.capacity);
    for (let from = 0; from < capacity; from++) {
      const count = counts[from] ?? 0;
      if (count === 0) continue;
      const [low = 0, high = 0] = [lows[from], highs[from]];
      const slot = this.find(low, high);
      this.lows[slot] = low;
      this.highs[slot] = high;
      this.counts[slot] = count;
    }
  }
}

/** Two columns with the halves of a text's hash, as HashCounts takes them. It is the engine's own: good while the process lives. */
export const hashColumns = (text: string, name: string): string =>
  `CAST(hash(${text}) & 4294967295 AS UINTEGER) AS ${name}_low, CAST(hash(${text}) >> 32 AS UINTEGER) AS ${name}_high`;

/** Reads a query of day, lower and upper half of the hash, and count into the counts of those days that are there. */
export async function loadHashCounts(
  connection: DuckDBConnection,
  sql: string,
  days: ReadonlyMap<number, HashCounts>,
): Promise<void> {
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const [ofDay, lows, highs, counts] = [0, 1, 2, 3].map((index) => chunk.getColumnValues(index));
    for (let row = 0; row < chunk.rowCount; row++) {
      days.get(Number(ofDay?.[row]))?.set(Number(lows?.[row]), Number(highs?.[row]), Number(counts?.[row]));
    }
  }
}
