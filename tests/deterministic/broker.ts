import { ConcordanceError } from "../../server/domain/errors";
import type { Source, SourceGroup, SourceSink, SourceStatus } from "../../server/pipeline/source";
import type { Random } from "./random";
import { coordinates, type Stream } from "./records";
import type { Actor, Scheduler } from "./scheduler";

const POLL_MS = 15;
/** Records handed on so long ago without a commit must have been dropped with their batch, as the Kafka source sees it. */
const DROPPED_MS = 3_000;
const BATCH_RECORDS_MAX = 12;
/** How far back a delivery may begin, records. */
const REDELIVERED_MAX = 6;

/**
 * What stands before the sources: who may read which stream, and how much of it is there already. A member learns of a
 * change late, and goes on as an owner until then.
 */
export class Broker {
  private readonly members: Actor[] = [];
  private readonly owners = new Map<string, Actor>();
  private readonly released = new Map<string, number>();
  redeliveries = true;

  constructor(
    readonly streams: readonly Stream[],
    readonly random: Random,
    readonly scheduler: Scheduler,
  ) {}

  join(actor: Actor): void {
    this.members.push(actor);
    this.rebalance();
  }

  leave(actor: Actor): void {
    const at = this.members.indexOf(actor);
    if (at >= 0) this.members.splice(at, 1);
    this.rebalance();
  }

  /** Shares the streams out anew among those that answer. */
  rebalance(): void {
    const awake = this.members.filter(({ alive, frozenUntilMs }) => alive && frozenUntilMs <= this.scheduler.nowMs);
    if (awake.length === 0) return;
    for (const { appId } of this.streams) this.owners.set(appId, this.random.pick(awake));
  }

  ownedBy(actor: Actor, source: string): Stream[] {
    return this.streams.filter((stream) => stream.source === source && this.owners.get(stream.appId) === actor);
  }

  /** More has arrived at the broker. */
  release(all: boolean): void {
    for (const stream of this.streams) {
      const before = this.availableOf(stream);
      this.released.set(stream.appId, all ? Number(stream.lastMark) + 1 : before + this.random.below(10));
    }
  }

  /** How many records of the stream are there. */
  availableOf(stream: Stream): number {
    return Math.min(this.released.get(stream.appId) ?? 0, Number(stream.lastMark) + 1);
  }
}

/** One member's view of one source. */
export class SimulatedSource implements Source {
  private readonly positions = new Map<string, bigint>();
  private readonly committed = new Map<string, bigint>();
  private readonly handedOnMs = new Map<string, number>();
  private owned: readonly Stream[] = [];

  constructor(
    readonly name: string,
    private readonly broker: Broker,
    private readonly actor: Actor,
    private readonly onPushed: (coordinates: string) => void,
  ) {}

  status(): SourceStatus {
    return { state: "running", code: null, message: null, remedy: null, partitions: [] };
  }

  async run(sink: SourceSink, signal: AbortSignal): Promise<void> {
    const { random } = this.broker;
    const unsubscribe = sink.onCommitted((marks) => {
      for (const [appId, mark] of marks) this.committed.set(appId, mark);
    });
    while (!signal.aborted) {
      // A member that has not heard of the rebalance reads on as before.
      if (random.chance(0.8)) this.heed(sink);
      let read = false;
      for (const stream of this.owned) read = (await this.take(stream, sink)) || read;
      if (!read) await new Promise<void>((resolve) => setTimeout(resolve, POLL_MS));
    }
    unsubscribe();
    sink.discard([...this.positions.keys()]);
  }

  /** As the Kafka source does on joining: lets go of what it lost, and asks the marks again for all it has. */
  private heed(sink: SourceSink): void {
    const now = this.broker.ownedBy(this.actor, this.name);
    const same = now.length === this.owned.length && now.every((stream) => this.owned.includes(stream));
    if (same) return;
    sink.discard(this.owned.filter((stream) => !now.includes(stream)).map(({ appId }) => appId));
    this.positions.clear();
    this.owned = now;
  }

  private async take(stream: Stream, sink: SourceSink): Promise<boolean> {
    const { appId } = stream;
    this.forgetDropped(stream);
    const position = this.positions.get(appId) ?? (await this.ask(stream, sink));
    const available = BigInt(this.broker.availableOf(stream));
    if (position >= available) return false;
    const { group, next } = this.groupFrom(stream, position, available);
    try {
      for (const { source, partition, records } of group.batches) {
        for (const record of records) this.onPushed(coordinates(source, partition, record.position));
      }
      await sink.push(group);
    } catch (error) {
      if (!(error instanceof ConcordanceError) || error.code !== "fenced") throw error;
      this.positions.delete(appId);
      return true;
    }
    this.positions.set(appId, next);
    this.handedOnMs.set(appId, Date.now());
    return true;
  }

  private async ask(stream: Stream, sink: SourceSink): Promise<bigint> {
    const mark = await sink.lowestMark(stream.appId);
    const next = mark === null ? 0n : mark + 1n;
    this.positions.set(stream.appId, next);
    this.committed.set(stream.appId, next - 1n);
    return next;
  }

  private forgetDropped({ appId }: Stream): void {
    const next = this.positions.get(appId);
    const handedOnMs = this.handedOnMs.get(appId);
    if (next === undefined || handedOnMs === undefined) return;
    const waiting = (this.committed.get(appId) ?? -1n) < next - 1n;
    if (waiting && Date.now() - handedOnMs > DROPPED_MS) this.positions.delete(appId);
  }

  private groupFrom(stream: Stream, position: bigint, available: bigint): { group: SourceGroup; next: bigint } {
    const { random, redeliveries } = this.broker;
    const again = redeliveries && random.chance(0.3) ? random.below(REDELIVERED_MAX) : 0;
    const until = Math.min(Number(available), Number(position) + 1 + random.below(BATCH_RECORDS_MAX));
    const records = stream.records.slice(Math.max(0, Number(position) - again), until);
    const group: SourceGroup = {
      source: stream.source,
      appId: stream.appId,
      markPer: "record",
      markVersion: BigInt(until - 1),
      batches: [{ source: stream.source, partition: stream.partition, records }],
      bytes: 1,
      arrivedAtMs: Date.now(),
    };
    return { group, next: BigInt(until) };
  }
}
