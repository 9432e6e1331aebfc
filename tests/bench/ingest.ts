/**
 * `npm run bench:ingest -- [--events 500000] [--formats ndjson,csv]`: a backlog in the landing zone, drained by the real
 * indexer and projector processes with every real-time rule on, beside two limits measured in the same run on the same
 * bytes: JSON.parse alone, and JSON.parse to a zstd Parquet file alone. Seconds count from the start of the processes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { parse as parseYaml, stringify } from "yaml";
import { loadSettings } from "../../server/config/settings";
import { ALL_TABLES } from "../../server/indexes/ingest";
import { openDuckDb } from "../../server/lake/duckdb";
import { type Lake, openLake } from "../../server/lake/lake";
import { writeParquet } from "../../server/lake/parquet";
import { scanSql } from "../../server/lake/scan";
import { openLocalStore } from "../../server/lake/store/local";
import { type CellValue, TableBuffer } from "../../server/lake/table-buffer";
import { optional, type TableSpec } from "../../server/lake/types";
import { INGEST_BALANCE, TRANSACTIONS } from "../../server/pipeline/tables";
import { runSimulation } from "../../server/simulation/run";
import { createLakeSink, SIGNALS_SOURCE, TRANSACTIONS_SOURCE } from "../../server/simulation/sinks/lake";
import { openTruthWriter } from "../../server/simulation/truth-writer";

const POLL_MS = 100;
const PARQUET_ROWS = 100_000;
const NEVER = new AbortController().signal;

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "500000" },
    formats: { type: "string", default: "ndjson,csv" },
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
  const limits = await measureLimits(backlog);
  line("limit: JSON.parse alone, one core", `${limits.parse} events/s`);
  line("limit: JSON.parse to zstd Parquet alone", `${limits.parquet} events/s`);
  const formats = values.formats.split(",");
  // Draining takes the files away: the CSV ones are made from them before.
  const csv = formats.includes("csv") ? await asCsv(backlog, join(directory, "csv")) : "";
  for (const format of formats) {
    const lake = format === "csv" ? csv : backlog.lake;
    const { indexed, projected, records } = await drain(lake, format);
    const ratios = (rate: number) =>
      `${(rate / limits.parse).toFixed(2)} of parse, ${(rate / limits.parquet).toFixed(2)} of Parquet`;
    const stored = perSecond(records, indexed);
    const visible = perSecond(records, projected);
    line(`${format}: to committed raw tables and alerts`, `${stored} events/s (${ratios(stored)})`);
    line(`${format}: to every partial index as well`, `${visible} events/s (${ratios(visible)})`);
  }
} finally {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
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
async function drain(address: string, format: string): Promise<Drained> {
  const data = join(address, "..");
  const mapping =
    format === "csv"
      ? join(data, "mapping.yaml")
      : join(process.cwd(), "config/mappings/concordance-transactions.yaml");
  const signals = join(process.cwd(), "config/mappings/concordance-signals.yaml");
  const landing = { settle_ms: 0, poll_ms: 50, after: "delete" };
  const sources = [{ name: TRANSACTIONS_SOURCE, mapping, landing }];
  if (format !== "csv") sources.push({ name: SIGNALS_SOURCE, mapping: signals, landing });
  await writeFile(join(data, "sources.yaml"), stringify({ sources }));
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
  const wanted = await waitingLines(join(address, "landing", TRANSACTIONS_SOURCE), format === "csv" ? 1 : 0);
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
