import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { ConcordanceError } from "../../domain/errors";
import type { ObjectInfo, ObjectStore } from "../../lake/store/store";
import { type SplitRecord, splitRecords } from "./splitter";

const READ_BYTES = 1 << 20;

/** Where landing files are: a folder of the lake's store, or paths given on the command line. */
export interface LandingFiles {
  list(): Promise<ObjectInfo[]>;
  head(path: string): Promise<ObjectInfo | null>;
  openRead(path: string): Promise<Readable>;
  /** Puts a consumed file aside. */
  putAside(path: string): Promise<void>;
}

/** Files dropped under `landing/<source>/`; unfinished names (leading dot, `.part`) and what was put aside are not seen. */
export function storeFiles(store: ObjectStore, source: string, after: "archive" | "keep" | "delete"): LandingFiles {
  const prefix = `landing/${source}/`;
  return {
    list: async () => {
      const found: ObjectInfo[] = [];
      for await (const info of store.list(prefix)) {
        const name = info.key.slice(prefix.length);
        const unfinished = name.endsWith(".part") || name.split("/").some((part) => part.startsWith("."));
        if (!unfinished && !name.startsWith("_taken/")) found.push(info);
      }
      return found;
    },
    head: (path) => store.head(path),
    openRead: (path) => store.openRead(path),
    putAside: async (path) => {
      if (after === "keep") return;
      if (after === "delete") return store.delete([path]);
      const day = new Date().toISOString().slice(0, 10);
      await store.move(path, `${prefix}_taken/${day}/${path.slice(prefix.length)}`);
    },
  };
}

/** Exactly these local files, for a one-shot run; they stay where they are. */
export function givenFiles(paths: readonly string[]): LandingFiles {
  const head = async (path: string): Promise<ObjectInfo | null> => {
    const facts = await stat(path, { bigint: true }).catch(() => null);
    if (facts === null) return null;
    return {
      key: path,
      size: Number(facts.size),
      modifiedAtMs: Number(facts.mtimeMs),
      etag: `${facts.size}-${facts.mtimeNs}`,
    };
  };
  return {
    list: async () => {
      const infos = await Promise.all(paths.map(head));
      return infos.map((info, index) => {
        if (info !== null) return info;
        throw new ConcordanceError({
          kind: "invalid_input",
          code: "no_such_input",
          message: `The input ${paths[index]} does not exist.`,
          remedy: "Check the path.",
        });
      });
    },
    head,
    openRead: async (path) => createReadStream(path, { highWaterMark: READ_BYTES }),
    putAside: async () => undefined,
  };
}

/** Reads the file once, whole: its SHA-256, and that a gzip is not cut off. Throws code `truncated_gzip` or `bad_gzip`. */
export async function inspect(files: LandingFiles, path: string): Promise<string> {
  const digest = createHash("sha256");
  const stream = await files.openRead(path);
  stream.on("data", (chunk: Buffer) => digest.update(chunk));
  if (!path.endsWith(".gz")) {
    await pipeline(stream, drain);
    return digest.digest("hex");
  }
  try {
    await pipeline(stream, createGunzip(), drain);
  } catch (cause) {
    const cut = cause instanceof Error && /unexpected end of file/i.test(cause.message);
    throw new ConcordanceError({
      kind: "invalid_input",
      code: cut ? "truncated_gzip" : "bad_gzip",
      message: `${path} is ${cut ? "a gzip file that is cut off" : "not a readable gzip file"}; nothing of it was taken.`,
      remedy: "Deliver the whole file again under the same name; it is taken as soon as it is whole.",
      at: { path },
      cause,
    });
  }
  return digest.digest("hex");
}

async function drain(stream: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of stream);
}

export interface RecordFormat {
  readonly quoted: boolean;
  /** The header line every file starts with; null for none. */
  readonly header: readonly string[] | null;
  readonly delimiter: string;
  readonly keepBytesMax: number;
}

/** The records of one file in order, with a look at whether more follow. */
export class RecordReader {
  private queue: SplitRecord[] = [];
  private at = 0;
  private next = 0n;
  private ended = false;

  private constructor(
    private readonly stream: Readable,
    private readonly chunks: AsyncGenerator<SplitRecord[]>,
  ) {}

  /** Opens a file and skips to record number `from` (header not counted). Throws code `csv_header_differs`. */
  static async open(files: LandingFiles, path: string, format: RecordFormat, from: bigint): Promise<RecordReader> {
    const raw = await files.openRead(path);
    const stream = path.endsWith(".gz") ? raw.pipe(createGunzip({ chunkSize: READ_BYTES })) : raw;
    const reader = new RecordReader(stream, splitRecords(stream, format));
    if (format.header !== null) await reader.checkHeader(path, format.header, format.delimiter);
    while (reader.next < from && (await reader.more())) reader.take();
    return reader;
  }

  async more(): Promise<boolean> {
    while (this.at >= this.queue.length && !this.ended) {
      const chunk = await this.chunks.next();
      if (chunk.done === true) this.ended = true;
      else [this.queue, this.at] = [chunk.value, 0];
    }
    return this.at < this.queue.length;
  }

  /** The next record; `more` must have said there is one. */
  take(): SplitRecord & { position: bigint } {
    const record = this.queue[this.at++];
    if (record === undefined) throw new Error("RecordReader.take without more");
    return { ...record, position: this.next++ };
  }

  close(): void {
    this.stream.destroy();
  }

  private async checkHeader(path: string, header: readonly string[], delimiter: string): Promise<void> {
    if (!(await this.more())) return;
    const line = this.queue[this.at++]?.bytes.toString("utf8") ?? "";
    const names = line.split(delimiter).map((name) => name.trim().replace(/^"(.*)"$/, "$1"));
    if (names.length === header.length && names.every((name, index) => name === header[index])) return;
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "csv_header_differs",
      message: `${path} begins with the columns ${names.join(", ").slice(0, 300)}; the mapping has ${header.join(", ")}.`,
      remedy: "Correct the mapping's columns, or deliver the file with the columns it names. Nothing of it was taken.",
      at: { path },
    });
  }
}
