import { existsSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { ConcordanceError } from "../../server/domain/errors";
import { commitKey, decodeActions } from "../../server/lake/log";
import type { ObjectInfo, ObjectStore } from "../../server/lake/store/store";

interface Stored {
  readonly bytes: Uint8Array;
  readonly modifiedAtMs: number;
  readonly etag: string;
}

const COMMIT = /^tables\/([^/]+)\/_delta_log\/(\d{20})\.json$/;

/**
 * Objects in memory, and their data files in a directory so that DuckDB can read them. Nothing is ever really lost here: what
 * was deleted is kept aside, so that the end of a run can be recounted from its beginning.
 */
export class Bucket {
  readonly objects = new Map<string, Stored>();
  readonly deleted = new Map<string, Stored>();
  /** Highest mark ever committed, by table and name: what an all-seeing observer knows. */
  readonly marks = new Map<string, bigint>();
  /** Newest version of each table that added rows. */
  readonly newestRows = new Map<string, bigint>();
  /** Commits that were written over, which no store and no writer may do. */
  readonly overwritten: string[] = [];
  private writes = 0;

  constructor(
    readonly directory: string,
    private readonly nowMs: () => number,
  ) {
    mkdirSync(join(directory, "data"), { recursive: true });
    mkdirSync(this.temporaryDirectory, { recursive: true });
  }

  get temporaryDirectory(): string {
    return join(this.directory, "tmp");
  }

  pathOf(key: string): string {
    return join(this.directory, "data", key.replaceAll("/", "!"));
  }

  get(key: string): Uint8Array {
    const stored = this.objects.get(key);
    if (stored === undefined) throw noSuchObject(key);
    return stored.bytes;
  }

  info(key: string): ObjectInfo | null {
    const stored = this.objects.get(key);
    if (stored === undefined) return null;
    return { key, size: stored.bytes.byteLength, modifiedAtMs: stored.modifiedAtMs, etag: stored.etag };
  }

  put(key: string, bytes: Uint8Array): void {
    const commit = COMMIT.exec(key);
    if (commit !== null) {
      if (this.objects.has(key)) this.overwritten.push(key);
      this.observe(commit[1] ?? "", BigInt(commit[2] ?? "0"), bytes, key);
    }
    this.objects.set(key, { bytes, modifiedAtMs: this.nowMs(), etag: String(++this.writes) });
  }

  putFile(key: string, localPath: string): void {
    this.put(key, readFileSync(localPath));
    renameSync(localPath, this.pathOf(key));
  }

  delete(key: string): void {
    const stored = this.objects.get(key);
    if (stored === undefined) return;
    this.deleted.set(key, stored);
    this.objects.delete(key);
    if (existsSync(this.pathOf(key))) renameSync(this.pathOf(key), `${this.pathOf(key)}.deleted`);
  }

  /** Changes an object behind everybody's back. */
  putBack(key: string, bytes: Uint8Array): void {
    this.objects.set(key, { bytes, modifiedAtMs: this.nowMs(), etag: String(++this.writes) });
    if (key.includes("/data/")) writeFileSync(this.pathOf(key), bytes);
  }

  takeAway(key: string): void {
    this.objects.delete(key);
    if (existsSync(this.pathOf(key))) unlinkSync(this.pathOf(key));
  }

  keys(prefix: string, startAfter: string): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > startAfter).sort();
  }

  /** Everything these prefixes ever held, as another bucket. */
  wholeHistory(prefixes: readonly string[], directory: string): Bucket {
    const copy = new Bucket(directory, this.nowMs);
    for (const [key, stored] of [...this.deleted, ...this.objects]) {
      if (!prefixes.some((prefix) => key.startsWith(prefix))) continue;
      copy.objects.set(key, stored);
      if (key.includes("/data/")) writeFileSync(copy.pathOf(key), stored.bytes);
    }
    return copy;
  }

  /** The files of a table as of a version, by replaying every commit there ever was. */
  filesAt(table: string, version: number): string[] {
    const paths = new Set<string>();
    for (let next = 0; next <= version; next++) {
      const key = commitKey(table, next);
      const stored = this.objects.get(key) ?? this.deleted.get(key);
      for (const { add, remove } of stored === undefined ? [] : decodeActions(stored.bytes, key)) {
        if (remove) paths.delete(remove.path);
        if (add) paths.add(add.path);
      }
    }
    return [...paths].sort();
  }

  private observe(table: string, version: bigint, bytes: Uint8Array, key: string): void {
    for (const { txn, add } of decodeActions(bytes, key)) {
      if (add?.dataChange === true) this.newestRows.set(table, version);
      if (txn !== undefined) this.marks.set(markKey(table, txn.appId), BigInt(txn.version));
    }
  }
}

export const markKey = (table: string, appId: string): string => `${table} ${appId}`;

export const noSuchObject = (key: string): ConcordanceError =>
  new ConcordanceError({ kind: "not_found", code: "no_such_object", message: `${key} does not exist.`, at: { key } });

/** The bucket as a store without faults and without waiting: for whoever looks at it when all processes are gone. */
export function openPlainStore(bucket: Bucket): ObjectStore {
  return {
    address: bucket.directory,
    temporaryDirectory: bucket.temporaryDirectory,
    get: async (key) => bucket.get(key),
    head: async (key) => bucket.info(key),
    openRead: async (key) => Readable.from([bucket.get(key)]),
    list: async function* (prefix, startAfter = "") {
      for (const key of bucket.keys(prefix, startAfter)) {
        const info = bucket.info(key);
        if (info !== null) yield info;
      }
    },
    putIfAbsent: async (key, bytes) => {
      if (bucket.objects.has(key)) return "exists";
      bucket.put(key, bytes);
      return "created";
    },
    put: async (key, bytes) => bucket.put(key, bytes),
    putFile: async (key, localPath) => bucket.putFile(key, localPath),
    move: async (from, to) => {
      bucket.put(to, bucket.get(from));
      bucket.delete(from);
    },
    delete: async (keys) => {
      for (const key of keys) bucket.delete(key);
    },
    localPath: async (key) => bucket.pathOf(key),
  };
}
