import type { Admin, Batch, Consumer, EachBatchPayload } from "kafkajs";
import { ConcordanceError } from "../../domain/errors";
import type { Logger } from "../../observability/log";
import { pause } from "../../pipeline/pause";
import type { PartitionStatus, Source, SourceSink, SourceStatus } from "../../pipeline/source";
import { type KafkaConnection, openKafka } from "./connection";
import { kafkaFault, LOSS_CODES, missingTopic } from "./faults";
import { groupOf } from "./group";
import { Positions } from "./positions";
import { type TopicIdentity, TopicIdentityReader } from "./topic-identity";

export interface KafkaSourceOptions {
  readonly name: string;
  readonly topic: string;
  /** Consumer group: it shares the partitions out; its committed offsets are advisory. */
  readonly groupId: string;
  readonly connection: KafkaConnection;
  /** Tokens of losses a person has accepted, as the fault's remedy gives them. */
  readonly acceptLoss: readonly string[];
  readonly log: Logger;
  /** Milliseconds; a member whose heart stops that long loses its partitions. */
  readonly sessionTimeoutMs?: number;
  /** Milliseconds without any answer to a fetch, after which the consumer is started anew. */
  readonly silenceMs?: number;
  /** Milliseconds between looks at the ends of the partitions. */
  readonly lookMs?: number;
}

const SESSION_TIMEOUT_MS = 10_000;
const SILENCE_MS = 20_000;
const LOOK_MS = 1_000;
const IDENTITY_EVERY_MS = 5_000;
/** A fetch brings this much per partition at most, and in all: what waits in memory is bounded by it. */
const PARTITION_BYTES_MAX = 1_048_576;
const FETCH_BYTES_MAX = 8_388_608;
const FETCH_WAIT_MS = 250;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 5_000;
const HEARTBEAT_MS = 500;
const OVER_PAUSE_MS = 100;
const FAREWELL_MS = 3_000;
const DROPPED_MS = 3_000;
const NEVER = new AbortController().signal;

/** A topic as a source: exactly once by the marks in the lake, loud about every record that is gone unread. */
export function createKafkaSource(options: KafkaSourceOptions): Source {
  return new KafkaSource(options);
}

/** One life of a consumer, from connecting to the first fault. */
interface Session {
  readonly consumer: Consumer;
  readonly identity: TopicIdentity;
  readonly positions: Positions;
  /** Whether the topic is still the one the session began with, looked at after the call. */
  sameTopic(): Promise<boolean>;
  /** Settles the session; only the first reason counts. */
  end(reason: End): void;
  readonly ended: Promise<End>;
  over: boolean;
}

type End =
  | { readonly kind: "stopped" }
  /** Something with the topic or the cluster: the source waits or stands still, and says so. */
  | { readonly kind: "fault"; readonly fault: ConcordanceError }
  /** Something with the indexer: this process starts again from its marks. */
  | { readonly kind: "crash"; readonly error: unknown };

const STOPPED: End = { kind: "stopped" };

class KafkaSource implements Source {
  readonly name: string;
  private state: SourceStatus["state"] = "starting";
  private fault: ConcordanceError | null = null;
  private session: Session | null = null;
  private lastAnswerMs = 0;
  private busy = 0;

  constructor(private readonly options: KafkaSourceOptions) {
    this.name = options.name;
  }

  status(): SourceStatus {
    const { fault } = this;
    return {
      state: this.state,
      code: fault?.code ?? null,
      message: fault?.message ?? null,
      remedy: fault?.remedy ?? null,
      partitions: this.partitions(),
    };
  }

  private partitions(): PartitionStatus[] {
    return this.session?.positions.status(Date.now()) ?? [];
  }

  async run(sink: SourceSink, signal: AbortSignal): Promise<void> {
    let delayMs = RETRY_FIRST_MS;
    while (!signal.aborted) {
      const startedMs = Date.now();
      const end = await this.live(sink, signal);
      if (end.kind === "stopped") break;
      if (end.kind === "crash") throw end.error;
      const { fault } = end;
      this.fault = fault;
      this.state = fault.kind === "unavailable" ? "waiting" : "failed";
      this.options.log.warn({ err: fault, source: this.name }, "Kafka source stopped reading; trying again");
      if (Date.now() - startedMs > RETRY_MAX_MS) delayMs = RETRY_FIRST_MS;
      await pause(delayMs, signal);
      delayMs = Math.min(delayMs * 2, RETRY_MAX_MS);
    }
    this.state = "stopped";
  }

  private async live(sink: SourceSink, signal: AbortSignal): Promise<End> {
    const { options } = this;
    const { connection, topic } = options;
    const kafka = openKafka(connection, options.log);
    const admin = kafka.admin({ retry: { retries: 1 } });
    const identities = new TopicIdentityReader(kafka, connection, topic);
    let session: Session | null = null;
    try {
      const identity = await identities.read();
      if (identity.topicId === null) return faulty(missingTopic(topic, connection.brokers.join(", ")));
      await admin.connect();
      const opened = this.open(identity, identities, kafka.consumer(this.consumerConfig()));
      session = opened;
      this.session = opened;
      await opened.positions.decideAll(sink, admin);
      await this.start(opened, sink, admin);
      const unsubscribe = sink.onCommitted((marks) => void commitAdvice(opened, marks, topic));
      const stop = () => opened.end(STOPPED);
      signal.addEventListener("abort", stop);
      if (signal.aborted) stop();
      void this.watch(opened, sink, admin);
      const end = await opened.ended;
      signal.removeEventListener("abort", stop);
      unsubscribe();
      return end;
    } catch (error) {
      if (signal.aborted) return STOPPED;
      return faulty(kafkaFault(error, connection, topic));
    } finally {
      session?.end(STOPPED);
      sink.discard(session?.positions.appIds() ?? []);
      // A broker that is gone does not answer a farewell.
      const farewell = Promise.allSettled([session?.consumer.disconnect(), admin.disconnect(), identities.close()]);
      await Promise.race([farewell, pause(FAREWELL_MS, NEVER)]);
    }
  }

  private consumerConfig() {
    const { groupId, sessionTimeoutMs = SESSION_TIMEOUT_MS } = this.options;
    return {
      groupId,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.min(HEARTBEAT_MS, Math.floor(sessionTimeoutMs / 4)),
      maxBytesPerPartition: PARTITION_BYTES_MAX,
      maxBytes: FETCH_BYTES_MAX,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      readUncommitted: false,
      // A fault ends the session: this source waits, says why, and starts anew by itself.
      retry: { retries: 3, restartOnFailure: async () => false },
    };
  }

  private open(identity: TopicIdentity, identities: TopicIdentityReader, consumer: Consumer): Session {
    const { name, topic, acceptLoss } = this.options;
    let settle: (reason: End) => void = () => undefined;
    const ended = new Promise<End>((resolve) => {
      settle = resolve;
    });
    const positions = new Positions({ source: name, topic, identity, acceptLoss });
    const session: Session = {
      consumer,
      sameTopic: createIdentityCheck(identity, identities),
      identity,
      positions,
      ended,
      over: false,
      end: (reason) => {
        session.over = true;
        settle(reason);
      },
    };
    return session;
  }

  private async start(session: Session, sink: SourceSink, admin: Admin): Promise<void> {
    const { consumer, positions } = session;
    const { topic, connection } = this.options;
    const { events } = consumer;
    consumer.on(events.CRASH, ({ payload }) => session.end(faulty(kafkaFault(payload.error, connection, topic))));
    consumer.on(events.FETCH, () => this.answered());
    consumer.on(events.GROUP_JOIN, ({ payload }) => {
      this.answered();
      this.state = "running";
      this.fault = null;
      sink.discard(positions.assigned(payload.memberAssignment[topic] ?? []));
    });
    this.answered();
    await consumer.connect();
    // A reset by kafkajs then goes to the beginning: never past records, and seen by the position that is expected.
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.take(session, sink, admin, payload),
    });
  }

  private answered(): void {
    this.lastAnswerMs = Date.now();
  }

  private async take(session: Session, sink: SourceSink, admin: Admin, payload: EachBatchPayload): Promise<void> {
    // Until it is disconnected, kafkajs hands the same batch over again and again.
    if (session.over) return pause(OVER_PAUSE_MS, NEVER);
    this.busy++;
    try {
      await this.takeBatch(session, sink, admin, payload);
    } catch (error) {
      // Its own errors, a rebalance among them, kafkajs knows how to handle.
      if (error instanceof Error && error.name.startsWith("KafkaJS")) throw error;
      if (!(error instanceof ConcordanceError)) return session.end({ kind: "crash", error });
      if (error.code === "fenced") return session.positions.forget(payload.batch.partition);
      session.end(LOSS_CODES.has(error.code) ? faulty(error) : { kind: "crash", error });
    } finally {
      this.busy--;
      this.answered();
    }
  }

  private async takeBatch(
    session: Session,
    sink: SourceSink,
    admin: Admin,
    { batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload,
  ): Promise<void> {
    const { positions } = session;
    const { topic, name } = this.options;
    const { partition } = batch;
    if (!isRunning() || isStale()) return;
    const fetchedAt = fetchedOffsetOf(batch);
    const expected = await beating(heartbeat, () => positions.expected(partition, sink, admin));
    if (isStale()) return;
    if (fetchedAt !== expected) {
      // Never below the log's start, never beyond its end.
      await beating(heartbeat, () => positions.check(partition, expected, admin));
    }
    if (!positions.isDue(partition, fetchedAt, expected)) return this.seek(session, partition, expected);
    // A topic made again under the name answers fetches as if nothing had happened: only its id tells.
    if (!(await session.sameTopic())) return session.end(faulty(movedTopic(topic)));
    if (batch.messages.length > 0) {
      const group = groupOf(name, positions.appId(partition), batch);
      await beating(heartbeat, () => sink.push(group));
    }
    const last = BigInt(batch.lastOffset());
    positions.took(partition, last + 1n, batch);
    resolveOffset(String(last));
    await heartbeat();
  }

  private seek({ consumer, positions }: Session, partition: number, offset: bigint): void {
    consumer.seek({ topic: this.options.topic, partition, offset: String(offset) });
    positions.sought(partition);
  }

  /** A dropped batch shows only at the next push, and without new records there is none: so it is looked for. */
  private async seekDropped(session: Session, sink: SourceSink, admin: Admin): Promise<void> {
    const { positions } = session;
    for (const partition of positions.overdue(Date.now(), DROPPED_MS)) {
      positions.forget(partition);
      this.seek(session, partition, await positions.expected(partition, sink, admin));
    }
  }

  /** Ends of the partitions, the topic's identity and a silence that lasts: looked at while the session lives. */
  private async watch(session: Session, sink: SourceSink, admin: Admin): Promise<void> {
    const { connection, topic, silenceMs = SILENCE_MS, lookMs = LOOK_MS } = this.options;
    for (let nextIdentityMs = Date.now() + IDENTITY_EVERY_MS; !session.over; ) {
      try {
        session.positions.ends(await admin.fetchTopicOffsets(topic));
        await this.seekDropped(session, sink, admin);
        if (Date.now() > nextIdentityMs) {
          nextIdentityMs = Date.now() + IDENTITY_EVERY_MS;
          // The next session finds the old topic's marks and says what was lost.
          if (!(await session.sameTopic())) return session.end(faulty(movedTopic(topic)));
        }
      } catch (error) {
        if (session.over) return;
        const fault = kafkaFault(error, connection, topic);
        if (fault.code === "topic_missing") return session.end(faulty(fault));
        // kafkajs tries on by itself; what cannot be seen meanwhile is said.
        this.fault = fault;
      }
      if (this.busy === 0 && Date.now() - this.lastAnswerMs > silenceMs)
        return session.end(faulty(silent(topic, silenceMs)));
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  }
}

/** Advice to the group only: what is read next is decided by the marks. */
async function commitAdvice(session: Session, marks: ReadonlyMap<string, bigint>, topic: string): Promise<void> {
  const committed = session.positions.partitionsOf(marks);
  for (const { partition, mark } of committed) session.positions.committed(partition, mark);
  const offsets = committed.map(({ partition, mark }) => ({
    topic,
    partition,
    offset: String(mark + 1n),
  }));
  if (offsets.length > 0) await session.consumer.commitOffsets(offsets).catch(() => undefined);
}

/** Does the work while the group keeps hearing from this member. */
async function beating<T>(heartbeat: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** One question serves all who ask while it has not been sent yet; an answer to an earlier one proves nothing. */
function createIdentityCheck(identity: TopicIdentity, identities: TopicIdentityReader): () => Promise<boolean> {
  let running: Promise<TopicIdentity> | null = null;
  let next: Promise<TopicIdentity> | null = null;
  const ask = (): Promise<TopicIdentity> => {
    const asked = identities.read().finally(() => {
      if (running === asked) running = null;
    });
    running = asked;
    return asked;
  };
  const after = (): Promise<TopicIdentity> => {
    if (running === null) return ask();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = null;
        return ask();
      });
    return next;
  };
  return async () => {
    const { topicId, clusterId } = await after();
    return topicId === identity.topicId && clusterId === identity.clusterId;
  };
}

const faulty = (fault: ConcordanceError): End => ({ kind: "fault", fault });

/** Where the fetch that brought the batch began; kafkajs' types leave it out. */
const fetchedOffsetOf = (batch: Batch): bigint =>
  BigInt(
    "fetchedOffset" in batch && typeof batch.fetchedOffset === "string"
      ? batch.fetchedOffset
      : (batch.firstOffset() ?? "0"),
  );

const movedTopic = (topic: string) =>
  new ConcordanceError({
    kind: "unavailable",
    code: "topic_moved",
    message: `The topic ${topic} was deleted and made again while it was read.`,
    remedy: "The source looks at the new topic by itself.",
  });

const silent = (topic: string, ms: number) =>
  new ConcordanceError({
    kind: "unavailable",
    code: "kafka_silent",
    message: `No fetch of ${topic} was answered for ${ms / 1_000} s.`,
    remedy: "The consumer starts anew by itself.",
  });
