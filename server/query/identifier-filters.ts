import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { type DuckDBConnection, version } from "@duckdb/node-api";
import { sqlName } from "../lake/duckdb";
import type { Lake } from "../lake/lake";
import { scanSql } from "../lake/scan";
import type { DataFile } from "../lake/snapshot";
import type { TableSpec } from "../lake/types";
import type { Logger } from "../observability/log";

/**
 * Which files may hold an identifier. Ids are scattered over a table that is sorted by time, so statistics leave none out;
 * a split block Bloom filter per large file (Parquet's own construction: blocks of 256 bits, one bit in each of eight words)
 * answers with 32 bytes read. It is only a cache of files that never change: without one a file is simply read.
 */
export interface IdentifierFilters {
  /** Those of the files that may hold one of the values in an identifier column; one without a filter yet is among them. */
  mayHold(
    connection: DuckDBConnection,
    spec: TableSpec,
    files: readonly DataFile[],
    values: readonly string[],
  ): Promise<DataFile[]>;
  /** Resolves when every filter asked for so far is made. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Smaller files are read faster than their filter is made. */
const FILE_ROWS_MIN = 20_000;
/** One wrong file in about a hundred and fifty. */
const BITS_PER_KEY = 12;
const WORDS = 8;
const BLOCK_BYTES = WORDS * 4;
const HEADER_BYTES = 16;
/** Filters of another construction, or of a DuckDB that hashes otherwise, are other files. */
const FORMAT = `1-duckdb-${version()}`;
const MAGIC = "CIDF";
/** The multipliers of Parquet's split block Bloom filter (parquet-format, BloomFilter.md). */
const SALTS = [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31];
const FILES_OPEN_MAX = 4_000;

/** A filter on disk: what is asked for often is in the system's own cache, and none of it in this process. */
interface Filter {
  readonly blocks: number;
  readonly descriptor: number;
}

interface Options {
  readonly lake: Lake;
  /** Filters are kept here over restarts. */
  readonly directory: string;
  readonly log: Logger;
}

export function openIdentifierFilters({ lake, directory, log }: Options): IdentifierFilters {
  const filters = new Map<string, Filter>();
  const asked = new Set<string>();
  let building: Promise<void> = Promise.resolve();
  let builder: Promise<DuckDBConnection> | null = null;
  let closed = false;

  const build = async (spec: TableSpec, file: DataFile): Promise<void> => {
    if (closed) return;
    const place = join(directory, FORMAT, spec.name);
    const path = join(place, `${file.path.replaceAll(/[^\w.-]/g, "_")}.bloom`);
    let filter = load(path);
    if (filter === null) {
      builder ??= lake.db.connect();
      const words = await make(await builder, await scanSql(lake.store, spec, [file]), spec);
      await mkdir(place, { recursive: true });
      await save(path, words);
      filter = load(path);
    }
    if (filter === null) return;
    const [oldest] = filters;
    if (oldest !== undefined && filters.size >= FILES_OPEN_MAX) forget(...oldest);
    filters.set(file.path, filter);
  };

  const forget = (path: string, { descriptor }: Filter): void => {
    filters.delete(path);
    asked.delete(path);
    closeSync(descriptor);
  };

  const ask = (spec: TableSpec, file: DataFile): void => {
    if (asked.has(file.path) || closed) return;
    asked.add(file.path);
    building = building
      .then(() => build(spec, file))
      .catch((error: unknown) => {
        // The file may be gone by compaction, or the disk full: it is read without a filter, and asked for again.
        asked.delete(file.path);
        log.debug({ err: error, file: file.path }, "no identifier filter could be made");
      });
  };

  return {
    mayHold: async (connection, spec, files, values) => {
      const hashes = await hashesOf(connection, values);
      return files.filter((file) => {
        if (file.stats.numRecords < FILE_ROWS_MIN) return true;
        const filter = filters.get(file.path);
        if (filter !== undefined) return hashes.some((hash) => holds(filter, hash));
        ask(spec, file);
        return true;
      });
    },
    settled: () => building,
    close: async () => {
      closed = true;
      await building;
      for (const [path, filter] of filters) forget(path, filter);
      (await builder)?.closeSync();
    },
  };
}

async function hashesOf(connection: DuckDBConnection, values: readonly string[]): Promise<bigint[]> {
  const columns = values.map((_value, place) => `hash($v${place}::VARCHAR)`).join(", ");
  const parameters = Object.fromEntries(values.map((value, place) => [`v${place}`, value]));
  const reader = await connection.runAndReadAll(`SELECT ${columns}`, parameters);
  return (reader.getRows()[0] ?? []).map((cell) => BigInt(String(cell)));
}

const found = Buffer.alloc(BLOCK_BYTES);

function holds({ blocks, descriptor }: Filter, hash: bigint): boolean {
  const block = Number((hash >> 32n) % BigInt(blocks));
  // What cannot be read excludes nothing.
  if (readSync(descriptor, found, 0, BLOCK_BYTES, HEADER_BYTES + block * BLOCK_BYTES) !== BLOCK_BYTES) return true;
  const low = Number(hash & 0xffffffffn);
  return SALTS.every((salt, word) => ((found.readUInt32LE(word * 4) >>> (Math.imul(low, salt) >>> 27)) & 1) === 1);
}

/** The database sets the bits: a file of half a million rows takes it a moment, and this thread none. */
async function make(connection: DuckDBConnection, scan: string, spec: TableSpec): Promise<Uint32Array> {
  const columns = (spec.identifiers ?? []).map(sqlName);
  const list = `unnest([${columns.join(", ")}])`;
  const counted = await connection.runAndReadAll(
    `SELECT ${columns.map((name) => `approx_count_distinct(${name})`).join(" + ")} FROM ${scan}`,
  );
  // An estimate is enough: it decides how often a file is read in vain, never whether one is left out.
  const keys = Number(counted.getRows()[0]?.[0] ?? 0);
  const blocks = Math.max(1, Math.ceil((keys * BITS_PER_KEY) / (BLOCK_BYTES * 8)));
  const bits = SALTS.map(
    (salt, word) =>
      `CAST(bit_or(1::BIGINT << (((low * ${salt}::UBIGINT) & 4294967295::UBIGINT) >> 27)::BIGINT) AS DOUBLE) AS w${word}`,
  );
  const set = await connection.runAndReadAll(
    `SELECT block, ${bits.join(", ")} FROM (
       SELECT CAST((h >> 32) % ${blocks}::UBIGINT AS INTEGER) AS block, h & 4294967295::UBIGINT AS low
         FROM (SELECT hash(value) AS h FROM (SELECT ${list} AS value FROM ${scan}) WHERE value IS NOT NULL))
      GROUP BY block`,
  );
  const words = new Uint32Array(blocks * WORDS);
  for (const [block, ...row] of set.getRows()) {
    row.forEach((word, place) => {
      words[Number(block) * WORDS + place] = Number(word);
    });
  }
  return words;
}

async function save(path: string, words: Uint32Array): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, "latin1");
  header.writeUInt32LE(words.length / WORDS, 8);
  const body = Buffer.alloc(words.length * 4);
  words.forEach((word, place) => {
    body.writeUInt32LE(word, place * 4);
  });
  const aside = `${path}.${process.pid}.tmp`;
  const handle = await open(aside, "w");
  try {
    await handle.write(header);
    await handle.write(body);
  } finally {
    await handle.close();
  }
  await rename(aside, path);
}

/** Null where there is none, or one that was cut off. */
function load(path: string): Filter | null {
  const header = Buffer.alloc(HEADER_BYTES);
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    return null;
  }
  const whole = readSync(descriptor, header, 0, HEADER_BYTES, 0) === HEADER_BYTES;
  const blocks = header.readUInt32LE(8);
  const { size } = fstatSync(descriptor);
  if (whole && header.toString("latin1", 0, 4) === MAGIC && size === HEADER_BYTES + blocks * BLOCK_BYTES) {
    return { blocks, descriptor };
  }
  closeSync(descriptor);
  return null;
}
