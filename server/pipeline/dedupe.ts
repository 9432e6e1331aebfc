import crypto, { createHash } from "node:crypto";
import type { DuckDBConnection } from "@duckdb/node-api";
import { pruneFiles, scanSql } from "../lake/scan";
import type { DataFile } from "../lake/snapshot";
import type { ObjectStore } from "../lake/store/store";
import type { TableSpec } from "../lake/types";
import { KeyTable, type KeyVerdict } from "./key-table";
import { FRAUD_SIGNALS, TRANSACTIONS } from "./tables";

/** Keys are kept by ten minutes of event time: a producer's duplicate carries the time of the event it repeats. */
const BUCKET_MICROS = 600_000_000n;
const SEPARATOR = "\u001f";

/** What names an event once within its source: the event id, else transaction, status and time (PRODUCT.md section 1). */
export function transactionKey(
  source: string,
  eventId: string | null,
  transaction: string,
  status: string,
  at: bigint,
) {
  if (eventId !== null) return `${source}${SEPARATOR}E${eventId}`;
  return `${source}${SEPARATOR}T${transaction}${SEPARATOR}${status}${SEPARATOR}${at}`;
}

export const signalKey = (source: string, signalId: string): string => `${source}${SEPARATOR}S${signalId}`;

/** The same texts as above, in SQL over the stored columns. */
const KEY_SQL: Readonly<Record<string, string>> = {
  [TRANSACTIONS.name]: `source || chr(31) || CASE WHEN event_id IS NOT NULL THEN 'E' || event_id
    ELSE 'T' || transaction_id || chr(31) || status || chr(31) || epoch_us(event_time) END`,
  [FRAUD_SIGNALS.name]: "source || chr(31) || 'S' || fraud_signal_id",
};

export interface DedupeOptions {
  readonly spec: TableSpec;
  readonly store: ObjectStore;
  /** Only rows of these sources can be duplicated; sources keyed by position cannot. */
  readonly sources: ReadonlySet<string>;
  /** Upper bound of the memory kept, bytes; the longest unused ten minutes are forgotten first and reloaded when needed. */
  readonly bytesMax: number;
}

interface Bucket {
  readonly table: KeyTable;
  usedAt: number;
}

/**
 * Which events of one table are already stored. Only a cache of what is committed (and of what this process is about
 * to commit): ten minutes of event time are read from the lake when an event of that time first arrives.
 */
export class DedupeIndex {
  private readonly buckets = new Map<bigint, Bucket>();
  private readonly options: DedupeOptions;
  /** The bucket asked for last, which is nearly always the one asked for next. */
  private last: { readonly from: bigint; readonly until: bigint; readonly bucket: Bucket } | null = null;
  private uses = 0;
  /** Buckets used since then hold claims of rows not yet committed: forgetting them would forget those rows. */
  private uncommittedFrom = 0;

  constructor(options: DedupeOptions) {
    this.options = options;
  }

  /** Reads what `eventTimes` (microseconds) need and is not yet in memory. Must precede `claim` for those times. */
  async prepare(connection: DuckDBConnection, files: readonly DataFile[], eventTimes: Iterable<bigint>): Promise<void> {
    const wanted = new Set<bigint>();
    let [from, until] = [0n, 0n];
    for (const time of eventTimes) {
      if (time >= from && time < until) continue;
      const bucket = floorDivide(time, BUCKET_MICROS);
      from = bucket * BUCKET_MICROS;
      until = from + BUCKET_MICROS;
      wanted.add(bucket);
    }
    // A batch lost meanwhile makes all be forgotten: then from the beginning.
    for (let missing = this.missing(wanted); missing.length > 0; missing = this.missing(wanted)) {
      for (const bucket of missing) {
        this.buckets.set(bucket, { table: new KeyTable(), usedAt: ++this.uses });
        await this.load(connection, files, bucket, bucket);
      }
    }
  }

  private missing(wanted: ReadonlySet<bigint>): bigint[] {
    return [...wanted].filter((bucket) => !this.buckets.has(bucket));
  }

  /** Adds the rows another writer committed to the ten minutes that are in memory. */
  async absorb(connection: DuckDBConnection, files: readonly DataFile[]): Promise<void> {
    if (this.buckets.size === 0 || files.length === 0) return;
    let [low, high] = [2n ** 62n, -(2n ** 62n)];
    for (const bucket of this.buckets.keys()) {
      if (bucket < low) low = bucket;
      if (bucket > high) high = bucket;
    }
    await this.load(connection, files, low, high);
  }

  claim(key: string, eventTime: bigint, partitionHash: number, position: number): KeyVerdict {
    const bucket = this.bucketOf(eventTime);
    bucket.usedAt = ++this.uses;
    const digest = md5(key);
    return bucket.table.claim(
      wordAt(digest, 0),
      wordAt(digest, 4),
      wordAt(digest, 8),
      wordAt(digest, 12),
      partitionHash,
      position,
    );
  }

  private bucketOf(eventTime: bigint): Bucket {
    const { last } = this;
    if (last !== null && eventTime >= last.from && eventTime < last.until) return last.bucket;
    const number = floorDivide(eventTime, BUCKET_MICROS);
    const bucket = this.buckets.get(number);
    if (bucket === undefined) throw new Error("DedupeIndex.claim without prepare");
    const from = number * BUCKET_MICROS;
    this.last = { from, until: from + BUCKET_MICROS, bucket };
    return bucket;
  }

  /** Forgets the longest unused buckets until the memory bound holds. Call between groups. */
  trim(): void {
    let bytes = 0;
    for (const bucket of this.buckets.values()) bytes += bucket.table.bytes;
    if (bytes <= this.options.bytesMax) return;
    const byAge = [...this.buckets].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [key, bucket] of byAge) {
      if (bytes <= this.options.bytesMax || bucket.usedAt >= this.uncommittedFrom) return;
      this.buckets.delete(key);
      this.last = null;
      bytes -= bucket.table.bytes;
    }
  }

  /** A moment in use order, to be given to `committedUntil` once everything claimed before it is committed. */
  moment(): number {
    return this.uses;
  }

  committedUntil(moment: number): void {
    this.uncommittedFrom = moment + 1;
  }

  /** Forgets everything: after a batch was dropped its claims were never stored. */
  clear(): void {
    this.buckets.clear();
    this.last = null;
  }

  private async load(connection: DuckDBConnection, files: readonly DataFile[], first: bigint, last: bigint) {
    const from = first * BUCKET_MICROS;
    const until = (last + 1n) * BUCKET_MICROS;
    const pruned = pruneFiles(files, "event_time", microsToIso(from), microsToIso(until));
    if (pruned.length === 0 || this.options.sources.size === 0) return;
    const { spec, store } = this.options;
    const key = KEY_SQL[spec.name];
    const sources = [...this.options.sources].map((source) => `'${source.replaceAll("'", "''")}'`).join(", ");
    const result = await connection.stream(
      `SELECT (epoch_us(event_time) - ${from}) // ${BUCKET_MICROS} AS bucket, md5_number_upper(${key}) AS upper,
              md5_number_lower(${key}) AS lower, source || '${"/"}' || source_partition AS partition, source_offset
         FROM ${await scanSql(store, spec, pruned)}
        WHERE epoch_us(event_time) >= ${from} AND epoch_us(event_time) < ${until} AND source IN (${sources})`,
    );
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      const [buckets, uppers, lowers, partitions, offsets] = [0, 1, 2, 3, 4].map((index) =>
        chunk.getColumnValues(index),
      );
      for (let row = 0; row < chunk.rowCount; row++) {
        const bucket = this.buckets.get(first + BigInt(String(buckets?.[row])));
        const [upper, lower] = [BigInt(String(uppers?.[row])), BigInt(String(lowers?.[row]))];
        bucket?.table.claim(
          Number(upper & 0xffffffffn),
          Number(upper >> 32n),
          Number(lower & 0xffffffffn),
          Number(lower >> 32n),
          partitionHash(String(partitions?.[row])),
          Number(offsets?.[row]),
        );
      }
    }
  }
}

/** 32 bits that stand for "source/partition" as an owner of keys. */
export const partitionHash = (sourceAndPartition: string): number => wordAt(md5(sourceAndPartition), 0);

/**
 * The digest DuckDB computes too, one byte per character; it names keys, it protects nothing. In one call where Node has
 * it (20.12), which costs a sixth.
 */
const md5: (text: string) => string =
  typeof crypto.hash === "function"
    ? (text) => crypto.hash("md5", text, "binary")
    : (text) => createHash("md5").update(text).digest("binary");

/** 32 bits, least significant byte first. */
const wordAt = (digest: string, at: number): number =>
  (digest.charCodeAt(at) |
    (digest.charCodeAt(at + 1) << 8) |
    (digest.charCodeAt(at + 2) << 16) |
    (digest.charCodeAt(at + 3) << 24)) >>>
  0;

const floorDivide = (value: bigint, by: bigint): bigint => {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
};

const microsToIso = (micros: bigint): string => new Date(Number(floorDivide(micros, 1000n))).toISOString();
