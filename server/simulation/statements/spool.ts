import { createReadStream } from "node:fs";
import { appendFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

const BUFFER_CHARS_MAX = 8 * 1024 * 1024;
const CHUNK_CHARS_MIN = 64 * 1024;

/** Lines put aside by key on disk, in the order they came; memory holds the newest few megabytes. */
export class Spool {
  private readonly waiting = new Map<string, { lines: string[]; chars: number }>();
  private readonly known = new Set<string>();
  private chars = 0;

  constructor(private readonly directory: string) {}

  async open(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
    await mkdir(this.directory, { recursive: true });
  }

  add(key: string, line: string): void {
    this.known.add(key);
    let waiting = this.waiting.get(key);
    if (waiting === undefined) {
      waiting = { lines: [], chars: 0 };
      this.waiting.set(key, waiting);
    }
    waiting.lines.push(line);
    waiting.chars += line.length;
    this.chars += line.length;
  }

  /** Called between the generator's turns: writes what is worth a write, and everything once it is too much. */
  async relieve(): Promise<void> {
    if (this.chars < BUFFER_CHARS_MAX) return;
    await this.flush(CHUNK_CHARS_MIN);
    if (this.chars >= BUFFER_CHARS_MAX / 2) await this.flush(0);
  }

  async flush(charsMin: number): Promise<void> {
    for (const [key, { lines, chars }] of this.waiting) {
      if (chars < charsMin) continue;
      await appendFile(this.path(key), `${lines.join("\n")}\n`);
      this.waiting.delete(key);
      this.chars -= chars;
    }
  }

  /** The lines of a key; everything must have been flushed. */
  async *read(key: string): AsyncGenerator<string> {
    if (!this.known.has(key)) return;
    const lines = createInterface({ input: createReadStream(this.path(key)), crlfDelay: Number.POSITIVE_INFINITY });
    for await (const line of lines) yield line;
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  private path(key: string): string {
    return join(this.directory, `${key.replaceAll("/", "_")}.ndjson`);
  }
}
