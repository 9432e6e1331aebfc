import { ConcordanceError, invariant } from "../domain/errors";
import type { TableSpec } from "../lake/types";
import { absorbGroup, type Held } from "./absorb";
import { DedupeIndex } from "./dedupe";
import { Flusher, type FlushOutcome, type ForeignFiles } from "./flush";
import type { IndexerOptions, IndexerSource } from "./indexer-options";
import { MicroBatch } from "./micro-batch";
import type { SourceGroup, SourceSink } from "./source";
import { FRAUD_SIGNALS, INGEST_BALANCE, QUARANTINE, TRANSACTIONS } from "./tables";
import { readNewestEventTime, Watermarks } from "./watermark";

export interface IndexerStatus {
  readonly state: "running" | "waiting" | "failed";
  readonly message: string | null;
  readonly remedy: string | null;
  readonly lastCommitMs: number | null;
  readonly recordsIn: number;
  readonly batches: number;
}

/**
 * Turns groups of raw records into committed rows. Holds no truth: progress is in the table logs, and what it keeps in
 * memory (keys seen, watermarks) is a cache of them, thrown away when a commit is lost.
 */
export class Indexer {
  private readonly options: IndexerOptions;
  private readonly flusher: Flusher;
  private readonly dedupe: ReadonlyMap<string, DedupeIndex>;
  private readonly watermarks = new Watermarks();
  private readonly held = new Map<string, Held>();
  private readonly fenced = new Set<string>();
  /** Highest version taken per mark since its source last asked where to start: a redelivery is dropped, not taken twice. */
  private readonly pushed = new Map<string, bigint>();
  private readonly listeners = new Set<{ source: string; notify: (marks: ReadonlyMap<string, bigint>) => void }>();
  /** Marks pushed since the last commit, by source: a listener only hears of its own. */
  private readonly sourceOf = new Map<string, string>();
  private batch: MicroBatch;
  private inFlight: Promise<void> = Promise.resolve();
  /** Absorbing a group and exchanging the batch take turns: a batch is never sealed while a group is still going into it. */
  private turn: Promise<unknown> = Promise.resolve();
  private flushQueued = false;
  private timer: NodeJS.Timeout | null = null;
  private failure: unknown = null;
  private facts = { lastCommitMs: null as number | null, recordsIn: 0, batches: 0 };

  constructor(options: IndexerOptions) {
    this.options = options;
    this.flusher = new Flusher(options);
    this.dedupe = new Map([TRANSACTIONS, FRAUD_SIGNALS].map((spec) => [spec.name, this.dedupeIndex(spec)] as const));
    this.batch = this.newBatch();
  }

  /** Starts flushing by age. */
  start(): void {
    this.timer = setInterval(
      () => {
        const age = Date.now() - this.batch.openedAtMs;
        if (!this.batch.empty && age >= this.options.limits.flushAgeMs) this.flushSoon();
      },
      Math.max(10, this.options.limits.flushAgeMs / 10),
    );
  }

  /** Commits what was pushed and stops. Sources must have stopped before. */
  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    if (this.failure === null) await this.flush();
    this.flusher.stop();
  }

  /** Resolves when no write is under way, whatever became of it. */
  async idle(): Promise<void> {
    await this.inFlight;
  }

  status(): IndexerStatus {
    const waiting = this.flusher.waitingFor();
    if (this.failure !== null) {
      const message = this.failure instanceof Error ? this.failure.message : String(this.failure);
      return { state: "failed", message, remedy: "The indexer restarts from its marks.", ...this.facts };
    }
    if (waiting !== null) {
      return { state: "waiting", message: waiting.message, remedy: waiting.remedy, ...this.facts };
    }
    return { state: "running", message: null, remedy: null, ...this.facts };
  }

  sinkFor(sourceName: string): SourceSink {
    const source = this.options.sources.find((candidate) => candidate.name === sourceName);
    if (source === undefined) throw new Error(`indexer: no source ${sourceName}`);
    const tables = this.tablesFedBy(source);
    return {
      lowestMark: (appId) => this.inTurn(() => this.whereToRead(appId, tables)),
      knownMarks: (prefix) => this.flusher.knownMarks(tables, prefix),
      push: (group) => this.push(source, group),
      discard: (appIds) => {
        for (const appId of appIds) this.fenced.add(appId);
      },
      flush: () => this.flush(),
      onCommitted: (notify) => {
        const listener = { source: sourceName, notify };
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
      },
    };
  }

  /**
   * In turn with pushing, and after what is on its way is decided: nothing the answer says is still to be read can be in
   * memory then, nor come in while it is given.
   */
  private async whereToRead(appId: string, tables: readonly string[]): Promise<bigint | null> {
    if (this.batch.marks.has(appId)) await this.startFlush();
    await this.settled();
    this.fenced.delete(appId);
    this.held.delete(appId);
    const lowest = await this.flusher.lowestMark(tables, appId);
    if (lowest === null) this.pushed.delete(appId);
    else this.pushed.set(appId, lowest);
    return lowest;
  }

  /** Resolves when everything pushed before the call is committed. */
  async flush(): Promise<void> {
    await this.inTurn(() => this.startFlush());
    await this.settled();
  }

  private async settled(): Promise<void> {
    await this.inFlight;
    if (this.failure !== null) throw this.failure;
  }

  private push(source: IndexerSource, group: SourceGroup): Promise<void> {
    return this.inTurn(() => this.absorb(source, group));
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.turn.catch(() => undefined).then(work);
    this.turn = run;
    return run;
  }

  private async absorb(source: IndexerSource, delivered: SourceGroup): Promise<void> {
    const group = withoutRedelivered(delivered, this.pushed.get(delivered.appId) ?? -1n);
    if (group === null) return;
    if (this.failure !== null) throw this.failure;
    if (this.fenced.has(group.appId)) throw fencedError(group.appId);
    if (this.full()) await this.startFlush();
    if (this.fenced.has(group.appId)) throw fencedError(group.appId);
    const { batch } = this;
    const held = await this.heldBy(source, group);
    this.expectNotLost(batch, group.appId);
    const taken = this.pushed.get(group.appId);
    invariant(
      group.markPer === "record" || taken === undefined || group.markVersion === taken + 1n,
      `${group.appId}: batch ${group.markVersion} came after ${taken}: one is missing`,
    );
    this.pushed.set(group.appId, group.markVersion);
    this.sourceOf.set(group.appId, source.name);
    batch.producedBy.set(group.appId, source.produces);
    await this.flusher.withDecodeConnection((connection) =>
      absorbGroup(group, {
        batch,
        connection,
        table: this.options.lake.table(source.produces),
        decode: source.decode,
        dedupe: source.dedupe === "event" ? (this.dedupe.get(source.produces) ?? null) : null,
        watermarks: this.watermarks,
        rules: this.options.rules(),
        held,
        nowMicros: this.options.nowMicros(),
      }),
    );
    this.expectNotLost(batch, group.appId);
    if (this.full()) this.flushSoon();
  }

  /** Throws "fenced" where the batch before was lost meanwhile: this one went with it, and what was read for it holds no more. */
  private expectNotLost(batch: MicroBatch, appId: string): void {
    if (this.batch === batch) return;
    this.fenced.add(appId);
    throw fencedError(appId);
  }

  private full(): boolean {
    const { flushRows, flushBytes } = this.options.limits;
    return this.batch.rows >= flushRows || this.batch.bytesIn >= flushBytes;
  }

  /** Has the batch flushed at its next turn. */
  private flushSoon(): void {
    if (this.flushQueued) return;
    this.flushQueued = true;
    void this.inTurn(() => this.startFlush()).finally(() => {
      this.flushQueued = false;
    });
  }

  /** Waits for the flush in flight, then starts the next one; resolves when that one has started. Only in turn. */
  private async startFlush(): Promise<void> {
    await this.inFlight;
    const { batch } = this;
    if (batch.empty || this.failure !== null) return;
    this.batch = this.newBatch();
    this.inFlight = this.flushBatch(batch);
  }

  private async flushBatch(batch: MicroBatch): Promise<void> {
    const moments = [...this.dedupe.values()].map((index) => [index, index.moment()] as const);
    try {
      const outcome = await this.flusher.flush(batch);
      if (outcome.kind === "lost") return this.drop(batch, outcome);
      for (const [index, moment] of moments) index.committedUntil(moment);
      await this.absorbForeign(outcome.foreign);
      this.committed(batch);
    } catch (error) {
      this.failure = error;
      this.options.log.error(
        { err: error, batchId: batch.id },
        "flush failed; the indexer stops and restarts from its marks",
      );
    }
  }

  private committed(batch: MicroBatch): void {
    this.facts = {
      lastCommitMs: Date.now(),
      recordsIn: this.facts.recordsIn + batch.recordsIn,
      batches: this.facts.batches + 1,
    };
    for (const listener of this.listeners) {
      const own = [...batch.marks].filter(([appId]) => this.sourceOf.get(appId) === listener.source);
      if (own.length > 0) listener.notify(new Map(own));
    }
  }

  /** Another writer moved one of our marks: nothing of this process's memory can be trusted for these marks any more. */
  private drop(batch: MicroBatch, outcome: Extract<FlushOutcome, { kind: "lost" }>): void {
    const dropped = [...batch.marks.keys(), ...this.batch.marks.keys()];
    this.batch = this.newBatch();
    for (const appId of dropped) this.fenced.add(appId);
    for (const index of this.dedupe.values()) index.clear();
    this.watermarks.clear();
    this.held.clear();
    this.options.log.warn(
      { batchId: batch.id, ...outcome, marks: dropped },
      "another writer moved a mark: batch dropped, sources seek again",
    );
  }

  private async absorbForeign(foreign: ForeignFiles): Promise<void> {
    for (const [table, files] of foreign) {
      const index = this.dedupe.get(table);
      if (index !== undefined) await this.flusher.withDecodeConnection((connection) => index.absorb(connection, files));
    }
  }

  private async heldBy(source: IndexerSource, group: SourceGroup): Promise<Held> {
    const known = this.held.get(group.appId);
    if (known !== undefined) return known;
    const held = await this.flusher.held(source.produces, this.options.alertsSpec.name, group.appId);
    // Records before these may have been another writer's: what it stored must be known before the next is called new.
    await this.absorbForeign(await this.flusher.foreignSince(source.produces));
    this.held.set(group.appId, held);
    if (!this.watermarks.has(group.appId)) {
      const partition = group.markPer === "record" ? (group.batches[0]?.partition ?? null) : null;
      const newest = await this.flusher.withDecodeConnection((connection) =>
        readNewestEventTime(connection, this.options.lake.table(INGEST_BALANCE.name), source.name, partition),
      );
      this.watermarks.set(group.appId, newest);
    }
    return held;
  }

  private tablesFedBy(source: IndexerSource): string[] {
    const common = [source.produces, QUARANTINE.name, INGEST_BALANCE.name];
    return source.produces === "transactions" ? [...common, this.options.alertsSpec.name] : common;
  }

  private newBatch(): MicroBatch {
    return new MicroBatch(this.options.alertsSpec, Date.now());
  }

  private dedupeIndex(spec: TableSpec): DedupeIndex {
    const { lake, limits, sources } = this.options;
    const names = sources.filter((source) => source.dedupe === "event" && source.produces === spec.name);
    return new DedupeIndex({
      spec,
      store: lake.store,
      sources: new Set(names.map((source) => source.name)),
      bytesMax: limits.dedupeBytesMax,
    });
  }
}

function withoutRedelivered(group: SourceGroup, taken: bigint): SourceGroup | null {
  if (group.markVersion <= taken) return null;
  if (group.markPer === "group") return group;
  const batches = group.batches.map((batch) => ({
    ...batch,
    records:
      (batch.records[0]?.position ?? 0n) > taken ? batch.records : batch.records.filter((r) => r.position > taken),
  }));
  return { ...group, batches };
}

const fencedError = (appId: string) =>
  new ConcordanceError({
    kind: "conflict",
    code: "fenced",
    message: `Progress of ${appId} was moved by another writer or its partition was given away.`,
    remedy: "The source seeks to the lowest mark and goes on by itself.",
    at: { appId },
  });
