import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeCheckpoint } from "./checkpoint";
import { type Db, openDuckDb } from "./duckdb";
import { type Lake, openLake } from "./lake";
import { commitKey, dataKey } from "./log";
import { writeParquet } from "./parquet";
import { openLocalStore } from "./store/local";
import { optional, required, type TableSpec } from "./types";
import { verifyLake } from "./verify";

const SPEC: TableSpec = {
  name: "events",
  kind: "raw",
  description: "test",
  columns: [required("id", "bigint", "id"), required("time", "timestamp", "time"), optional("text", "string", "text")],
  partitionBy: [],
  key: ["id"],
  sortBy: ["id"],
  retention: { logDays: 2, dataDays: null },
};

let root: string;
let db: Db;
let lakes = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "verify-test-"));
  db = await openDuckDb({ memoryLimitMb: 512, threads: 2, temporaryDirectory: join(root, "spill") });
});
afterAll(async () => {
  db.close();
  await rm(root, { recursive: true, force: true });
});

/** A sound lake of four commits, ten rows each, past what a double holds exactly. */
async function soundLake(seams = {}): Promise<Lake> {
  const lake = await openLake(await openLocalStore(join(root, `lake-${lakes++}`)), db, [SPEC], seams);
  for (let index = 0; index < 4; index++) await append(lake, index * 10, BigInt(index));
  return lake;
}

async function append(lake: Lake, from: number, mark: bigint): Promise<void> {
  const connection = await db.connect();
  const selectSql = `SELECT 9007199254740993 + i AS id, make_timestamptz(1700000000000001 + i * 1001) AS "time", chr((i % 7)::INTEGER) || '"\\' || chr(955) AS text FROM range(${from}, ${from + 10}) r(i)`;
  const file = await writeParquet({ connection, selectSql, spec: SPEC, store: lake.store });
  connection.closeSync();
  if (file === null) throw new Error("no rows");
  await lake.table("events").commit({ adds: [file], marks: [{ appId: "a", version: mark }], operation: "WRITE" });
}

const messages = async (lake: Lake) => (await verifyLake(lake)).differences.map((difference) => difference.message);

/** Replaces text in a commit, as a faulty writer would have written it. */
async function alterCommit(lake: Lake, version: number, from: string | RegExp, to: string): Promise<void> {
  const path = await lake.store.localPath(commitKey("events", version));
  const text = await readFile(path, "utf8");
  expect(text).toMatch(from);
  await writeFile(path, text.replace(from, to));
}

async function firstFile(lake: Lake) {
  const [file] = lake.table("events").current().files;
  if (file === undefined) throw new Error("no file");
  return { key: dataKey("events", file.path), file };
}

describe("verify", () => {
  it("finds nothing in a sound lake, checkpoints included", async () => {
    const lake = await soundLake();
    await lake.table("events").writeCheckpoint();
    await append(lake, 40, 4n);
    expect(await verifyLake(lake)).toEqual({ tables: 1, files: 5, rows: 50, differences: [] });
  });

  it("finds a data file that is gone, and one of another size", async () => {
    const lake = await soundLake();
    const { key } = await firstFile(lake);
    await lake.store.delete([key]);
    expect(await messages(lake)).toEqual(["the log names this file and it does not exist"]);
    await lake.store.put(key, new Uint8Array(10));
    expect(await messages(lake)).toEqual([expect.stringMatching(/the file has 10$/)]);
  });

  it("finds a damaged file of the right size", async () => {
    const lake = await soundLake();
    const { key, file } = await firstFile(lake);
    await lake.store.put(key, new Uint8Array(file.size));
    expect(await messages(lake)).toEqual([expect.stringMatching(/cannot be read/)]);
  });

  it.each([
    ["a row count", /numRecords\\":10/, 'numRecords\\":11', /the log says 11 rows, the file has 10/],
    [
      "a null count",
      /nullCount\\":\{\\"id\\":0/,
      'nullCount\\":{\\"id\\":3',
      /id: the log says 3 nulls, the file has 0/,
    ],
    [
      "an instant's bound",
      /maxValues\\":(.*?)2023-11-14T22:13:20.0../,
      'maxValues\\":$12023-11-14T22:13:20.001',
      /time: \d rows/,
    ],
    ["a bound past a double's precision", /9007199254741002/, "9007199254741001", /id: 1 rows lie outside/],
  ])("finds %s that is not the data's", async (_, from, to, message) => {
    const lake = await soundLake();
    await alterCommit(lake, 1, from, to);
    expect(await messages(lake)).toEqual([expect.stringMatching(message)]);
  });

  it("finds a mark that goes back, and time that does", async () => {
    const lake = await soundLake({ skipMarkConflict: true });
    await append(lake, 40, 1n);
    await alterCommit(lake, 4, /"timestamp":\d+/, '"timestamp":5');
    expect(await messages(lake)).toEqual(["its time is not after the one before", "mark a goes from 3 to 1"]);
  });

  it("finds a checkpoint that is not the sum of its commits", async () => {
    const lake = await soundLake();
    const { version } = lake.table("events").current();
    const actions = [{ protocol: { minReaderVersion: 1, minWriterVersion: 2 } }];
    await writeCheckpoint(lake.store, db, "events", version, { actions, tombstones: new Map() });
    const found = await verifyLake(lake).catch((error: unknown) => error);
    // Such a table cannot even be opened: it has no metaData.
    expect(String(found)).toMatch(/metaData/);
  });

  it("finds a checkpoint that lacks a file and has an old mark", async () => {
    const lake = await soundLake();
    const { version } = lake.table("events").current();
    const rows = await readFile(await lake.store.localPath(commitKey("events", 0)), "utf8");
    const actions = rows
      .trim()
      .split("\n")
      .map((row) => JSON.parse(row))
      .filter((action) => action.protocol ?? action.metaData);
    actions.push({ txn: { appId: "a", version: 2 } });
    await writeCheckpoint(lake.store, db, "events", version, { actions, tombstones: new Map() });
    expect(await messages(lake)).toEqual([
      ...Array.from({ length: 4 }, () => expect.stringMatching(/^it lacks data\//)),
      "it has mark a at 2, not 3",
    ]);
  });
});
