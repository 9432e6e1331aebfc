import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse as parseYaml } from "yaml";
import { createCardTokenizer } from "../../server/domain/card";
import { createInlineRules } from "../../server/indexes/fraud/ingest";
import { EffectiveSettings } from "../../server/indexes/fraud/settings";
import { ALERTS } from "../../server/indexes/fraud/tables";
import { ALL_TABLES } from "../../server/indexes/ingest";
import { openDuckDb } from "../../server/lake/duckdb";
import { openLake } from "../../server/lake/lake";
import { writeParquet } from "../../server/lake/parquet";
import { withRows } from "../../server/lake/row-source";
import { openLocalStore } from "../../server/lake/store/local";
import { TableBuffer } from "../../server/lake/table-buffer";
import { optional, type TableSpec } from "../../server/lake/types";
import { absorbGroup } from "../../server/pipeline/absorb";
import { compileDecoder } from "../../server/pipeline/decode/decoder";
import { DedupeIndex } from "../../server/pipeline/dedupe";
import { loadMapping } from "../../server/pipeline/mapping/load";
import { MicroBatch } from "../../server/pipeline/micro-batch";
import type { RawRecord } from "../../server/pipeline/records";
import { TRANSACTIONS } from "../../server/pipeline/tables";
import { Watermarks } from "../../server/pipeline/watermark";
import { givenFiles, inspect, RecordReader } from "../../server/sources/landing/files";
import { type Backlog, type Envelope, MAPPING, parsed, pathsOf } from "./ingest-backlog";

const PARQUET_ROWS = 100_000;
const GROUP_RECORDS = 25_000;
const RECORD_BYTES_MAX = 1 << 20;
const LINES = { quoted: false, header: null, delimiter: "", keepBytesMax: RECORD_BYTES_MAX };
const nowMicros = () => BigInt(Date.now()) * 1_000n;

/** Microseconds of processor time (all threads) per event, by stage; the limits are not part of the way. */
export interface StageCosts {
  readonly parseOnly: number;
  readonly parseToParquet: number;
  readonly stages: readonly (readonly [stage: string, micros: number])[];
  readonly bytesPerRow: number;
}

/** Takes a backlog through the indexer's stages one after the other, in this process, and measures each by itself. */
export async function measureStages({ files, lines }: Backlog, directory: string): Promise<StageCosts> {
  await mkdir(directory, { recursive: true });
  const store = await openLocalStore(join(directory, "lake"));
  const db = await openDuckDb({ memoryLimitMb: 1_024, threads: 2, temporaryDirectory: join(directory, "spill") });
  const lake = await openLake(store, db, ALL_TABLES);
  const connection = await db.connect();
  const costs = new Map<string, number>();
  let bytes = 0;
  let rows = 0;
  const spent = async (stage: string, work: () => unknown) => {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    costs.set(stage, (costs.get(stage) ?? 0) + (user + system) / lines);
  };
  const { decode } = compileDecoder({
    mapping: await loadMapping(MAPPING),
    tokenize: createCardTokenizer(Buffer.alloc(32, 1)),
    recordBytesMax: RECORD_BYTES_MAX,
    nowMicros,
  });
  const rules = createInlineRules({
    stolenCards: new Map(),
    blacklist: new Map(),
    settings: EffectiveSettings.defaults(),
  });
  const dedupe = new DedupeIndex({ spec: TRANSACTIONS, store, sources: new Set(["bench"]), bytesMax: 2 ** 28 });
  const watermarks = new Watermarks();
  let batch = new MicroBatch(ALERTS, 0);
  const write = () =>
    spent("COPY to Parquet", async () => {
      const { transactions } = batch;
      const file = await withRows(transactions, (relation) =>
        writeParquet({
          connection,
          selectSql: `SELECT * FROM ${relation}`,
          spec: TRANSACTIONS,
          store,
          expectedRows: transactions.rows,
        }),
      );
      bytes += file?.size ?? 0;
      rows += transactions.rows;
      transactions.release();
    });
  const held = { rows: -1n, quarantine: -1n, balance: -1n, alerts: -1n };
  let markVersion = 0n;
  for (const path of files) {
    const given = givenFiles([path]);
    await spent("SHA-256 of the file", () => inspect(given, path));
    const reader = await RecordReader.open(given, path, LINES, 0n);
    for (let more = await reader.more(); more; more = await reader.more()) {
      const records: RawRecord[] = [];
      await spent("read and split", async () => {
        while (records.length < GROUP_RECORDS && (reader.ready() || (await reader.more()))) records.push(reader.take());
      });
      await spent("limit: JSON.parse", () => {
        for (const { bytes: raw } of records)
          parsed(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString());
      });
      await spent("decode (parse, map, validate, mask)", () => {
        for (const record of records) decode(record);
      });
      const group = {
        source: "bench",
        appId: "landing/bench",
        markVersion: markVersion++,
        markPer: "group" as const,
        batches: [{ source: "bench", partition: path, records }],
        bytes: 0,
        arrivedAtMs: 0,
      };
      const context = { batch, connection, table: lake.table("transactions"), decode, dedupe, watermarks, rules };
      await spent("decode again, rules, duplicates, columns", () =>
        absorbGroup(group, { ...context, held, nowMicros: nowMicros() }),
      );
      if (batch.rows < PARQUET_ROWS) continue;
      await write();
      batch = new MicroBatch(ALERTS, 0);
    }
    reader.close();
  }
  await write();
  await spent("limit: JSON.parse to Parquet", () => parseToParquet(files, directory));
  connection.closeSync();
  db.close();
  return costsOf(costs, bytes / rows);
}

function costsOf(costs: ReadonlyMap<string, number>, bytesPerRow: number): StageCosts {
  const at = (stage: string) => costs.get(stage) ?? Number.NaN;
  const decode = at("decode (parse, map, validate, mask)");
  return {
    parseOnly: at("limit: JSON.parse"),
    parseToParquet: at("limit: JSON.parse to Parquet"),
    stages: [
      ["SHA-256 of the file", at("SHA-256 of the file")],
      ["read and split", at("read and split")],
      ["decode (parse, map, validate, mask)", decode],
      ["rules, duplicates, columns", at("decode again, rules, duplicates, columns") - decode],
      ["COPY to Parquet", at("COPY to Parquet")],
    ],
    bytesPerRow,
  };
}

/** The same columns as texts, no validation, no rules: what a few lines of code would do. */
async function parseToParquet(files: readonly string[], directory: string): Promise<void> {
  const store = await openLocalStore(join(directory, "limit"));
  const db = await openDuckDb({ memoryLimitMb: 1_024, threads: 2, temporaryDirectory: join(directory, "spill") });
  const connection = await db.connect();
  const columns = pathsOf(parseYaml(await readFile(MAPPING, "utf8")));
  const spec: TableSpec = { ...TRANSACTIONS, columns: columns.map((path) => optional(path, "string", path)) };
  let buffer = new TableBuffer(spec);
  const write = async () => {
    await buffer.stage(connection, "stage");
    await writeParquet({ connection, selectSql: 'SELECT * FROM "stage"', spec, store, expectedRows: buffer.rows });
    buffer.release();
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
  connection.closeSync();
  db.close();
}

function cellOf(event: Envelope, path: string): string | null {
  const [head = "", tail] = path.split(".");
  const value = event[head];
  const cell = tail === undefined || value === null || typeof value !== "object" ? value : value[tail];
  return cell === undefined || cell === null || typeof cell === "object" ? null : String(cell);
}
