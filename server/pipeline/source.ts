import type { RawBatch } from "./records";

/**
 * The unit a source hands over and a table's mark moves past.
 *
 * Kafka: one batch of one partition, `markVersion` its last offset, `markPer` "record" (a record's own mark is its position).
 * Landing zone: everything one plan lists (one batch per file), `markVersion` the plan's number, `markPer` "group".
 */
export interface SourceGroup {
  readonly source: string;
  /** Name of the progress mark in the table logs (Delta `txn.appId`). */
  readonly appId: string;
  readonly markVersion: bigint;
  readonly markPer: "record" | "group";
  readonly batches: readonly RawBatch[];
  readonly bytes: number;
  /** When the source read it, milliseconds since the epoch. */
  readonly arrivedAtMs: number;
}

/** What a source writes to. The table logs behind it are the only truth about progress. */
export interface SourceSink {
  /** Lowest mark over the tables this source feeds, read fresh from their logs; null where one of them has none. */
  lowestMark(appId: string): Promise<bigint | null>;
  /** Every mark name the fed tables hold that starts with `prefix`, with its lowest version: how a source sees an older topic or cluster. */
  knownMarks(prefix: string): Promise<ReadonlyMap<string, bigint>>;
  /**
   * Takes a group for the next flush; resolves when there is room for more (back-pressure).
   * Rejects with code "fenced" when another writer moved this mark: seek to the lowest mark + 1 and go on.
   */
  push(group: SourceGroup): Promise<void>;
  /** Forgets what is not yet flushed of these marks, e.g. after a partition was revoked. */
  discard(appIds: readonly string[]): void;
  /** Resolves when everything pushed so far is committed. */
  flush(): Promise<void>;
  /** Called after each commit with the marks it moved, so that a source can report or archive. Returns the unsubscribe function. */
  onCommitted(listener: (marks: ReadonlyMap<string, bigint>) => void): () => void;
}

export interface PartitionStatus {
  readonly partition: string;
  readonly position: bigint | null;
  readonly low: bigint | null;
  readonly high: bigint | null;
  readonly lagMessages: bigint | null;
  readonly lagSeconds: number | null;
}

export interface SourceStatus {
  readonly state: "starting" | "running" | "waiting" | "stopped" | "failed";
  readonly code: string | null;
  readonly message: string | null;
  readonly remedy: string | null;
  readonly partitions: readonly PartitionStatus[];
}

/** A transport: it decides where reading starts from the sink's marks, and pushes groups until told to stop or drained. */
export interface Source {
  readonly name: string;
  run(sink: SourceSink, signal: AbortSignal): Promise<void>;
  status(): SourceStatus;
}
