/**
 * `npm run stack -- [--brokers 3]`: a real Kafka cluster and a real S3 server on free ports of this machine, for trying things
 * by hand. Ctrl-C stops everything; the data go with it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { Kafka, logLevel } from "kafkajs";
import { ensureKafka, type KafkaStack, startKafka } from "./kafka";
import { ensureS3Server, type S3Server, startS3Server } from "./s3";

const BUCKET = "lake";
const TOPICS = [
  { topic: "transactions", numPartitions: 4 },
  { topic: "fraud_signals_topic", numPartitions: 4 },
  { topic: "payment_alerts", numPartitions: 1 },
];

const { values } = parseArgs({ options: { brokers: { type: "string", default: "1" } } });
const say = (text: string) => process.stdout.write(`${text}\n`);
const directory = await mkdtemp(join(tmpdir(), "concordance-stack-"));
const stopped = new Promise<void>((resolve) => {
  process.once("SIGINT", () => resolve());
  process.once("SIGTERM", () => resolve());
});
const kafka = await openKafka();
const s3 = await openS3();
if (kafka !== null || s3 !== null) {
  say("Ctrl-C stops everything.");
  await stopped;
}
await Promise.all([kafka?.stop(), s3?.stop()]);
await rm(directory, { recursive: true, force: true, maxRetries: 5 });
process.exit(kafka === null && s3 === null ? 1 : 0);

async function openKafka(): Promise<KafkaStack | null> {
  const missing = ensureKafka();
  if (missing !== null) {
    say(`Kafka: not started, ${missing}`);
    return null;
  }
  const stack = await startKafka({ directory: join(directory, "kafka"), brokers: values.brokers === "3" ? 3 : 1 });
  const admin = new Kafka({ clientId: "stack", brokers: [...stack.brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: TOPICS, waitForLeaders: false });
  await admin.disconnect();
  say(`Kafka: ${stack.brokers.join(", ")}
  topics: ${TOPICS.map(({ topic, numPartitions }) => `${topic} (${numPartitions})`).join(", ")}
  sources file:
    clusters: { main: { brokers: [${stack.brokers.map((broker) => `"${broker}"`).join(", ")}] } }
    sources:
      - { name: transactions, mapping: mappings/concordance-transactions.yaml, kafka: { cluster: main, topic: transactions } }
      - { name: signals, mapping: mappings/concordance-signals.yaml, kafka: { cluster: main, topic: fraud_signals_topic } }
  fill it: npm run -s concordance -- simulate --events 100000 --kafka ${stack.brokers.join(",")}
`);
  return stack;
}

async function openS3(): Promise<S3Server | null> {
  const missing = ensureS3Server();
  if (missing !== null) {
    say(`S3: not started, ${missing}`);
    return null;
  }
  const server = await startS3Server({ directory: join(directory, "s3") });
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const client = new S3Client({
    endpoint,
    forcePathStyle: true,
    region: "us-east-1",
    credentials: { accessKeyId, secretAccessKey },
  });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
  say(`S3: ${endpoint}, bucket ${BUCKET}
  settings: CONCORDANCE_LAKE=s3://${BUCKET}/main CONCORDANCE_S3_ENDPOINT=${endpoint} CONCORDANCE_S3_PATH_STYLE=true
            AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}
`);
  return server;
}
