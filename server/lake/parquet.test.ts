import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Db, openDuckDb } from "./duckdb";
import { writeParquet } from "./parquet";
import { pruneFiles, scanSql } from "./scan";
import { openLocalStore } from "./store/local";
import type { ObjectStore } from "./store/store";
import { TableBuffer } from "./table-buffer";
import { optional, required, type TableSpec } from "./types";

const SPEC: TableSpec = {
  name: "sample",
  kind: "raw",
  description: "test",
  columns: [
    required("id", "bigint", "id"),
    optional("text", "string", "text"),
    optional("day", "date", "day"),
    optional("ratio", "double", "ratio"),
    optional("time", "timestamp", "time"),
    optional("raw", "binary", "raw"),
  ],
  partitionBy: [],
  key: ["id"],
  sortBy: ["id"],
  retention: { logDays: 2, dataDays: null },
};

let root: string;
let db: Db;
let connection: DuckDBConnection;
let store: ObjectStore;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "parquet-test-"));
  db = await openDuckDb({ memoryLimitMb: 512, threads: 2, temporaryDirectory: join(root, "spill") });
  connection = await db.connect();
  store = await openLocalStore(join(root, "lake"));
});
afterAll(async () => {
  connection.closeSync();
  db.close();
  await rm(root, { recursive: true, force: true });
});

async function write(select: string, into = store) {
  const selectSql = `SELECT 1::BIGINT AS id, NULL AS text, NULL AS day, NULL AS ratio, NULL AS "time", NULL AS raw WHERE false UNION ALL BY NAME ${select}`;
  const file = await writeParquet({ connection, selectSql, spec: SPEC, store: into });
  if (file === null) throw new Error("no rows");
  return file;
}

describe("the bounds of a Parquet file", () => {
  it.each([
    ['a"b', "c'd"],
    ["{x=1}", "a, b=c"],
    ["a\nb", "z\\"],
    ["nul\0x", "nul\0y"],
    ["", "zz"],
    ["é", "日本"],
  ])("are the text itself, whatever is in it: %j and %j", async (one, other) => {
    const buffer = new TableBuffer(SPEC);
    for (const text of [one, other]) buffer.push([1n, text, null, null, null, null]);
    await buffer.stage(connection, "stage_text");
    const file = await write("SELECT * FROM stage_text");
    const [low, high] = [one, other].sort();
    expect(JSON.parse(file.statsText)).toMatchObject({ minValues: { text: low }, maxValues: { text: high } });
  });

  it("are exact in the log and absent from pruning where a double cannot hold them", async () => {
    const file = await write("SELECT 9007199254740993 AS id UNION ALL BY NAME SELECT 9007199254740995 AS id");
    expect(file.statsText).toContain('"minValues":{"id":9007199254740993}');
    expect(file.statsText).toContain('"maxValues":{"id":9007199254740995}');
    expect(pruneFiles([file], "id", 9007199254740996, 9007199254740996)).toHaveLength(1);
  });

  it.each([
    ["a five-digit year", "SELECT DATE '12000-01-01' AS day", "day"],
    ["infinity", "SELECT 'inf'::DOUBLE AS ratio", "ratio"],
    ["not a number", "SELECT 1.0::DOUBLE AS ratio UNION ALL BY NAME SELECT 'nan'::DOUBLE AS ratio", "ratio"],
    ["an infinite instant", "SELECT TIMESTAMPTZ 'infinity' AS \"time\"", "time"],
    ["text longer than 64 characters", "SELECT repeat('x', 65) AS text", "text"],
    ["bytes", "SELECT 'abc'::BLOB AS raw", "raw"],
  ])("leave out %s: a missing bound is safe", async (_, select, column) => {
    const file = await write(`SELECT 1 AS id, * FROM (${select})`);
    expect(file.stats.minValues).not.toHaveProperty(column);
    expect(file.stats.maxValues).not.toHaveProperty(column);
    expect(JSON.parse(file.statsText).minValues).not.toHaveProperty(column);
  });

  it("round an instant before 1970 outward, too", async () => {
    const file = await write("SELECT 1 AS id, TIMESTAMPTZ '1969-12-31 23:59:59.999999+00' AS \"time\"");
    expect(file.stats.minValues.time).toBe("1969-12-31T23:59:59.999Z");
    expect(file.stats.maxValues.time).toBe("1970-01-01T00:00:00.000Z");
  });
});

describe("a Parquet file", () => {
  it("is refused, and left nowhere, where a required column has a null", async () => {
    await expect(write("SELECT NULL AS id, 'x' AS text")).rejects.toThrow(/column id must hold a value/);
    expect(await readdir(store.temporaryDirectory)).toEqual([]);
  });

  it("has the table's columns under a folder named like a partition", async () => {
    const inside = await openLocalStore(join(root, "env=prod", "lake"));
    const file = await write("SELECT 1 AS id", inside);
    const reader = await connection.runAndReadAll(`SELECT * FROM ${await scanSql(inside, SPEC, [file])}`);
    expect(reader.columnNames()).toEqual(SPEC.columns.map((column) => column.name));
  });
});
