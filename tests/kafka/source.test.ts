import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ensureKafka, type KafkaStack, SASL_USER, startKafka } from "../../infra/stack/kafka";
import { TopicIdentityReader } from "../../server/sources/kafka/topic-identity";
import { until } from "../support/product";
import { temporaryDirectory } from "../support/world";
import {
  CompressionTypes,
  clientOf,
  connectionTo,
  createTopic,
  eventOf,
  type LakeOfTest,
  messagesOf,
  openLakeOfTest,
  produce,
  type Reader,
} from "./world";

const missing = ensureKafka();
if (missing !== null) process.stderr.write(`SKIPPED tests/kafka: ${missing}\n`);

describe.skipIf(missing !== null)("a topic of a real broker", () => {
  let stack: KafkaStack;
  let stackDirectory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let world: LakeOfTest;
  let readers: Reader[] = [];
  let topic = "";
  let topics = 0;

  const kafka = () => clientOf(stack.brokers);
  const read = async (more: Partial<Parameters<LakeOfTest["read"]>[0]> = {}) => {
    const reader = await world.read({ topic, groupId: topic, connection: connectionTo(stack.brokers), ...more });
    readers.push(reader);
    return reader;
  };
  const stopReaders = async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.stop()));
  };
  const untilRows = (rows: number) => until(async () => (await world.counts()).rows >= rows);
  const exactly = (count: number) => ({ rows: count, ids: count, recordsIn: count });

  beforeAll(async () => {
    stackDirectory = await temporaryDirectory();
    stack = await startKafka({ directory: stackDirectory.path });
  }, 120_000);
  afterAll(async () => {
    await stack?.stop();
    await stackDirectory?.remove();
  });
  beforeEach(async () => {
    directory = await temporaryDirectory();
    world = await openLakeOfTest(directory.path);
    topic = `events-${topics++}`;
  });
  afterEach(async () => {
    await stopReaders();
    readers = [];
    world.close();
    await directory.remove();
  });

  it("is read whole in every codec, and nothing twice after a restart", async () => {
    await createTopic(kafka(), topic, 4);
    const codecs = [CompressionTypes.GZIP, CompressionTypes.Snappy, CompressionTypes.LZ4, CompressionTypes.ZSTD];
    for (const [place, codec] of codecs.entries()) await produce(kafka(), topic, messagesOf(`c${place}`, 250), codec);
    await read();
    await untilRows(1_000);
    await stopReaders();
    expect(await world.counts()).toEqual(exactly(1_000));
    await produce(kafka(), topic, messagesOf("later", 100));
    const { source } = await read();
    await untilRows(1_100);
    await until(async () => source.status().partitions.every(({ lagMessages }) => lagMessages === 0n));
    expect(source.status()).toMatchObject({ state: "running", code: null });
    await stopReaders();
    expect(await world.counts()).toEqual(exactly(1_100));
  }, 60_000);

  it("hides what a producer aborted and goes on behind it", async () => {
    await createTopic(kafka(), topic, 1);
    const producer = kafka().producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (const [name, keep] of [
      ["a", true],
      ["b", false],
      ["c", true],
      ["d", false],
      ["e", true],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: messagesOf(name, 50) });
      await (keep ? transaction.commit() : transaction.abort());
    }
    await producer.disconnect();
    const { source } = await read();
    await untilRows(150);
    await produce(kafka(), topic, messagesOf("f", 10));
    await untilRows(160);
    await stopReaders();
    expect(await world.counts()).toEqual(exactly(160));
    expect(source.status().code).toBeNull();
    expect(
      await world.query(
        "SELECT count(*)::INTEGER AS n FROM transactions WHERE transaction_id LIKE 'b-%' OR transaction_id LIKE 'd-%'",
      ),
    ).toEqual([{ n: 0 }]);
  }, 60_000);

  it("is read from the lake's marks, wherever the group thinks it stood", async () => {
    await createTopic(kafka(), topic, 1);
    await produce(kafka(), topic, messagesOf("g", 50));
    const admin = kafka().admin();
    await admin.connect();
    await admin.setOffsets({ groupId: topic, topic, partitions: [{ partition: 0, offset: "30" }] });
    await admin.disconnect();
    await read();
    await untilRows(50);
    await stopReaders();
    expect(await world.counts()).toEqual(exactly(50));
  }, 60_000);

  it("is shared by two readers and taken over, each record once", async () => {
    await createTopic(kafka(), topic, 4);
    let sent = 0;
    const send = async (count: number) => {
      await produce(kafka(), topic, messagesOf(`s${sent}`, count));
      sent += count;
    };
    await send(400);
    const first = await read();
    await untilRows(200);
    const second = await read();
    for (let round = 0; round < 10; round++) await send(100);
    const shares = () => [first, second].map(({ source }) => source.status().partitions.length);
    await until(async () => shares().every((partitions) => partitions === 2));
    await send(200);
    await first.stop();
    readers.splice(readers.indexOf(first), 1);
    await send(400);
    await untilRows(sent);
    // The rows are committed before the balance: a reader that was overtaken in between reads again and counts what nobody counted.
    await until(async () => (await world.counts()).recordsIn === sent);
    await stopReaders();
    expect(await world.counts()).toEqual(exactly(sent));
  }, 90_000);

  it("is waited for where it does not exist, with what to do, and read once it is there", async () => {
    const { source } = await read();
    await until(async () => source.status().code === "topic_missing");
    expect(source.status()).toMatchObject({ state: "waiting", message: expect.stringContaining(topic) });
    await createTopic(kafka(), topic, 1);
    await produce(kafka(), topic, messagesOf("late", 20));
    await untilRows(20);
    expect(source.status()).toMatchObject({ state: "running", code: null });
  }, 60_000);

  it("stops loudly where retention passed what was read, and goes on where that is accepted", async () => {
    await createTopic(kafka(), topic, 1);
    await produce(kafka(), topic, messagesOf("read", 50));
    await read();
    await untilRows(50);
    await stopReaders();
    await produce(kafka(), topic, messagesOf("gone", 40));
    const admin = kafka().admin();
    await admin.connect();
    await admin.fetchTopicMetadata({ topics: [topic] });
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "80" }] });
    await admin.disconnect();
    const { source } = await read();
    await until(async () => source.status().state === "failed");
    const { code, message, remedy } = source.status();
    expect(code).toBe("retention_passed_mark");
    expect(message).toContain("30 records were removed");
    await stopReaders();
    expect((await world.counts()).rows).toBe(50);
    const token = /"(retention:[^"]+)"/.exec(remedy ?? "")?.[1] ?? "";
    await read({ acceptLoss: [token] });
    await untilRows(60);
    await stopReaders();
    expect(await world.counts()).toEqual(exactly(60));
  }, 60_000);

  it.each([
    ["fewer", 10],
    ["more", 90],
  ])(
    "stops loudly where the topic was made again while it was read, with %s records than before",
    async (_, again) => {
      await createTopic(kafka(), topic, 1);
      await produce(kafka(), topic, messagesOf("read", 50));
      const { source } = await read();
      await untilRows(50);
      const admin = kafka().admin();
      await admin.connect();
      await admin.deleteTopics({ topics: [topic] });
      await until(async () => !(await admin.listTopics()).includes(topic));
      await admin.disconnect();
      await createTopic(kafka(), topic, 1);
      await produce(kafka(), topic, messagesOf("again", again));
      await until(async () => source.status().code === "topic_recreated");
      expect(source.status().state).toBe("failed");
      const token = /"(topic:[^"]+)"/.exec(source.status().remedy ?? "")?.[1] ?? "";
      await stopReaders();
      await read({ acceptLoss: [token] });
      await untilRows(50 + again);
      await stopReaders();
      expect(await world.counts()).toEqual(exactly(50 + again));
    },
    90_000,
  );

  it("waits for a broker that was killed, and goes on by itself", async () => {
    await createTopic(kafka(), topic, 2);
    await produce(kafka(), topic, messagesOf("before", 30));
    const { source } = await read();
    await untilRows(30);
    await stack.kill(0);
    await until(async () => source.status().code === "kafka_unreachable");
    expect(source.status().remedy).toContain("goes on by itself");
    await stack.restart(0);
    await produce(kafka(), topic, messagesOf("after", 30));
    await untilRows(60);
    await until(async () => source.status().code === null);
    await stopReaders();
    expect(await world.counts()).toEqual(exactly(60));
  }, 120_000);

  it("shows by its id that it was made again", async () => {
    await createTopic(kafka(), topic, 1);
    const reader = new TopicIdentityReader(kafka(), connectionTo(stack.brokers), topic);
    const identity = () => reader.read();
    const before = await identity();
    const admin = kafka().admin();
    await admin.connect();
    expect((await admin.describeCluster()).clusterId).toBe(before.clusterId);
    await admin.deleteTopics({ topics: [topic] });
    await until(async () => (await identity()).topicId === null);
    await admin.disconnect();
    await createTopic(kafka(), topic, 1);
    const after = await identity();
    expect(after.topicId).not.toBe(before.topicId);
    expect(after.topicId).not.toBeNull();
    await reader.close();
  }, 60_000);

  it("refuses wrong credentials in words, and reads with the right ones", async () => {
    const own = await temporaryDirectory();
    const guarded = await startKafka({ directory: own.path, sasl: true });
    try {
      const right = connectionTo(guarded.brokers, { mechanism: "plain", ...SASL_USER });
      const wrong = connectionTo(guarded.brokers, { mechanism: "plain", username: "concordance", password: "no" });
      const { source } = await read({ connection: wrong });
      await until(async () => source.status().code === "kafka_credentials");
      expect(source.status().state).toBe("waiting");
      await stopReaders();
      const { openKafka } = await import("../../server/sources/kafka/connection");
      const { silentLogger } = await import("../../server/observability/log");
      const client = openKafka(right, silentLogger);
      await createTopic(client, topic, 1);
      await produce(client, topic, [{ value: eventOf("one") }]);
      await read({ connection: right });
      await untilRows(1);
    } finally {
      await stopReaders();
      await guarded.stop();
      await own.remove();
    }
  }, 90_000);
});
