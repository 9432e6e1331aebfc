import { Kafka, type KafkaConfig, logLevel, type Message, type Producer } from "kafkajs";
import { ConcordanceError } from "../../domain/errors";
import type { Records, SimulationSink } from "./sink";

/** The broker refuses record batches above 1 MiB; a send stays well below, whatever partitions its messages go to. */
const SEND_BYTES_MAX = 900_000;
const MESSAGE_OVERHEAD_BYTES = 100;

export interface KafkaSinkOptions {
  readonly brokers: readonly string[];
  readonly ssl?: boolean;
  readonly sasl?: NonNullable<KafkaConfig["sasl"]>;
  readonly transactionsTopic?: string;
  readonly signalsTopic?: string;
}

/** Kafka topics, by an idempotent producer, in order. Reference data has no topic: it goes to the lake. Throws code `kafka_unavailable`. */
export async function openKafkaSink(options: KafkaSinkOptions): Promise<SimulationSink> {
  const { brokers, ssl, sasl } = options;
  const kafka = new Kafka({
    clientId: "concordance-simulator",
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
  });
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    // Rides out a broker that is away for half a minute.
    retry: { retries: 50, maxRetryTime: 1_000 },
  });
  const topics = [options.transactionsTopic ?? "transactions", options.signalsTopic ?? "fraud_signals_topic"] as const;
  await guarded(brokers, () => connect(kafka, producer, topics));
  return {
    reference: async () => undefined,
    write: (transactions, signals) =>
      guarded(brokers, async () => {
        await send(producer, topics[0], transactions);
        await send(producer, topics[1], signals);
      }),
    close: () => producer.disconnect(),
  };
}

/** Tried with little patience, so that a wrong address, password or topic is told at once. */
async function connect(kafka: Kafka, producer: Producer, topics: readonly string[]): Promise<void> {
  const admin = kafka.admin({ retry: { retries: 2, maxRetryTime: 500 } });
  try {
    await admin.connect();
    await admin.fetchTopicMetadata({ topics: [...topics] });
  } finally {
    await admin.disconnect();
  }
  await producer.connect();
}

async function send(producer: Producer, topic: string, { values, keys }: Records): Promise<void> {
  let messages: Message[] = [];
  let bytes = 0;
  for (let index = 0; index < values.length; index++) {
    const value = Buffer.from(values[index] ?? "");
    const size = value.byteLength + MESSAGE_OVERHEAD_BYTES;
    if (bytes + size > SEND_BYTES_MAX && messages.length > 0) {
      await producer.send({ topic, messages, acks: -1 });
      messages = [];
      bytes = 0;
    }
    messages.push({ key: keys[index] ?? null, value });
    bytes += size;
  }
  if (messages.length > 0) await producer.send({ topic, messages, acks: -1 });
}

async function guarded<T>(brokers: readonly string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const unknownTopic = /does not host this topic|unknown topic/i.test(message);
    throw new ConcordanceError({
      kind: "unavailable",
      code: unknownTopic ? "kafka_topic_missing" : "kafka_unavailable",
      message: `Kafka at ${brokers.join(", ")} did not take the events: ${message}.`,
      remedy: unknownTopic
        ? "Create the topics transactions and fraud_signals_topic, or name others."
        : "Check the addresses, that the broker runs, and user and password.",
      cause,
    });
  }
}
