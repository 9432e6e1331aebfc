import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createGunzip } from "node:zlib";
import type { Message } from "kafkajs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { ensureKafka, type KafkaStack, startKafka } from "../../infra/stack/kafka";
import { loadSettings, type Settings } from "../../server/config/settings";
import { EffectiveSettings } from "../../server/indexes/fraud/settings";
import { allProjections } from "../../server/indexes/ingest";
import { verifyLake } from "../../server/lake/verify";
import { silentLogger } from "../../server/observability/log";
import { openProcessLake } from "../../server/process/open-lake";
import { Projector } from "../../server/projection/projector";
import { runSql } from "../../server/query/sql";
import { ingest } from "../../workers/cli/ingest";
import { nowMicros } from "../../workers/indexer/parts";
import { temporaryDirectory } from "../support/world";
import { CompressionTypes, clientOf, createTopic } from "./world";

const DATA = "../shared/data/events/online_retail.csv.gz";
const LINES = 541_909;
const PARTITIONS = 4;
const KILLS = 10;
const CODECS = [CompressionTypes.GZIP, CompressionTypes.Snappy, CompressionTypes.LZ4, CompressionTypes.ZSTD];
const SEND_BYTES_MAX = 600_000;

const missing = ensureKafka() ?? (existsSync(DATA) ? null : "the Online Retail file is not there");
if (missing !== null) process.stderr.write(`SKIPPED tests/kafka/online-retail: ${missing}\n`);

/** What must be the same however the lines came: everything but coordinates, the ids made of them, and moments of this run. */
const SAME = {
  balance:
    "SELECT sum(records_in)::BIGINT, sum(accepted)::BIGINT, sum(quarantined)::BIGINT, sum(duplicates)::BIGINT FROM ingest_balance",
  transactions: `SELECT count(*), sum(hash(payment_type, status, amount_minor, currency, exponent, user_id, merchant_id, event_time, business_date, category, country, is_late)::HUGEINT)
    FROM transactions`,
  quarantine: "SELECT code, count(*), sum(amount_minor)::BIGINT FROM quarantine GROUP BY 1 ORDER BY 1",
  blacklist: "SELECT party_id, role, rule, business_date FROM blacklist ORDER BY ALL",
  merchants: `SELECT merchant_id, business_date, currency, sum(events)::BIGINT, sum(settled)::BIGINT, sum(gross_minor)::BIGINT, sum(refunded_minor)::BIGINT
    FROM merchants_partial GROUP BY ALL ORDER BY ALL`,
  customers: "SELECT business_date, count(DISTINCT user_id) FROM merchant_customers GROUP BY 1 ORDER BY 1",
} as const;

describe.skipIf(missing !== null)("Online Retail through a real broker", () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let stack: KafkaStack;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    stack = await startKafka({ directory: join(directory.path, "kafka") });
    await produceFile(stack.brokers);
  }, 180_000);
  afterAll(async () => {
    await stack?.stop();
    await directory?.remove();
  });

  it("gives the tables of the landed file from four partitions and every codec, though the indexer is killed ten times", async () => {
    const [file, topic] = [settingsIn(join(directory.path, "file")), settingsIn(join(directory.path, "topic"))];
    const report = await ingest(
      { source: "retail", mappingPath: "config/mappings/online-retail.yaml", inputs: [DATA], lake: file.lake },
      file,
      silentLogger,
    );
    expect(report).toMatchObject({ in: LINES, accepted: 406_829, quarantined: 135_080, duplicates: 0 });
    expect(await readTopic(topic, stack.brokers)).toBe(KILLS);
    const [expected, found] = [await tablesOf(file, false), await tablesOf(topic, true)];
    for (const table of Object.keys(SAME)) expect({ [table]: found[table] }).toEqual({ [table]: expected[table] });
  }, 300_000);
});

const settingsIn = (data: string): Settings =>
  loadSettings({
    NODE_ENV: "test",
    CONCORDANCE_DATA: data,
    CONCORDANCE_CARD_KEY: "ab".repeat(32),
    CONCORDANCE_CACHE: join(data, "cache"),
  });

/** Every line as one record, keyed by its customer; each partition in its own codec. */
async function produceFile(brokers: readonly string[]): Promise<void> {
  const kafka = clientOf(brokers);
  await createTopic(kafka, "retail", PARTITIONS);
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const waiting: { messages: Message[]; bytes: number }[] = CODECS.map(() => ({ messages: [], bytes: 0 }));
  const send = async (partition: number) => {
    const { messages } = waiting[partition] ?? { messages: [] };
    waiting[partition] = { messages: [], bytes: 0 };
    await producer.send({
      topic: "retail",
      messages: messages.map((message) => ({ ...message, partition })),
      compression: CODECS[partition] ?? CompressionTypes.None,
    });
  };
  let header = true;
  for await (const line of linesOf(DATA)) {
    if (header) {
      header = false;
      continue;
    }
    const customer = /,(\d+)\.0,[^,]*$/.exec(line.toString("latin1"))?.[1] ?? "";
    const partition = Number(customer) % PARTITIONS;
    const own = waiting[partition];
    if (own === undefined) continue;
    own.messages.push({ key: customer, value: line });
    own.bytes += line.byteLength;
    if (own.bytes > SEND_BYTES_MAX) await send(partition);
  }
  for (const partition of waiting.keys()) await send(partition);
  await producer.disconnect();
}

/** Lines as bytes. The file has no line break inside a field. */
async function* linesOf(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path).pipe(createGunzip())) {
    const text: Buffer = Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, from)) {
      const end = at > from && text[at - 1] === 13 ? at - 1 : at;
      if (end > from) yield Buffer.from(text.subarray(from, end));
      from = at + 1;
    }
    rest = text.subarray(from);
  }
  if (rest.byteLength > 0) yield rest;
}

/** Runs the real indexer process over the topic until every line is committed; it is killed on the way. Returns the kills. */
async function readTopic(settings: Settings, brokers: readonly string[]): Promise<number> {
  const { lake, close } = await openProcessLake(settings, settings.lake);
  const sources = join(settings.data, "sources.yaml");
  await writeFile(
    sources,
    stringify({
      clusters: { main: { brokers } },
      sources: [
        {
          name: "retail",
          mapping: resolve("config/mappings/online-retail.yaml"),
          kafka: { cluster: "main", topic: "retail", session_timeout_ms: 1_000 },
        },
      ],
    }),
  );
  const recordsIn = async () => Number((await query(lake, SAME.balance))[0]?.[0] ?? 0);
  let [kills, indexer] = [0, startIndexer(settings, sources)];
  for (let before = 0; ; ) {
    const now = await recordsIn();
    if (now >= LINES) break;
    if (indexer.exitCode !== null) throw new Error(`the indexer ended by itself with ${indexer.exitCode}`);
    // Each time somewhere else: in the middle of reading, writing or committing.
    if (kills < KILLS && now > before) {
      before = now;
      kills++;
      await new Promise((done) => setTimeout(done, (kills * 37) % 150));
      await kill(indexer);
      indexer = startIndexer(settings, sources);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  await kill(indexer);
  close();
  return kills;
}

function startIndexer(settings: Settings, sources: string): ChildProcess {
  return spawn(process.execPath, ["scripts/worker.mjs", "indexer"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      DATABASE_URL: undefined,
      CONCORDANCE_DATA: settings.data,
      CONCORDANCE_SOURCES: sources,
      CONCORDANCE_CARD_KEY: "ab".repeat(32),
      CONCORDANCE_FLUSH_ROWS: "20000",
      CONCORDANCE_LOG_LEVEL: "error",
    },
  });
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "close");
  child.kill("SIGKILL");
  await gone;
}

type Lake = Awaited<ReturnType<typeof openProcessLake>>["lake"];

async function query(lake: Lake, sql: string): Promise<unknown[][]> {
  let text = "";
  await runSql(lake, { sql, asOf: null, format: "json" }, (part) => {
    text += part;
  });
  return JSON.parse(text).map((row: object) => Object.values(row));
}

/** The tables as they stand, projected first where nobody has; also that nothing in them contradicts the log. */
async function tablesOf(settings: Settings, project: boolean): Promise<Record<string, unknown[][]>> {
  const { lake, close } = await openProcessLake(settings, settings.lake);
  try {
    if (project) {
      const rules = await EffectiveSettings.load(null);
      const projector = new Projector({
        lake,
        db: lake.db,
        projections: (connection) => allProjections(connection, () => rules),
        rowsPerTickMax: settings.tickRows,
        nowMicros,
        log: silentLogger,
      });
      await projector.drain();
      projector.close();
    }
    expect((await verifyLake(lake)).differences).toEqual([]);
    const entries = Object.entries(SAME).map(async ([name, sql]) => [name, await query(lake, sql)] as const);
    return Object.fromEntries(await Promise.all(entries));
  } finally {
    close();
  }
}
