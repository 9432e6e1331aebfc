import type { Readable } from "node:stream";

export interface ObjectInfo {
  readonly key: string;
  readonly size: number;
  readonly modifiedAtMs: number;
  /** Changes whenever the content does. */
  readonly etag: string;
}

/**
 * A flat object store. Keys are slash-separated, relative to the store's address. Everything resolves only once it is
 * durable; failures that may pass are ConcordanceErrors of kind "unavailable".
 */
export interface ObjectStore {
  /** A directory, or s3://bucket/prefix. */
  readonly address: string;
  /** Throws kind "not_found", code `no_such_object`. */
  get(key: string): Promise<Uint8Array>;
  head(key: string): Promise<ObjectInfo | null>;
  openRead(key: string): Promise<Readable>;
  /** In lexicographic order of the keys. */
  list(prefix: string, startAfter?: string): AsyncIterable<ObjectInfo>;
  /** Atomic: of any number of callers exactly one is told "created". */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<"created" | "exists">;
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Moves a finished local file into the store. */
  putFile(key: string, localPath: string): Promise<void>;
  move(from: string, to: string): Promise<void>;
  delete(keys: readonly string[]): Promise<void>;
  /** A path DuckDB can read: the file itself, or a cached copy. */
  localPath(key: string): Promise<string>;
  /** A directory for unfinished files, on the same file system as a local store. */
  readonly temporaryDirectory: string;
}
