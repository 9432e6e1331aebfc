/**
 * `npm run bench:ingest -- [--events 500000] [--formats ndjson,csv,kafka] [--shapes full,small] [--workers DIR]`: a backlog in
 * the landing zone, or in a topic of a real broker on the same machine (4 partitions, lz4), drained by the real indexer and
 * projector processes with every real-time rule on. Beside it, on the same bytes in the same run: what each stage costs in
 * processor time, and two limits, JSON.parse alone and JSON.parse to a zstd Parquet file alone. Seconds count from the start
 * of the processes. `--workers` runs those of another checkout, to compare with; `--formats ""` measures the stages alone.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { ensureKafka, startKafka } from "../../infra/stack/kafka";
import { loadSettings } from "../../server/config/settings";
import { ALL_TABLES } from "../../server/indexes/ingest";
import { openDuckDb } from "../../server/lake/duckdb";
import { type Lake, openLake } from "../../server/lake/lake";
import { scanSql } from "../../server/lake/scan";
import { openLocalStore } from "../../server/lake/store/local";
import { INGEST_BALANCE } from "../../server/pipeline/tables";
import { SIGNALS_SOURCE, TRANSACTIONS_SOURCE } from "../../server/simulation/sinks/lake";
import { type Backlog, csvBacklog, MAPPING, produceBacklog, smallBacklog, writeBacklog } from "./ingest-backlog";
import { measureStages } from "./ingest-stages";
import { costOf, type ProcessCost } from "./process-cost";

const POLL_MS = 100;

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "500000" },
    formats: { type: "string", default: "ndjson,csv,kafka" },
    shapes: { type: "string", default: "full,small" },
    workers: { type: "string", default: "." },
  },
});
const line = (name: string, text: string) => console.log(`${name.padEnd(44)} ${text}`);
const perSecond = (count: number, ms: number) => Math.round((count * 1_000) / ms);
const formats = values.formats.split(",").filter((format) => format !== "");

const directory = await mkdtemp(join(tmpdir(), "concordance-ingest-"));
try {
  line("machine", `${cpus().length} x ${cpus()[0]?.model ?? "?"}, node ${process.version}`);
  const missing = formats.includes("kafka") ? ensureKafka() : null;
  if (missing !== null) line("kafka", `skipped: ${missing}`);
  const full = await writeBacklog(join(directory, "full", "ndjson"), Number(values.events));
  // Draining takes the files away: the small ones are made from them before.
  const small = await smallBacklog(full, join(directory, "small", "ndjson"));
  for (const shape of values.shapes.split(",")) {
    await benchShape(shape, shape === "small" ? small : full, missing === null);
  }
} finally {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}

async function benchShape(shape: string, backlog: Backlog, withKafka: boolean): Promise<void> {
  line("", "");
  line(
    `${shape} shape`,
    `${backlog.lines} transaction events, ${Math.round(backlog.bytes / backlog.lines)} bytes each`,
  );
  const costs = await measureStages(backlog, join(directory, shape, "stages"));
  for (const [stage, micros] of costs.stages) line(`  ${stage}`, `${micros.toFixed(2)} us of CPU per event`);
  line("  limit: JSON.parse alone", `${costs.parseOnly.toFixed(2)} us`);
  line("  limit: JSON.parse to zstd Parquet alone", `${costs.parseToParquet.toFixed(2)} us`);
  line("  stored", `${costs.bytesPerRow.toFixed(1)} bytes per event`);
  const csv = formats.includes("csv") ? await csvBacklog(backlog, join(directory, shape, "csv")) : "";
  const topic = `transactions_${shape}`;
  // Draining the landed files deletes them: they go last.
  const inTurn = [...formats].sort((a, b) => Number(a === "ndjson") - Number(b === "ndjson"));
  for (const format of inTurn) {
    if (format === "kafka" && !withKafka) continue;
    const stack = format === "kafka" ? await startKafka({ directory: join(directory, shape, "broker") }) : null;
    if (stack !== null) await produceBacklog(backlog, stack.brokers, topic);
    const lake = await homeOf(format, shape, backlog, csv);
    const drained = await drain({ address: lake, format, brokers: stack?.brokers ?? [], topic, lines: backlog.lines });
    await stack?.stop();
    const costText = (cost: ProcessCost | null) =>
      cost === null
        ? "not known"
        : `${(cost.cpuMicros / drained.records).toFixed(2)} us of CPU per event, ${cost.residentMbMax} MB at most`;
    line(`  ${format}: to committed raw tables and alerts`, `${perSecond(drained.records, drained.indexed)} events/s`);
    line(`  ${format}: to every partial index as well`, `${perSecond(drained.records, drained.projected)} events/s`);
    line("    indexer, start included", costText(drained.indexer));
    line("    projector, start included", costText(drained.projector));
  }
}

/** The lake a format is drained into: the landed ones lie in theirs already. */
async function homeOf(format: string, shape: string, backlog: Backlog, csv: string): Promise<string> {
  if (format === "ndjson") return backlog.lake;
  if (format === "csv") return csv;
  const lake = join(directory, shape, "topic", "lake");
  await mkdir(lake, { recursive: true });
  return lake;
}

interface Drained {
  readonly indexer: ProcessCost | null;
  readonly projector: ProcessCost | null;
  readonly records: number;
  readonly indexed: number;
  readonly projected: number;
}

interface Drain {
  readonly address: string;
  readonly format: string;
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly lines: number;
}

/** Milliseconds from the start of both processes until nothing is left to index, and to project. */
async function drain({ address, format, brokers, topic, lines }: Drain): Promise<Drained> {
  const data = join(address, "..");
  const mapping = format === "csv" ? join(data, "mapping.yaml") : join(process.cwd(), MAPPING);
  const signals = join(process.cwd(), "config/mappings/concordance-signals.yaml");
  const landing = { settle_ms: 0, poll_ms: 50, after: "delete" };
  const transport = format === "kafka" ? { kafka: { cluster: "bench", topic } } : { landing };
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
      ? lines
      : await waitingLines(join(address, "landing", TRANSACTIONS_SOURCE), format === "csv" ? 1 : 0);
  const startMs = performance.now();
  const workers = ["indexer", "projector"].map((name) => startWorker(name, environment));
  try {
    while ((await recordsIn(lake)) < wanted) await alive(workers);
    const indexed = performance.now() - startMs;
    while (!(await caughtUp(lake))) await alive(workers);
    const projected = performance.now() - startMs;
    const [indexer = null, projector = null] = await Promise.all(workers.map(({ pid }) => costOf(pid)));
    return { records: wanted, indexed, projected, indexer, projector };
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
    cwd: values.workers,
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
