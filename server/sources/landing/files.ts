import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { ConcordanceError } from "../../domain/errors";
import type { ObjectInfo, ObjectStore } from "../../lake/store/store";
import type { RawRecord } from "../../pipeline/records";
import { type SplitRecord, splitRecords } from "./splitter";

const READ_BYTES = 1 << 20;

/** Where landing files are: a folder of the lake's store, or paths given on the command line. */
export interface LandingFiles {
  list(): Promise<ObjectInfo[]>;
  head(path: string): Promise<ObjectInfo | null>;
  openRead(path: string): Promise<Readable>;
  /** Puts a consumed file aside; leaves it where its content is no longer what was consumed. */
  putAside(file: ObjectInfo): Promise<void>;
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
    putAside: async (file) => {
      if (after === "keep") return;
      if ((await store.head(file.key))?.etag !== file.etag) return;
      if (after === "delete") return store.delete([file.key]);
      const nowText = new Date().toISOString();
      const name = file.key.slice(prefix.length);
      const folder = `${prefix}_taken/${nowText.slice(0, 10)}`;
      const taken = (await store.head(`${folder}/${name}`)) !== null;
      // A name is often delivered again with new content: the earlier file is kept beside it.
      await store.move(
        file.key,
        taken ? `${folder}/${nowText.slice(11).replaceAll(":", "")}-${name}` : `${folder}/${name}`,
      );
    },
  };
}

/** Exactly these local files, for a one-shot run; they stay where they are. */
export function givenFiles(given: readonly string[]): LandingFiles {
  const paths = given.map((path) => resolve(path));
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

/**
 * Reads the file once, whole: its SHA-256, and that a gzip is not cut off. Throws code `truncated_gzip`, `bad_gzip` or
 * `input_unreadable`.
 */
export async function inspect(files: LandingFiles, path: string): Promise<string> {
  const digest = createHash("sha256");
  const raw = await files.openRead(path);
  raw.on("data", (chunk: Buffer) => digest.update(chunk));
  try {
    if (path.endsWith(".gz")) await pipeline(raw, createGunzip({ chunkSize: READ_BYTES }), drain);
    else await pipeline(raw, drain);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return digest.digest("hex");
}

/** A read that failed, told apart by zlib's and the system's own codes. The store's own errors pass as they are. */
function unreadable(path: string, cause: unknown): unknown {
  if (cause instanceof ConcordanceError || !(cause instanceof Error)) return cause;
  const system = "code" in cause ? String(cause.code) : "unknown";
  const facts = { kind: "invalid_input", at: { path }, cause } as const;
  if (system.startsWith("Z_")) {
    const cut = system === "Z_BUF_ERROR";
    return new ConcordanceError({
      ...facts,
      code: cut ? "truncated_gzip" : "bad_gzip",
      message: `${path} is ${cut ? "a gzip file that is cut off" : "not a readable gzip file"}; nothing of it was taken.`,
      remedy: "Deliver the whole file again under the same name; it is taken as soon as it is whole.",
    });
  }
  if (!UNREADABLE.has(system)) return cause;
  return new ConcordanceError({
    ...facts,
    code: "input_unreadable",
    message: `${path} cannot be read: ${cause.message}. Nothing of it was taken.`,
    remedy: "Give the path of a file (not of a folder) this user may read.",
  });
}

/** Only whole files are read, so zlib's complaint here means that the file changed; anything else may pass. */
function brokenOff(path: string, cause: unknown): unknown {
  if (cause instanceof ConcordanceError || !(cause instanceof Error)) return cause;
  const changed = "code" in cause && String(cause.code).startsWith("Z_");
  return new ConcordanceError({
    kind: changed ? "data_loss" : "unavailable",
    code: changed ? "landing_file_changed" : "input_unavailable",
    message: `Reading ${path} broke off: ${cause.message}.`,
    remedy: changed
      ? "The file changed while it was read: put it back as it was; reading then goes on by itself."
      : "Check the store; it is tried again from the last committed record.",
    at: { path },
    cause,
  });
}

const UNREADABLE = new Set(["EISDIR", "EACCES", "EPERM", "ENOENT", "ELOOP"]);

/** `pipe` hands on no errors: a failed read would leave the reader waiting for ever, and a closed reader the file open. */
function unzipped(raw: Readable): Readable {
  const gunzip = createGunzip({ chunkSize: READ_BYTES });
  raw.on("error", (error) => gunzip.destroy(error));
  gunzip.on("close", () => raw.destroy());
  return raw.pipe(gunzip);
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
    private readonly path: string,
    private readonly stream: Readable,
    private readonly chunks: AsyncGenerator<SplitRecord[]>,
  ) {}

  /** Opens a file and skips to record number `from` (header not counted). Throws code `csv_header_differs`. */
  static async open(files: LandingFiles, path: string, format: RecordFormat, from: bigint): Promise<RecordReader> {
    const raw = await files.openRead(path);
    const stream = path.endsWith(".gz") ? unzipped(raw) : raw;
    const reader = new RecordReader(path, stream, splitRecords(stream, format));
    if (format.header !== null) await reader.checkHeader(path, format.header, format.delimiter);
    while (reader.next < from && (await reader.more())) reader.take();
    return reader;
  }

  /** True where a record can be taken without waiting: asked first, a record costs no turn of the event loop. */
  ready(): boolean {
    return this.at < this.queue.length;
  }

  async more(): Promise<boolean> {
    while (this.at >= this.queue.length && !this.ended) {
      const chunk = await this.chunks.next().catch((cause: unknown) => {
        throw brokenOff(this.path, cause);
      });
      if (chunk.done === true) this.ended = true;
      else [this.queue, this.at] = [chunk.value, 0];
    }
    return this.at < this.queue.length;
  }

  /** The next record; `more` must have said there is one. */
  take(): RawRecord {
    const record = this.queue[this.at++];
    if (record === undefined) throw new Error("RecordReader.take without more");
    const { bytes, bytesTotal } = record;
    const position = this.next++;
    return bytesTotal === bytes.length ? { bytes, position } : { bytes, position, bytesTotal };
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
