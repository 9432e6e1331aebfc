import type { Readable } from "node:stream";

const [NEWLINE, RETURN, QUOTE] = [0x0a, 0x0d, 0x22];
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

export interface SplitRecord {
  readonly bytes: Buffer;
  /** The record's full size, bytes; more than `bytes` holds where it was over the limit. */
  readonly bytesTotal: number;
}

export interface SplitOptions {
  /** A newline inside a quoted field belongs to the record (RFC 4180). */
  readonly quoted: boolean;
  /** Where fields end; only a quote that begins a field opens a quoted one. Used where `quoted`. */
  readonly delimiter: string;
  /** Of a longer record only this much is kept, so that memory stays bounded. */
  readonly keepBytesMax: number;
}

/**
 * Splits a stream of bytes into records, one per line; blank lines are none. A missing newline at the end is allowed.
 * A quoted field that is still open beyond `keepBytesMax` ends with its line, so that one stray quote cannot take the
 * rest of the file with it. Where records end depends on the bytes alone, never on how they arrive.
 */
export async function* splitRecords(stream: Readable, options: SplitOptions): AsyncGenerator<SplitRecord[]> {
  const pending = new PendingRecord(options);
  let first = true;
  for await (const piece of stream) {
    let chunk: Buffer = piece;
    if (first && chunk.subarray(0, 3).equals(BOM)) chunk = chunk.subarray(3);
    first = false;
    const records: SplitRecord[] = [];
    let from = 0;
    let quoteAt = options.quoted ? indexOrEnd(chunk, QUOTE, 0) : chunk.length;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      if (quoteAt < from) quoteAt = indexOrEnd(chunk, QUOTE, from);
      // Nearly every record lies whole in one piece, with no quote that could keep it open.
      if (quoteAt > at && pending.empty && at - from <= options.keepBytesMax) {
        takeWhole(chunk, from, at, records);
        from = at + 1;
        continue;
      }
      pending.append(chunk.subarray(from, at));
      from = at + 1;
      if (pending.continues()) pending.append(chunk.subarray(at, from));
      else pending.finish(records);
    }
    pending.append(chunk.subarray(from));
    if (records.length > 0) yield records;
  }
  const rest: SplitRecord[] = [];
  pending.finish(rest);
  if (rest.length > 0) yield rest;
}

const indexOrEnd = (bytes: Buffer, byte: number, from: number): number => {
  const at = bytes.indexOf(byte, from);
  return at < 0 ? bytes.length : at;
};

function takeWhole(chunk: Buffer, from: number, newlineAt: number, records: SplitRecord[]): void {
  const end = newlineAt > from && chunk[newlineAt - 1] === RETURN ? newlineAt - 1 : newlineAt;
  if (end > from) records.push({ bytes: chunk.subarray(from, end), bytesTotal: end - from });
}

/** Where in a CSV record the last byte stood. `quote`: a quote in a quoted field, which closes it unless another follows. */
type CsvState = "field_start" | "plain" | "quoted" | "quote";

class PendingRecord {
  private parts: Buffer[] = [];
  private kept = 0;
  private total = 0;
  private state: CsvState = "field_start";
  private readonly delimiter: number;

  constructor(private readonly options: SplitOptions) {
    this.delimiter = Buffer.from(options.delimiter).at(-1) ?? 0;
  }

  /** True at the beginning of a record. */
  get empty(): boolean {
    return this.total === 0;
  }

  append(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.total += bytes.length;
    if (this.options.quoted) this.follow(bytes);
    // One byte more than the limit, for the carriage return that is not part of the record.
    const room = this.options.keepBytesMax + 1 - this.kept;
    if (room <= 0) return;
    const kept = bytes.length > room ? bytes.subarray(0, room) : bytes;
    this.parts.push(kept);
    this.kept += kept.length;
  }

  /** True where the newline met now stands inside a quoted field. */
  continues(): boolean {
    return this.state === "quoted" && this.total <= this.options.keepBytesMax;
  }

  finish(records: SplitRecord[]): void {
    const joined = (this.parts.length === 1 ? this.parts[0] : undefined) ?? Buffer.concat(this.parts);
    const whole = this.total === this.kept;
    const returned = whole && joined.at(-1) === RETURN ? 1 : 0;
    const bytesTotal = this.total - returned;
    const bytes = joined.subarray(0, Math.min(joined.length - returned, this.options.keepBytesMax));
    if (bytes.length > 0) records.push({ bytes, bytesTotal });
    this.parts = [];
    this.kept = 0;
    this.total = 0;
    this.state = "field_start";
  }

  private follow(bytes: Buffer): void {
    if (!bytes.includes(QUOTE)) {
      if (this.state !== "quoted") this.state = bytes.at(-1) === this.delimiter ? "field_start" : "plain";
      return;
    }
    let { state } = this;
    for (const byte of bytes) {
      if (state === "quoted") state = byte === QUOTE ? "quote" : "quoted";
      else if (byte === QUOTE && state !== "plain") state = "quoted";
      else state = byte === this.delimiter ? "field_start" : "plain";
    }
    this.state = state;
  }
}
