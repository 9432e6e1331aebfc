/**
 * `npm run bench:ingest -- [--events 500000] [--formats ndjson,csv,kafka]`: a backlog in the landing zone, or in a topic of a
 * real broker on the same machine (4 partitions, lz4), drained by the real indexer and projector processes with every
 * real-time rule on, beside two limits measured in the same run on the same bytes: JSON.parse alone, and JSON.parse to a
 * zstd Parquet file alone. Seconds count from the start of the processes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import kafkajs from "kafkajs";
import { parse as parseYaml, stringify } from "yaml";
import { ensureKafka, startKafka } from "../../infra/stack/kafka";
import { loadSettings } from "../../server/config/settings";
import { ALL_TABLES } from "../../server/indexes/ingest";
import { openDuckDb } from "../../server/lake/duckdb";
import { type Lake, openLake } from "../../server/lake/lake";
import { writeParquet } from "../../server/lake/parquet";
import { scanSql } from "../../server/lake/scan";
import { openLocalStore } from "../../server/lake/store/local";
import { type CellValue, TableBuffer } from "../../server/lake/table-buffer";
import { optional, type TableSpec } from "../../server/lake/types";
import { silentLogger } from "../../server/observability/log";
import { INGEST_BALANCE, TRANSACTIONS } from "../../server/pipeline/tables";
import { runSimulation } from "../../server/simulation/run";
import { createLakeSink, SIGNALS_SOURCE, TRANSACTIONS_SOURCE } from "../../server/simulation/sinks/lake";
import { openTruthWriter } from "../../server/simulation/truth-writer";
import { openKafka } from "../../server/sources/kafka/connection";

const POLL_MS = 100;
const PARQUET_ROWS = 100_000;
const NEVER = new AbortController().signal;
const TOPIC = "transactions";
const PARTITIONS = 4;
/** Below the broker's 1 MiB for one batch. */
const SEND_LINES = 1_000;
let backlogLines = 0;

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "500000" },
    formats: { type: "string", default: "ndjson,csv,kafka" },
  },
});
const events = Number(values.events);
const line = (name: string, text: string) => console.log(`${name.padEnd(44)} ${text}`);
const perSecond = (count: number, ms: number) => Math.round((count * 1_000) / ms);

/** Values of the envelope that stand in a CSV line, by column: the paths of the shipped mapping. */
type Envelope = Record<string, string | number | null | Record<string, string | null> | undefined>;

const directory = await mkdtemp(join(tmpdir(), "concordance-ingest-"));
try {
  line("machine", `${cpus().length} x ${cpus()[0]?.model ?? "?"}, node ${process.version}`);
  const backlog = await writeBacklog(join(directory, "ndjson"));
  line("backlog", `${backlog.lines} transaction events, ${Math.round(backlog.bytes / backlog.lines)} bytes each`);
  backlogLines = backlog.lines;
  const limits = await measureLimits(backlog);
  line("limit: JSON.parse alone, one core", `${limits.parse} events/s`);
  line("limit: JSON.parse to zstd Parquet alone", `${limits.parquet} events/s`);
  const formats = values.formats.split(",");
  // Draining takes the files away: the CSV ones are made from them before.
  const csv = formats.includes("csv") ? await asCsv(backlog, join(directory, "csv")) : "";
  const missing = formats.includes("kafka") ? ensureKafka() : null;
  if (missing !== null) line("kafka", `skipped: ${missing}`);
  const stack =
    formats.includes("kafka") && missing === null ? await startKafka({ directory: join(directory, "kafka") }) : null;
  if (stack !== null) await produceBacklog(backlog, stack.brokers);
  for (const format of formats) {
    if (format === "kafka" && stack === null) continue;
    const { indexed, projected, records } = await drain(
      await homeOf(format, backlog, csv),
      format,
      stack?.brokers ?? [],
    );
    const ratios = (rate: number) =>
      `${(rate / limits.parse).toFixed(2)} of parse, ${(rate / limits.parquet).toFixed(2)} of Parquet`;
    const stored = perSecond(records, indexed);
    const visible = perSecond(records, projected);
    line(`${format}: to committed raw tables and alerts`, `${stored} events/s (${ratios(stored)})`);
    line(`${format}: to every partial index as well`, `${visible} events/s (${ratios(visible)})`);
  }
  await stack?.stop();
} finally {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}

/** The lake a format is drained into: the landed ones lie in theirs already. */
async function homeOf(format: string, backlog: Backlog, csv: string): Promise<string> {
  if (format === "ndjson") return backlog.lake;
  if (format === "csv") return csv;
  const lake = join(directory, "topic", "lake");
  await mkdir(lake, { recursive: true });
  return lake;
}

/** The same lines as records of a topic. */
async function produceBacklog({ files }: Backlog, brokers: readonly string[]): Promise<void> {
  const kafka = openKafka({ brokers, clientId: "bench", ssl: false, sasl: null }, silentLogger);
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }], waitForLeaders: false });
  await admin.disconnect();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  let sent = 0;
  const send = async (values: readonly string[]) => {
    const partition = sent++ % PARTITIONS;
    const messages = values.map((value) => ({ value, partition }));
    await producer.send({ topic: TOPIC, messages, compression: kafkajs.CompressionTypes.LZ4 });
  };
  for (const file of files) {
    const lines = (await readFile(file)).toString("utf8").split("\n").slice(0, -1);
    for (let from = 0; from < lines.length; from += SEND_LINES) await send(lines.slice(from, from + SEND_LINES));
  }
  await producer.disconnect();
}

interface Backlog {
  readonly lake: string;
  readonly files: readonly string[];
  readonly lines: number;
  readonly bytes: number;
}

async function writeBacklog(data: string): Promise<Backlog> {
  const lake = join(data, "lake");
  const store = await openLocalStore(lake);
  await mkdir(join(data, "truth"), { recursive: true });
  await runSimulation({
    options: { seed: "bench", events, run: "bench" },
    sink: async ({ run }) => createLakeSink({ store, run, fileEveryMs: null, signal: NEVER }),
    truth: ({ run }) => openTruthWriter(join(data, "truth", `truth-${run}.ndjson`)),
    signal: NEVER,
    onProgress: () => undefined,
  });
  const folder = join(lake, "landing", TRANSACTIONS_SOURCE);
  const files = (await readdir(folder)).sort().map((name) => join(folder, name));
  let [lines, bytes] = [0, 0];
  for (const file of files) {
    const content = await readFile(file);
    bytes += content.byteLength;
    for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1)) lines++;
  }
  return { lake, files, lines, bytes };
}

/** The same events as CSV in a lake of its own, with a mapping that says so. */
async function asCsv(backlog: Backlog, data: string): Promise<string> {
  const mapping = parseYaml(await readFile("config/mappings/concordance-transactions.yaml", "utf8"));
  const columns = pathsOf(mapping);
  const lake = join(data, "lake");
  const folder = join(lake, "landing", TRANSACTIONS_SOURCE);
  await mkdir(folder, { recursive: true });
  for (const [index, file] of backlog.files.entries()) {
    const rows = [columns.join(",")];
    for await (const text of createInterface({ input: createReadStream(file) })) rows.push(csvLine(text, columns));
    await writeFile(join(folder, `bench-${String(index).padStart(6, "0")}.csv`), `${rows.join("\n")}\n`);
  }
  const format = { type: "csv", delimiter: ",", header: true, columns };
  await writeFile(join(data, "mapping.yaml"), stringify({ ...mapping, format }));
  return lake;
}

function pathsOf(mapping: { fields: Record<string, unknown> }): string[] {
  const named = Object.values(mapping.fields).flatMap((rule) =>
    typeof rule === "string" ? [rule] : Object.values(rule ?? {}).filter((path) => typeof path === "string"),
  );
  return [...named, "event_time", "amount_minor", "currency"];
}

/** A line that is not JSON stays broken as CSV: too few columns. */
function csvLine(text: string, columns: readonly string[]): string {
  let event: Envelope;
  try {
    event = JSON.parse(text);
  } catch {
    return "broken";
  }
  return columns
    .map((path) => {
      const [head = "", tail] = path.split(".");
      const value = event?.[head];
      const cell = tail === undefined || value === null || typeof value !== "object" ? value : value[tail];
      const shown = cell === undefined || cell === null ? "" : String(cell);
      return /[",\n\r]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
    })
    .join(",");
}

async function measureLimits({ files }: Backlog): Promise<{ parse: number; parquet: number }> {
  let [count, parseMs] = [0, 0];
  for (const file of files) {
    const lines = (await readFile(file)).toString("latin1").split("\n");
    const startMs = performance.now();
    for (const text of lines) {
      if (parsed(text) !== null) count++;
    }
    parseMs += performance.now() - startMs;
  }
  const store = await openLocalStore(join(directory, "limit"));
  const db = await openDuckDb({ memoryLimitMb: 1_024, threads: 2, temporaryDirectory: join(directory, "spill") });
  const connection = await db.connect();
  const columns = pathsOf(parseYaml(await readFile("config/mappings/concordance-transactions.yaml", "utf8")));
  const spec: TableSpec = {
    ...TRANSACTIONS,
    columns: columns.map((path) => optional(path, "string", path)),
  };
  const startMs = performance.now();
  let buffer = new TableBuffer(spec);
  const write = async () => {
    await buffer.stage(connection, "stage");
    await writeParquet({ connection, selectSql: 'SELECT * FROM "stage"', spec, store, expectedRows: buffer.rows });
    buffer = new TableBuffer(spec);
  };
  for (const file of files) {
    for (const text of (await readFile(file)).toString("utf8").split("\n")) {
      const event = parsed(text);
      if (event === null) continue;
      buffer.push(columns.map((path) => cellOf(event, path)));
      if (buffer.rows === PARQUET_ROWS) await write();
    }
  }
  if (buffer.rows > 0) await write();
  const parquetMs = performance.now() - startMs;
  connection.closeSync();
  db.close();
  return { parse: perSecond(count, parseMs), parquet: perSecond(count, parquetMs) };
}

function parsed(text: string): Envelope | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function cellOf(event: Envelope, path: string): CellValue {
  const [head = "", tail] = path.split(".");
  const value = event[head];
  const cell = tail === undefined || value === null || typeof value !== "object" ? value : value[tail];
  return cell === undefined || cell === null || typeof cell === "object" ? null : String(cell);
}

interface Drained {
  readonly records: number;
  readonly indexed: number;
  readonly projected: number;
}

/** Milliseconds from the start of both processes until nothing is left to index, and to project. */
async function drain(address: string, format: string, brokers: readonly string[]): Promise<Drained> {
  const data = join(address, "..");
  const mapping =
    format === "csv"
      ? join(data, "mapping.yaml")
      : join(process.cwd(), "config/mappings/concordance-transactions.yaml");
  const signals = join(process.cwd(), "config/mappings/concordance-signals.yaml");
  const landing = { settle_ms: 0, poll_ms: 50, after: "delete" };
  const transport = format === "kafka" ? { kafka: { cluster: "bench", topic: TOPIC } } : { landing };
  const sources: object[] = [{ name: TRANSACTIONS_SOURCE, mapping, ...transport }];
  if (format === "ndjson") sources.push({ name: SIGNALS_SOURCE, mapping: signals, landing });
  await writeFile(
    join(data, "sources.yaml"),
    stringify(format === "kafka" ? { clusters: { bench: { brokers } }, sources } : { sources }),
  );
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    CONCORDANCE_DATA: data,
    CONCORDANCE_SOURCES: join(data, "sources.yaml"),
    DATABASE_URL: undefined,
  };
  const settings = loadSettings(environment);
  const store = await openLocalStore(address);
  const db = await openDuckDb({ memoryLimitMb: 256, threads: 1, temporaryDirectory: settings.cacheDirectory });
  const lake = await openLake(store, db, ALL_TABLES);
  const wanted =
    format === "kafka"
      ? backlogLines
      : await waitingLines(join(address, "landing", TRANSACTIONS_SOURCE), format === "csv" ? 1 : 0);
  const startMs = performance.now();
  const workers = ["indexer", "projector"].map((name) => startWorker(name, environment));
  try {
    while ((await recordsIn(lake)) < wanted) await alive(workers);
    const indexed = performance.now() - startMs;
    while (!(await caughtUp(lake))) await alive(workers);
    return { records: wanted, indexed, projected: performance.now() - startMs };
  } finally {
    await Promise.all(workers.map(stop));
    db.close();
  }
}

async function waitingLines(folder: string, headerLines: number): Promise<number> {
  let count = 0;
  for (const name of await readdir(folder)) {
    const content = await readFile(join(folder, name));
    for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1)) count++;
    count -= headerLines;
  }
  return count;
}

function startWorker(name: string, environment: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, ["scripts/worker.mjs", name], {
    stdio: ["ignore", "ignore", "inherit"],
    env: environment,
  });
}

async function alive(workers: readonly ChildProcess[]): Promise<void> {
  const dead = workers.find(({ exitCode }) => exitCode !== null);
  if (dead !== undefined) throw new Error(`a worker ended with ${dead.exitCode} before the backlog was drained`);
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

async function recordsIn(lake: Lake): Promise<number> {
  const balance = lake.table(INGEST_BALANCE.name);
  const { files } = await balance.refresh();
  const connection = await lake.db.connect();
  try {
    const reader = await connection.runAndReadAll(
      `SELECT coalesce(sum(records_in), 0)::BIGINT FROM ${await scanSql(lake.store, balance.spec, files)} WHERE source = '${TRANSACTIONS_SOURCE}'`,
    );
    return Number(reader.getRowsJS()[0]?.[0] ?? 0);
  } finally {
    connection.closeSync();
  }
}

/** True when every table derived from the raw ones stands at their newest version. */
async function caughtUp(lake: Lake): Promise<boolean> {
  const versionOf = new Map<string, number>();
  for (const { name } of ALL_TABLES) versionOf.set(name, (await lake.table(name).refresh()).version);
  for (const { name } of ALL_TABLES) {
    for (const [appId, version] of lake.table(name).current().marks) {
      const input = /^from\/([^/]+)/.exec(appId)?.[1];
      if (input !== undefined && Number(version) < (versionOf.get(input) ?? 0)) return false;
    }
  }
  return true;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGTERM");
  await gone;
}
