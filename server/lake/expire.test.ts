import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Db, openDuckDb } from "./duckdb";
import { expire } from "./expire";
import { type Lake, openLake } from "./lake";
import { compact, MAINTENANCE_DEFAULTS, maintain } from "./maintenance";
import { writeParquet } from "./parquet";
import { scanSql } from "./scan";
import { openLocalStore } from "./store/local";
import { type ColumnType, required, type TableSpec } from "./types";

const specOf = (type: ColumnType): TableSpec => ({
  name: "days",
  kind: "partial",
  description: "test",
  columns: [required("day", type, "day"), required("id", "bigint", "id")],
  partitionBy: [],
  key: ["id"],
  sortBy: ["day"],
  retention: { logDays: 2, dataDays: 30 },
});
const DAY_MS = 86_400_000;

let root: string;
let db: Db;
let lakes = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "expire-test-"));
  db = await openDuckDb({ memoryLimitMb: 512, threads: 2, temporaryDirectory: join(root, "spill") });
});
afterAll(async () => {
  db.close();
  await rm(root, { recursive: true, force: true });
});

const freshLake = async (spec: TableSpec): Promise<Lake> =>
  openLake(await openLocalStore(join(root, `lake-${lakes++}`)), db, [spec]);

async function append(lake: Lake, selectSql: string): Promise<void> {
  const table = lake.table("days");
  const connection = await db.connect();
  const file = await writeParquet({ connection, selectSql, spec: table.spec, store: lake.store });
  connection.closeSync();
  if (file === null) throw new Error("no rows");
  await table.commit({ adds: [file], marks: [], operation: "WRITE" });
}

async function idsOf(lake: Lake): Promise<number[]> {
  const table = lake.table("days");
  const connection = await db.connect();
  const { files } = await table.refresh();
  const reader = await connection.runAndReadAll(`SELECT id FROM ${await scanSql(lake.store, table.spec, files)}`);
  connection.closeSync();
  return reader
    .getRowsJS()
    .map(([id]) => Number(id))
    .sort((a, b) => a - b);
}

/** Rows 0 to 99, one a day from 2020-01-01. */
const days = (from: number, to: number, type: ColumnType) =>
  type === "date"
    ? `SELECT DATE '2020-01-01' + i::INTEGER AS day, i AS id FROM range(${from}, ${to}) r(i)`
    : `SELECT TIMESTAMPTZ '2020-01-01 23:59:59.999999+00' + i * INTERVAL 1 DAY AS day, i AS id FROM range(${from}, ${to}) r(i)`;

describe("expiry", () => {
  it.each(["date", "timestamp"] as const)(
    "takes exactly the rows more than 30 days older than the newest, whole files and parts of one, by a %s",
    async (type) => {
      const lake = await freshLake(specOf(type));
      await append(lake, days(0, 40, type));
      await append(lake, days(40, 80, type));
      await append(lake, days(80, 100, type));
      const before = lake.table("days").current().version;
      expect(await expire(lake, lake.table("days"), Date.now())).toBe(69);
      expect(await idsOf(lake)).toEqual(Array.from({ length: 31 }, (_, index) => 69 + index));
      // Followers take no kept row for a new one.
      expect(await lake.table("days").changesSince(before)).toEqual([]);
      expect(await expire(lake, lake.table("days"), Date.now())).toBe(0);
      expect(await lake.table("days").at({ version: before })).toMatchObject({ version: before });
    },
  );

  it("goes by the clock where a row claims to come from the future", async () => {
    const lake = await freshLake(specOf("date"));
    await append(lake, days(0, 100, "date"));
    await append(lake, "SELECT DATE '2999-01-01' AS day, 1000 AS id");
    expect(await expire(lake, lake.table("days"), Date.parse("2020-02-10"))).toBe(10);
    expect(await idsOf(lake)).toEqual([...Array.from({ length: 90 }, (_, index) => 10 + index), 1000]);
  });

  it("keeps everything where the table says so", async () => {
    const lake = await freshLake({ ...specOf("date"), retention: { logDays: 2, dataDays: null } });
    await append(lake, days(0, 100, "date"));
    expect(await expire(lake, lake.table("days"), Date.now())).toBe(0);
  });
});

describe("compaction", () => {
  it("rewrites a row a few times only, however many small commits follow", async () => {
    const lake = await freshLake(specOf("date"));
    const table = lake.table("days");
    const limits = { ...MAINTENANCE_DEFAULTS, smallFilesMin: 4, rowsPerFile: 100_000 };
    let rewritten = 0;
    for (let index = 0; index < 256; index++) {
      await append(lake, `SELECT DATE '2020-01-01' AS day, ${index} AS id`);
      const known = new Set((await table.refresh()).files.map((file) => file.path));
      await compact(lake, table, limits);
      for (const file of (await table.refresh()).files) if (!known.has(file.path)) rewritten += file.stats.numRecords;
    }
    expect(await idsOf(lake)).toEqual(Array.from({ length: 256 }, (_, index) => index));
    // Sizes 1, 8, 64 are three tiers of factor 8, each filled in at most four steps.
    expect(rewritten).toBeLessThanOrEqual(256 * 3 * 4);
    expect(table.current().files.length).toBeLessThan(4 * 4);
  }, 60_000);
});

describe("maintenance", () => {
  it("sweeps what dead processes left unfinished, and nothing younger", async () => {
    const lake = await freshLake(specOf("date"));
    const folder = lake.store.temporaryDirectory;
    await writeFile(join(folder, "old"), "x");
    await writeFile(join(folder, "young"), "x");
    const old = new Date(Date.now() - 2 * DAY_MS);
    await utimes(join(folder, "old"), old, old);
    await maintain(lake);
    expect(await readdir(folder)).toEqual(["young"]);
  });

  it("stops between two tables when told to", async () => {
    const lake = await freshLake(specOf("date"));
    expect(await maintain(lake, MAINTENANCE_DEFAULTS, AbortSignal.abort())).toEqual([]);
  });
});
