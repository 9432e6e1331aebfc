import type { Readable } from "node:stream";

const [NEWLINE, RETURN, QUOTE] = [0x0a, 0x0d, 0x22];
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

export interface SplitRecord {
  readonly bytes: Buffer;
  /** The record's full size, bytes; more than `bytes` holds where it was over the limit. */
  readonly bytesTotal: number;
}

export interface SplitOptions {
  /** A newline inside double quotes belongs to the record (RFC 4180). */
  readonly quoted: boolean;
  /** Of a longer record only this much is kept, so that memory stays bounded. */
  readonly keepBytesMax: number;
}

/** Splits a stream of bytes into records, one per line; blank lines are none. A missing newline at the end is allowed. */
export async function* splitRecords(stream: Readable, options: SplitOptions): AsyncGenerator<SplitRecord[]> {
  const pending = new PendingRecord(options);
  let first = true;
  for await (const piece of stream) {
    let chunk: Buffer = piece;
    if (first && chunk.subarray(0, 3).equals(BOM)) chunk = chunk.subarray(3);
    first = false;
    const records: SplitRecord[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      pending.append(chunk.subarray(from, at));
      from = at + 1;
      if (pending.insideQuotes()) pending.append(chunk.subarray(at, from));
      else pending.finish(records);
    }
    pending.append(chunk.subarray(from));
    if (records.length > 0) yield records;
  }
  const rest: SplitRecord[] = [];
  pending.finish(rest);
  if (rest.length > 0) yield rest;
}

class PendingRecord {
  private parts: Buffer[] = [];
  private kept = 0;
  private total = 0;
  private quotes = 0;

  constructor(private readonly options: SplitOptions) {}

  append(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.total += bytes.length;
    if (this.options.quoted) {
      for (let at = bytes.indexOf(QUOTE); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) this.quotes++;
    }
    const room = this.options.keepBytesMax - this.kept;
    if (room <= 0) return;
    const kept = bytes.length > room ? bytes.subarray(0, room) : bytes;
    this.parts.push(kept);
    this.kept += kept.length;
  }

  insideQuotes(): boolean {
    return this.options.quoted && this.quotes % 2 === 1;
  }

  finish(records: SplitRecord[]): void {
    const joined = this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts);
    const whole = this.total === this.kept;
    const bytes = joined?.at(-1) === RETURN && whole ? joined.subarray(0, -1) : joined;
    if (bytes !== undefined && bytes.length > 0) {
      records.push({ bytes, bytesTotal: this.total - (this.kept - bytes.length) });
    }
    this.parts = [];
    this.kept = 0;
    this.total = 0;
    this.quotes = 0;
  }
}
