import type { Admin, Batch } from "kafkajs";
import type { PartitionStatus, SourceSink } from "../../pipeline/source";
import { beyondEndFault, lossFault } from "./faults";
import type { TopicIdentity } from "./topic-identity";

export interface PositionsOptions {
  readonly source: string;
  readonly topic: string;
  readonly identity: TopicIdentity;
  readonly acceptLoss: readonly string[];
}

interface Ends {
  readonly low: bigint;
  readonly high: bigint;
}

interface Place {
  /** Offset that must be read next; null until the marks were asked. */
  next: bigint | null;
  /** Whether the consumer was seen, or told, to read at `next`: only then does it skip nothing but what has no records. */
  aligned: boolean;
  /** The question to the marks that is on its way, and how often what was known has been forgotten. */
  asking: Promise<bigint> | null;
  forgotten: number;
  ends: Ends | null;
  /** Of the newest record read, milliseconds since the epoch. */
  timestampMs: number | null;
  /** When records were last handed on, and the mark last told as committed: what was dropped shows as a gap that stays. */
  handedOnMs: number;
  committed: bigint | null;
}

const PREFIX = "kafka/";

/** Where each partition stands. The truth is in the marks; what is here is forgotten whenever somebody else may have moved them. */
export class Positions {
  private readonly places = new Map<number, Place>();
  private owned: readonly number[] = [];

  constructor(private readonly options: PositionsOptions) {}

  /** Name of the mark: another cluster, or a topic made again under the name, has marks of its own. */
  appId(partition: number): string {
    return `${this.prefix()}${partition}`;
  }

  private prefix(): string {
    const { topic, identity } = this.options;
    return `${PREFIX}${identity.clusterId}/${topic}/${identity.topicId}/`;
  }

  appIds(): string[] {
    return [...this.places.keys()].map((partition) => this.appId(partition));
  }

  partitionsOf(marks: ReadonlyMap<string, bigint>): { partition: number; mark: bigint }[] {
    return this.owned.flatMap((partition) => {
      const mark = marks.get(this.appId(partition));
      return mark === undefined ? [] : [{ partition, mark }];
    });
  }

  /** Before anything is read: whether marks of another topic or cluster of this name say that records are gone unread. */
  async decideAll(sink: SourceSink, admin: Admin): Promise<void> {
    await this.refuseOtherIdentity(sink);
    for (const { partition, low, high } of await admin.fetchTopicOffsets(this.options.topic)) {
      this.place(partition).ends = { low: BigInt(low), high: BigInt(high) };
      await this.check(partition, await this.expected(partition, sink, admin), admin);
    }
    this.forgetAll();
  }

  private async refuseOtherIdentity(sink: SourceSink): Promise<void> {
    const { topic, identity, acceptLoss, source } = this.options;
    const marks = await sink.knownMarks(PREFIX);
    const own = [...marks.keys()].some((appId) => appId.startsWith(this.prefix()));
    if (own) return;
    for (const appId of marks.keys()) {
      const [clusterId, known, topicId] = appId.slice(PREFIX.length).split("/");
      if (known !== topic) continue;
      const replaced = clusterId !== identity.clusterId;
      const token = replaced ? `cluster:${identity.clusterId}` : `topic:${identity.topicId}`;
      if (acceptLoss.includes(token)) continue;
      throw lossFault({
        code: replaced ? "cluster_replaced" : "topic_recreated",
        token,
        message: replaced
          ? `${source}: the cluster behind the brokers is ${identity.clusterId}; ${topic} was read from ${clusterId} before. What that one held unread is not here.`
          : `${source}: the topic ${topic} was deleted and made again (id ${topicId} before, ${identity.topicId} now). What the former held unread is gone.`,
      });
    }
  }

  /** The next offset by the lake's marks; the log's start where there are none. Waits for what is on its way. */
  async expected(partition: number, sink: SourceSink, admin: Admin): Promise<bigint> {
    const place = this.place(partition);
    if (place.next !== null) return place.next;
    place.asking ??= this.ask(partition, sink, admin).finally(() => {
      place.asking = null;
    });
    return place.asking;
  }

  /** An answer given while the position was forgotten again may be of yesterday: it is asked for once more. */
  private async ask(partition: number, sink: SourceSink, admin: Admin): Promise<bigint> {
    const place = this.place(partition);
    for (;;) {
      const { forgotten } = place;
      const mark = await sink.lowestMark(this.appId(partition));
      const start = mark === null ? (place.ends ?? (await this.readEnds(partition, admin))).low : mark + 1n;
      if (place.forgotten !== forgotten) continue;
      place.next = this.accepted(partition, start);
      place.committed = place.next - 1n;
      return place.next;
    }
  }

  /**
   * Whether a batch fetched at this offset is the one to take. The group may remember an offset beyond the marks (another
   * lake's, or of records that were dropped before they were committed), so being ahead is only right for a consumer that
   * was at the expected offset before: then what lies between were aborted or control records.
   */
  isDue(partition: number, fetchedAt: bigint, expected: bigint): boolean {
    const place = this.place(partition);
    if (fetchedAt === expected) place.aligned = true;
    return fetchedAt >= expected && place.aligned;
  }

  /** The consumer is told to read at the expected offset; its next fetch begins there. */
  sought(partition: number): void {
    this.place(partition).aligned = true;
  }

  /** A person has accepted that everything below the token's offset is gone. */
  private accepted(partition: number, start: bigint): bigint {
    const tokens = this.options.acceptLoss.flatMap((token) => {
      const match = /^retention:(\d+):(\d+)$/.exec(token);
      return match !== null && Number(match[1]) === partition ? [BigInt(match[2] ?? "0")] : [];
    });
    let accepted = start;
    for (const offset of tokens) if (offset > accepted) accepted = offset;
    return accepted;
  }

  /** kafkajs moves silently where a position lies outside the log: so it is looked at here. Throws a loss fault. */
  async check(partition: number, expected: bigint, admin: Admin): Promise<void> {
    const { source, topic } = this.options;
    const { low, high } = await this.readEnds(partition, admin);
    if (expected < low) {
      throw lossFault({
        code: "retention_passed_mark",
        token: `retention:${partition}:${low}`,
        message: `${source}: partition ${partition} of ${topic} begins at ${low}, but the lake holds everything only up to ${expected - 1n}: ${low - expected} records were removed by retention before they were read.`,
      });
    }
    if (expected > high) {
      throw beyondEndFault(
        `${source}: partition ${partition} of ${topic} ends at ${high}, but the lake already holds ${expected - 1n}: the log was cut behind records that had been read.`,
      );
    }
  }

  private async readEnds(partition: number, admin: Admin): Promise<Ends> {
    this.ends(await admin.fetchTopicOffsets(this.options.topic));
    return this.place(partition).ends ?? { low: 0n, high: 0n };
  }

  ends(offsets: readonly { partition: number; low: string; high: string }[]): void {
    for (const { partition, low, high } of offsets) {
      this.place(partition).ends = { low: BigInt(low), high: BigInt(high) };
    }
  }

  took(partition: number, next: bigint, batch: Batch): void {
    const place = this.place(partition);
    place.next = next;
    place.handedOnMs = Date.now();
    const newest = batch.messages.at(-1)?.timestamp;
    if (newest !== undefined) place.timestampMs = Number(newest);
  }

  committed(partition: number, mark: bigint): void {
    this.place(partition).committed = mark;
  }

  /** Partitions whose records were handed on so long ago that their batch must have been dropped: another writer was faster. */
  overdue(nowMs: number, afterMs: number): number[] {
    return this.owned.filter((partition) => {
      const { next, committed, handedOnMs } = this.place(partition);
      return handedOnMs > 0 && next !== null && (committed ?? -1n) < next - 1n && nowMs - handedOnMs > afterMs;
    });
  }

  forget(partition: number): void {
    const place = this.place(partition);
    place.next = null;
    place.aligned = false;
    place.forgotten++;
  }

  private forgetAll(): void {
    for (const partition of this.places.keys()) this.forget(partition);
  }

  /** The partitions this member has now; returns the marks of those it must let go of. */
  assigned(partitions: readonly number[]): string[] {
    const lost = this.owned.filter((partition) => !partitions.includes(partition));
    this.owned = [...partitions];
    // In between another member may have read on: the marks are asked again.
    this.forgetAll();
    return lost.map((partition) => this.appId(partition));
  }

  status(nowMs: number): PartitionStatus[] {
    return [...this.places.entries()]
      .sort(([a], [b]) => a - b)
      .filter(([partition]) => this.owned.includes(partition))
      .map(([partition, { next, ends, timestampMs }]) => {
        const behind = next === null || ends === null ? null : ends.high > next ? ends.high - next : 0n;
        return {
          partition: String(partition),
          position: next,
          low: ends?.low ?? null,
          high: ends?.high ?? null,
          lagMessages: behind,
          lagSeconds:
            behind === 0n ? 0 : behind === null || timestampMs === null ? null : (nowMs - timestampMs) / 1_000,
        };
      });
  }

  private place(partition: number): Place {
    const known = this.places.get(partition);
    if (known !== undefined) return known;
    const made: Place = {
      next: null,
      aligned: false,
      asking: null,
      forgotten: 0,
      ends: null,
      timestampMs: null,
      handedOnMs: 0,
      committed: null,
    };
    this.places.set(partition, made);
    return made;
  }
}
