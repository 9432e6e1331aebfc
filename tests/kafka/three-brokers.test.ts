import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureKafka, type KafkaStack, startKafka } from "../../infra/stack/kafka";
import { until } from "../support/product";
import { temporaryDirectory } from "../support/world";
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
if (missing !== null) process.stderr.write(`SKIPPED tests/kafka/three-brokers: ${missing}\n`);

const TOPIC = "replicated";
const ROUND = 300;

describe.skipIf(missing !== null)("three brokers", () => {
  let stack: KafkaStack;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let world: LakeOfTest;
  let reader: Reader;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    stack = await startKafka({ directory: directory.path, brokers: 3 });
    world = await openLakeOfTest(directory.path);
    await createTopic(clientOf(stack.brokers), TOPIC, 6);
    reader = await world.read({ topic: TOPIC, groupId: TOPIC, connection: connectionTo(stack.brokers) });
  }, 180_000);
  afterAll(async () => {
    await stack?.stop();
    world?.close();
    await directory?.remove();
  });

  it("lose each of them in turn, and every record is stored once", async () => {
    let sent = 0;
    const send = async () => {
      await produce(clientOf(stack.brokers), TOPIC, messagesOf(`r${sent}`, ROUND));
      sent += ROUND;
    };
    await send();
    for (const broker of [0, 1, 2]) {
      await stack.kill(broker);
      await send();
      await until(async () => (await world.counts()).rows >= sent);
      await stack.restart(broker);
      await send();
      await until(async () => (await world.counts()).rows >= sent);
    }
    await reader.stop();
    expect(await world.counts()).toEqual({ rows: sent, ids: sent, recordsIn: sent });
  }, 240_000);
});
