import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ensureKafka, type KafkaStack, startKafka } from "../../infra/stack/kafka";
import { freePort } from "../../infra/stack/s3";
import { until } from "../support/product";
import { temporaryDirectory } from "../support/world";
import { type BreakingProxy, startProxy } from "./proxy";
import {
  clientOf,
  connectionTo,
  createTopic,
  type LakeOfTest,
  messagesOf,
  openLakeOfTest,
  produce,
  type Reader,
} from "./world";

const missing = ensureKafka();
if (missing !== null) process.stderr.write(`SKIPPED tests/kafka/broken-connections: ${missing}\n`);

const RECORDS = 3_000;
const CUTS = 25;

describe.skipIf(missing !== null)("a topic behind a network that breaks", () => {
  let stack: KafkaStack;
  let proxy: BreakingProxy;
  let stackDirectory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let world: LakeOfTest;
  let reader: Reader | null = null;
  let topics = 0;

  beforeAll(async () => {
    stackDirectory = await temporaryDirectory();
    let brokerPort = 0;
    proxy = await startProxy(() => brokerPort);
    const ports = [await freePort(), await freePort()];
    brokerPort = ports[0] ?? 0;
    stack = await startKafka({ directory: stackDirectory.path, ports, advertisedPort: proxy.port });
  }, 120_000);
  afterAll(async () => {
    await stack?.stop();
    await proxy?.close();
    await stackDirectory?.remove();
  });
  beforeEach(async () => {
    directory = await temporaryDirectory();
    world = await openLakeOfTest(directory.path);
  });
  afterEach(async () => {
    await reader?.stop();
    reader = null;
    world.close();
    await directory.remove();
  });

  const filled = async (): Promise<string> => {
    const topic = `broken-${topics++}`;
    await createTopic(clientOf(stack.brokers), topic, 2);
    await produce(clientOf(stack.brokers), topic, messagesOf(topic, RECORDS));
    return topic;
  };
  const read = async (topic: string, silenceMs: number) => {
    reader = await world.read({ topic, groupId: topic, connection: connectionTo(stack.brokers), silenceMs });
    return reader;
  };
  const all = { rows: RECORDS, ids: RECORDS, recordsIn: RECORDS };

  it("is read once and whole though connection after connection is cut in the middle of a response", async () => {
    const topic = await filled();
    const before = proxy.cuts();
    // From within the first answers to within the records.
    proxy.cutNext(CUTS, (connection) => 3 + ((connection * 7_919) % 40_000));
    await read(topic, 10_000);
    await until(async () => (await world.counts()).rows === RECORDS);
    await reader?.stop();
    reader = null;
    expect(proxy.cuts() - before).toBeGreaterThan(5);
    expect(await world.counts()).toEqual(all);
  }, 120_000);

  it("answers a client whose last answer was cut in half: the next connection begins anew", async () => {
    const topic = await filled();
    for (let bytes = 20; bytes < 400; bytes += 37) {
      const admin = clientOf(stack.brokers).admin();
      const before = proxy.cuts();
      proxy.cutNext(1, () => bytes);
      await admin.connect().catch(() => undefined);
      const answers: unknown[] = [];
      for (let call = 0; call < 4; call++) {
        answers.push(
          await admin.fetchTopicOffsets(topic).then(
            (offsets) => offsets.length,
            () => "refused",
          ),
        );
      }
      expect(proxy.cuts()).toBe(before + 1);
      expect(answers.slice(1), `cut after ${bytes} bytes`).toEqual([2, 2, 2]);
      await admin.disconnect();
    }
  }, 60_000);

  it("is read on after its connections went silent without being closed", async () => {
    const topic = await filled();
    const { source } = await read(topic, 2_000);
    await until(async () => (await world.counts()).rows === RECORDS);
    proxy.hold();
    await produce(clientOf(stack.brokers), topic, messagesOf("after", 500));
    await until(async () => source.status().code === "kafka_silent" || (await world.counts()).rows === RECORDS + 500);
    await until(async () => (await world.counts()).rows === RECORDS + 500);
    await reader?.stop();
    reader = null;
    expect(await world.counts()).toEqual({ rows: RECORDS + 500, ids: RECORDS + 500, recordsIn: RECORDS + 500 });
  }, 120_000);
});
