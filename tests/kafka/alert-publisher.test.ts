import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureKafka, type KafkaStack, startKafka } from "../../infra/stack/kafka";
import { AlertPublisher } from "../../server/notify/alert-publisher";
import { silentLogger } from "../../server/observability/log";
import { addAlerts } from "../support/alerts";
import { until } from "../support/product";
import { temporaryDirectory } from "../support/world";
import { clientOf, connectionTo, createTopic, type LakeOfTest, openLakeOfTest } from "./world";

const missing = ensureKafka();
if (missing !== null) process.stderr.write(`SKIPPED tests/kafka/alert-publisher: ${missing}\n`);

interface Told {
  readonly key: string;
  readonly alertId: string;
  readonly action: string;
  readonly rule: string;
  readonly body: Record<string, unknown>;
}

describe.skipIf(missing !== null)("alerts in a topic of a real broker", () => {
  let stack: KafkaStack;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let world: LakeOfTest;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    stack = await startKafka({ directory: `${directory.path}/kafka` });
    world = await openLakeOfTest(directory.path);
  }, 120_000);
  afterAll(async () => {
    world?.close();
    await stack?.stop();
    await directory?.remove();
  });

  const publishing = (topic: string) => {
    const publisher = new AlertPublisher({
      lake: world.lake,
      connection: connectionTo(stack.brokers),
      topic,
      log: silentLogger,
      pollMs: 50,
    });
    const stop = new AbortController();
    const running = publisher.run(stop.signal);
    return {
      publisher,
      stop: async () => {
        stop.abort();
        await running;
      },
    };
  };

  async function listen(topic: string): Promise<{ told: Told[]; stop: () => Promise<void> }> {
    const consumer = clientOf(stack.brokers).consumer({ groupId: `listener-${topic}`, sessionTimeout: 6_000 });
    const told: Told[] = [];
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message: { key, value, headers } }) => {
        told.push({
          key: String(key),
          alertId: String(headers?.alert_id),
          action: String(headers?.action),
          rule: String(headers?.rule),
          body: JSON.parse(String(value)),
        });
      },
    });
    return { told, stop: () => consumer.disconnect() };
  }

  const many = (name: string, count: number, fromMs: number) =>
    Array.from({ length: count }, (_, index) => ({
      card: `${name}-${index}`,
      atMs: Date.UTC(2026, 0, 5) + fromMs + index,
      minor: index,
    }));

  it("come each once and whole, go on after a restart where they were, and wait for a topic that is not there", async () => {
    const topic = "payment_alerts";
    await addAlerts(world.lake, many("before", 40, 0));
    const first = publishing(topic);
    await until(async () => first.publisher.status().fault?.code === "topic_missing");
    expect(first.publisher.status().state).toBe("waiting");
    await createTopic(clientOf(stack.brokers), topic, 1);
    const { told, stop } = await listen(topic);
    await until(async () => told.length >= 40);
    await addAlerts(world.lake, many("live", 10, 1_000));
    await until(async () => told.length >= 50);
    await first.stop();
    await addAlerts(world.lake, many("later", 30, 2_000));
    const second = publishing(topic);
    await until(async () => told.length >= 80);
    await second.stop();
    await stop();
    expect(told).toHaveLength(80);
    expect(new Set(told.map(({ alertId }) => alertId)).size).toBe(80);
    expect(told[0]).toMatchObject({
      rule: "stolen_card",
      body: { card_token: "before-0", amount_minor: 0, currency: "EUR" },
    });
    expect(second.publisher.status().messages).toBe(30);
  }, 90_000);
});
