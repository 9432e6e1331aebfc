import { createHash } from "node:crypto";
import { invariant } from "../domain/errors";
import { StatementAssembler } from "./assembler";
import { readBai2 } from "./bai2/parser";
import { readCamt053 } from "./camt053/parser";
import { readAdyen } from "./csv/adyen";
import { readMappedCsv } from "./csv/mapped";
import { readStripe } from "./csv/stripe";
import { DETECT_BYTES, detectFormat } from "./detect";
import { refuse, StatementRefusal } from "./faults";
import type { AcceptedFile, FileFacts, ProvisionalItem, StatementFormat, StatementOutcome } from "./model";
import { readMt940 } from "./mt940/parser";
import { readNacha } from "./nacha/parser";
import type { Input, SourceFacts, StatementParser } from "./parser";

const CHUNK_BYTES_MAX = 64 * 1024;
const FILE_BYTES_MAX = 4 * 1024 * 1024 * 1024;
const NEWLINE = 0x0a;

const PARSERS: Readonly<Record<StatementFormat, StatementParser>> = {
  camt053: readCamt053,
  mt940: readMt940,
  bai2: readBai2,
  nacha: readNacha,
  csv: readMappedCsv,
  stripe: readStripe,
  adyen: readAdyen,
};

export interface ReadOptions extends SourceFacts {
  /** The file's name, for people and as a last hint to its format; it is never part of an identity. */
  readonly name: string;
  /** Without it the format is found from the first bytes; a mapping means csv. */
  readonly format?: StatementFormat;
  /** Larger files are refused. */
  readonly bytesMax?: number;
  /** How many equal bookings an already booked statement holds that this file continues (see `relateStatements`). */
  readonly occurrencesBefore?: (contentDigest: string) => number;
}

/** A file being read: iterate it to its end, then ask for the outcome. */
export interface StatementReading extends AsyncIterable<ProvisionalItem> {
  /** The verdict on the whole file. Throws `invariant_broken` before the iteration has ended. */
  outcome(): StatementOutcome;
}

/**
 * Reads a statement file as a stream. Items come as they are read and are provisional: nothing of them may be booked
 * before `outcome()` is ok. A faulty file ends the iteration and is an outcome, not an exception; only a source of bytes
 * that fails makes the iteration throw. Memory does not grow with the file, but for 20 bytes a different booking.
 */
export function readStatements(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ReadOptions,
): StatementReading {
  let verdict: StatementOutcome | null = null;
  async function* run(): AsyncGenerator<ProvisionalItem> {
    const tap = new ByteTap(source, options.bytesMax ?? FILE_BYTES_MAX);
    const assembler = new StatementAssembler(options.occurrencesBefore);
    let format: StatementFormat | null = null;
    try {
      format = await formatOf(tap, options);
      for await (const _step of PARSERS[format](tap, assembler, options)) yield* assembler.take();
      yield* assembler.take();
      const facts = assembler.finish(format === "nacha" ? 0 : 1);
      const file: FileFacts = { ...facts, name: options.name, format, fileHash: tap.hash(), bytes: tap.bytes };
      verdict = { ok: true, file: file as AcceptedFile };
    } catch (error) {
      if (!(error instanceof StatementRefusal)) throw error;
      await tap.drain();
      const { fault } = error;
      verdict = { ok: false, fault, name: options.name, format, fileHash: tap.hash(), bytes: tap.bytes };
    } finally {
      await tap.close();
    }
  }
  const items = run();
  return {
    [Symbol.asyncIterator]: () => items,
    outcome: () => {
      invariant(verdict !== null, "The outcome of a statement file was asked for before it was read to its end.");
      return verdict;
    },
  };
}

/** Reads a file only to judge it: the outcome without the items. */
export async function judgeStatements(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ReadOptions,
): Promise<StatementOutcome> {
  const reading = readStatements(source, options);
  for await (const _item of reading);
  return reading.outcome();
}

async function formatOf(tap: ByteTap, options: ReadOptions): Promise<StatementFormat> {
  const head = await tap.peek(DETECT_BYTES);
  if (head.length === 0) refuse("empty_file", "The file is empty.", {});
  const format = options.format ?? (options.mapping === undefined ? detectFormat(head, options.name) : "csv");
  return format ?? refuse("unknown_format", "The file is of no format that is known.", {});
}

/** The bytes of the source in chunks of bounded size, hashed and counted on the way; goes on after a parser gave up. */
class ByteTap implements Input {
  private readonly iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  private readonly digest = createHash("sha256");
  private peeked: Buffer | null = null;
  private lastByte: number | null = null;
  private ended = false;
  bytes = 0;

  constructor(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    private readonly bytesMax: number,
  ) {
    this.iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  readonly chunks: AsyncIterable<Buffer> = {
    [Symbol.asyncIterator]: () => this.pieces(),
  };

  endsWithNewline(): boolean {
    return this.lastByte === null || this.lastByte === NEWLINE;
  }

  hash(): string {
    return this.digest.digest("hex");
  }

  /** At least `count` bytes of the beginning, or the whole file where it is shorter. They are read again by `chunks`. */
  async peek(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let size = 0; size < count; ) {
      const chunk = await this.next();
      if (chunk === null) break;
      parts.push(chunk);
      size += chunk.length;
    }
    this.peeked = Buffer.concat(parts);
    return this.peeked;
  }

  /** Lets go of the source, also where the reader of the items stopped half-way. */
  async close(): Promise<void> {
    if (!this.ended) await this.iterator.return?.();
  }

  async drain(): Promise<void> {
    while ((await this.next(false)) !== null);
  }

  private async *pieces(): AsyncGenerator<Buffer> {
    let chunk = this.peeked ?? (await this.next());
    this.peeked = null;
    for (; chunk !== null; chunk = await this.next()) {
      for (let from = 0; from < chunk.length; from += CHUNK_BYTES_MAX)
        yield chunk.subarray(from, from + CHUNK_BYTES_MAX);
    }
  }

  private async next(limited = true): Promise<Buffer | null> {
    if (this.ended) return null;
    const { done, value } = await this.iterator.next();
    if (done === true) {
      this.ended = true;
      return null;
    }
    this.digest.update(value);
    this.bytes += value.byteLength;
    this.lastByte = value.at(-1) ?? this.lastByte;
    if (limited && this.bytes > this.bytesMax)
      refuse("file_too_large", `The file is larger than ${this.bytesMax} bytes.`, {});
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
}
