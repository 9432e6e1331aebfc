import kafkajs, { type Kafka, type Message } from "kafkajs";
import { EffectiveSettings } from "../../server/indexes/fraud/settings";
import type { Lake } from "../../server/lake/lake";
import { silentLogger } from "../../server/observability/log";
import type { Indexer } from "../../server/pipeline/indexer";
import { loadMapping } from "../../server/pipeline/mapping/load";
import type { Source } from "../../server/pipeline/source";
import { openProcessLake } from "../../server/process/open-lake";
import { runSql } from "../../server/query/sql";
import { type KafkaConnection, openKafka } from "../../server/sources/kafka/connection";
import { createKafkaSource, type KafkaSourceOptions } from "../../server/sources/kafka/source";
import { createIndexer, createRulesHolder } from "../../workers/indexer/parts";
import { until } from "../support/product";
import { smallSettings } from "../support/world";

export const SOURCE = "card-events";
const MAPPING = "config/mappings/concordance-transactions.yaml";

/** A valid payment event with an id of its own. */
export const eventOf = (id: string): string =>
  JSON.stringify({
    transaction_id: id,
    event_id: `${id}-1`,
    payment_type: "CARD",
    status: "SETTLED",
    amount_minor: 1_250,
    currency: "EUR",
    user_id: `u${id.length}`,
    merchant_id: "m1",
    event_time: new Date().toISOString(),
  });

export const messagesOf = (name: string, count: number): Message[] =>
  Array.from({ length: count }, (_, index) => ({ value: eventOf(`${name}-${index}`) }));

export const connectionTo = (brokers: readonly string[], sasl: KafkaConnection["sasl"] = null): KafkaConnection => ({
  brokers,
  clientId: "concordance-test",
  ssl: false,
  sasl,
});

export const { CompressionTypes } = kafkajs;

/** Makes a topic and waits until each of its partitions has a leader. */
export async function createTopic(kafka: Kafka, topic: string, numPartitions: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  // kafkajs' own wait gives up on a broker that has not heard of the topic yet.
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: false });
  await until(async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => ({ topics: [] }));
    const led = topics[0]?.partitions.filter(({ leader }) => leader >= 0) ?? [];
    return led.length === numPartitions;
  });
  await admin.disconnect();
}

const CONNECT_WITHIN_MS = 30_000;

export async function produce(
  kafka: Kafka,
  topic: string,
  messages: Message[],
  compression = CompressionTypes.None,
): Promise<void> {
  // A producer that tries again on a slow broker would else write records twice: rightly counted as duplicates, and no test's matter.
  const producer = kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 });
  // Nothing was sent yet: a broker that does not listen for a moment may be asked again.
  for (const deadline = Date.now() + CONNECT_WITHIN_MS; ; ) {
    try {
      await producer.connect();
      break;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  await producer.send({ topic, messages, compression });
  await producer.disconnect();
}

export const clientOf = (brokers: readonly string[]): Kafka => openKafka(connectionTo(brokers), silentLogger);

export interface Reader {
  readonly source: Source;
  readonly indexer: Indexer;
  /** Stops the source, then commits what it had handed over. */
  stop(): Promise<void>;
}

export interface LakeOfTest {
  readonly lake: Lake;
  /** Rows of a statement over the lake as it is now. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  read(options: Partial<KafkaSourceOptions> & Pick<KafkaSourceOptions, "topic" | "connection">): Promise<Reader>;
  /** Reads are only ever exactly once: rows, distinct ids and the balance agree. */
  counts(): Promise<{ rows: number; ids: number; recordsIn: number }>;
  close(): void;
}

/** A local lake, and readers of a topic into it: real indexer, real commits. */
export async function openLakeOfTest(directory: string): Promise<LakeOfTest> {
  const settings = smallSettings(directory, { CONCORDANCE_FLUSH_AGE_MS: "100", CONCORDANCE_FLUSH_ROWS: "500" });
  const { lake, close } = await openProcessLake(settings, settings.lake);
  const rulesSettings = await EffectiveSettings.load(null);
  const query = async (sql: string) => {
    let text = "";
    await runSql(lake, { sql, asOf: null, format: "json" }, (part) => {
      text += part;
    });
    return JSON.parse(text);
  };
  return {
    lake,
    query,
    close,
    counts: async () => {
      const [found] = await query(
        `SELECT (SELECT count(*) FROM transactions)::INTEGER AS rows, (SELECT count(DISTINCT transaction_id) FROM transactions)::INTEGER AS ids,
           (SELECT coalesce(sum(records_in), 0) FROM ingest_balance)::INTEGER AS "recordsIn"`,
      );
      return found as { rows: number; ids: number; recordsIn: number };
    },
    read: async (options) => {
      // Every reader has a lake of its own, as every process has.
      const own = await openProcessLake(settings, settings.lake);
      const holder = await createRulesHolder(own.lake, () => rulesSettings);
      const indexer = await createIndexer({
        settings,
        lake: own.lake,
        sources: [{ name: SOURCE, mapping: await loadMapping(MAPPING) }],
        rules: holder.rules,
        log: silentLogger,
      });
      const source = createKafkaSource({
        name: SOURCE,
        groupId: "concordance",
        acceptLoss: [],
        // Shorter than the product's own, long enough for a machine that runs other suites beside this one.
        sessionTimeoutMs: 6_000,
        lookMs: 200,
        log: silentLogger,
        ...options,
      });
      const stop = new AbortController();
      indexer.start();
      const running = source.run(indexer.sinkFor(SOURCE), stop.signal);
      return {
        source,
        indexer,
        stop: async () => {
          stop.abort();
          await running;
          await indexer.stop();
          own.close();
        },
      };
    },
  };
}
