import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Db, openDuckDb } from "./duckdb";
import { writeParquet } from "./parquet";
import { scanSql } from "./scan";
import type { DataFile, Snapshot } from "./snapshot";
import { openLocalStore } from "./store/local";
import type { ObjectStore } from "./store/store";
import { Table } from "./table";
import { optional, required, type TableSpec } from "./types";

const SPEC: TableSpec = {
  name: "events",
  kind: "raw",
  description: "test",
  columns: [required("id", "bigint", "id"), optional("at", "timestamp", "at"), optional("name", "string", "name")],
  partitionBy: [],
  key: ["id"],
  sortBy: ["id"],
  retention: { logDays: 2, dataDays: null },
};

let root: string;
let db: Db;
let stores = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lake-test-"));
  db = await openDuckDb({ memoryLimitMb: 512, threads: 2, temporaryDirectory: join(root, "spill") });
});
afterAll(async () => {
  db.close();
  await rm(root, { recursive: true, force: true });
});

const freshStore = (): Promise<ObjectStore> => openLocalStore(join(root, `lake-${stores++}`));

async function fileOf(store: ObjectStore, from: number, rows: number): Promise<DataFile> {
  const connection = await db.connect();
  const file = await writeParquet({
    connection,
    selectSql: `SELECT i AS id, make_timestamptz(1700000000000001 + i * 1000) AS at, 'name ' || i AS name FROM range(${from}, ${from + rows}) r(i)`,
    spec: SPEC,
    store,
    expectedRows: rows,
  });
  connection.closeSync();
  if (file === null) throw new Error("no rows");
  return file;
}

async function idsOf(store: ObjectStore, snapshot: Snapshot): Promise<number[]> {
  const connection = await db.connect();
  const reader = await connection.runAndReadAll(
    `SELECT id FROM ${await scanSql(store, SPEC, snapshot.files)} ORDER BY id`,
  );
  connection.closeSync();
  return reader.getRowsJS().map(([id]) => Number(id));
}

const append = async (table: Table, from: number, rows: number, mark?: bigint) =>
  table.commit({
    adds: [await fileOf(table.store, from, rows)],
    marks: mark === undefined ? [] : [{ appId: "kafka/c/t/x/0", version: mark }],
    operation: "WRITE",
  });

describe("Table", () => {
  it("shows another process's commits after refresh, and never before", async () => {
    const store = await freshStore();
    const [writer, reader] = [await Table.open(store, db, SPEC), await Table.open(store, db, SPEC)];
    await append(writer, 0, 3);
    expect(await idsOf(store, reader.current())).toEqual([]);
    expect(await idsOf(store, await reader.refresh())).toEqual([0, 1, 2]);
  });

  it("takes a batch once however many writers hold it", async () => {
    const store = await freshStore();
    const writers = await Promise.all(Array.from({ length: 20 }, () => Table.open(store, db, SPEC)));
    const outcomes = await Promise.all(writers.map((writer) => append(writer, 0, 5, 4n)));
    expect(outcomes.filter((outcome) => outcome.kind === "committed")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.kind === "mark_moved")).toHaveLength(19);
    const snapshot = await (await Table.open(store, db, SPEC)).refresh();
    expect(await idsOf(store, snapshot)).toEqual([0, 1, 2, 3, 4]);
    expect(snapshot.marks.get("kafka/c/t/x/0")).toBe(4n);
  });

  it("refuses a batch whose mark was moved since its rows were decided, also where it goes further", async () => {
    const store = await freshStore();
    const [first, second] = [await Table.open(store, db, SPEC), await Table.open(store, db, SPEC)];
    const commit = async (table: Table, from: number, version: bigint, base: bigint) =>
      (
        await table.commit({
          adds: [await fileOf(store, from, 5)],
          marks: [{ appId: "p", version, base }],
          operation: "WRITE",
        })
      ).kind;
    // Both have read from the beginning; the second one further.
    expect(await commit(first, 0, 4n, -1n)).toBe("committed");
    expect(await commit(second, 0, 9n, -1n)).toBe("mark_moved");
    expect(await commit(second, 5, 9n, 4n)).toBe("committed");
    expect(await idsOf(store, await first.refresh())).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("refuses a batch decided upon another mark that has moved, and leaves that mark where it is", async () => {
    const store = await freshStore();
    const [first, second] = [await Table.open(store, db, SPEC), await Table.open(store, db, SPEC)];
    const commit = async (table: Table, from: number, moves: string, stands: string, version: bigint) =>
      (
        await table.commit({
          adds: [await fileOf(store, from, 1)],
          marks: [{ appId: moves, version: 1n, base: -1n }],
          expects: [{ appId: stands, version }],
          operation: "WRITE",
        })
      ).kind;
    expect(await commit(first, 0, "signals", "payments", -1n)).toBe("committed");
    expect(await commit(second, 1, "payments", "signals", -1n)).toBe("mark_moved");
    expect(await commit(second, 1, "payments", "signals", 1n)).toBe("committed");
    expect([...(await first.refresh()).marks]).toEqual([
      ["signals", 1n],
      ["payments", 1n],
    ]);
  });

  it("keeps every batch of twenty writers with different marks", async () => {
    const store = await freshStore();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const table = await Table.open(store, db, SPEC);
        const file = await fileOf(store, index * 10, 10);
        return table.commit({ adds: [file], marks: [{ appId: `p/${index}`, version: 9n }], operation: "WRITE" });
      }),
    );
    expect(outcomes.every((outcome) => outcome.kind === "committed")).toBe(true);
    const table = await Table.open(store, db, SPEC);
    expect(await idsOf(store, table.current())).toEqual(Array.from({ length: 200 }, (_, id) => id));
    expect(table.current().marks.size).toBe(20);
  });

  it("recognises its own commit when the answer was lost after the write", async () => {
    const store = await freshStore();
    let lose = false;
    const losing: ObjectStore = Object.create(store, {
      putIfAbsent: {
        value: async (key: string, bytes: Uint8Array) => {
          const answer = await store.putIfAbsent(key, bytes);
          if (!lose) return answer;
          lose = false;
          throw new Error("connection reset");
        },
      },
    });
    const table = await Table.open(losing, db, SPEC);
    lose = true;
    expect((await append(table, 0, 2, 1n)).kind).toBe("committed");
    expect(await idsOf(store, await table.refresh())).toEqual([0, 1]);
  });

  it("refuses to remove a file another writer removed", async () => {
    const store = await freshStore();
    const [one, other] = [await Table.open(store, db, SPEC), await Table.open(store, db, SPEC)];
    await append(one, 0, 3);
    const [file] = (await other.refresh()).files;
    if (file === undefined) throw new Error("no file");
    const compact = async (table: Table) =>
      table.commit({
        adds: [await fileOf(store, 0, 3)],
        removes: [file],
        marks: [],
        operation: "OPTIMIZE",
        dataChange: false,
      });
    expect((await compact(one)).kind).toBe("committed");
    expect(await compact(other)).toEqual({ kind: "file_removed", path: file.path });
    expect(await idsOf(store, await other.refresh())).toEqual([0, 1, 2]);
  });

  it("replays the same state from a checkpoint as from the whole log, and reads every version in between", async () => {
    const store = await freshStore();
    const table = await Table.open(store, db, SPEC);
    const instants: number[] = [];
    for (let index = 0; index < 45; index++) {
      const outcome = await append(table, index, 1, BigInt(index));
      if (outcome.kind === "committed") instants.push(outcome.timestampMs);
    }
    const reopened = await Table.open(store, db, SPEC);
    expect(await store.head(`tables/events/_delta_log/${"40".padStart(20, "0")}.checkpoint.parquet`)).not.toBeNull();
    expect(reopened.current()).toEqual(table.current());
    for (const version of [0, 1, 19, 20, 21, 40, 44, 45]) {
      const expected = Array.from({ length: version }, (_, id) => id);
      expect(await idsOf(store, await reopened.at({ version }))).toEqual(expected);
    }
    expect((await reopened.at({ timestampMs: instants[9] ?? 0 })).version).toBe(10);
    expect((await reopened.at({ timestampMs: (instants[9] ?? 0) - 1 })).version).toBe(9);
    await expect(reopened.at({ version: 46 })).rejects.toMatchObject({ code: "version_gone" });
    const changes = await reopened.changesSince(42);
    expect(changes.map((change) => change.version)).toEqual([43, 44, 45]);
  });

  it("writes bounds that contain the data: timestamps outward to the millisecond", async () => {
    const store = await freshStore();
    const file = await fileOf(store, 0, 2);
    expect(file.stats.minValues).toEqual({ id: 0, at: "2023-11-14T22:13:20.000Z", name: "name 0" });
    expect(file.stats.maxValues).toEqual({ id: 1, at: "2023-11-14T22:13:20.002Z", name: "name 1" });
    expect(file.stats.nullCount).toEqual({ id: 0, at: 0, name: 0 });
  });

  it("names the torn log file", async () => {
    const store = await freshStore();
    const table = await Table.open(store, db, SPEC);
    await append(table, 0, 1);
    const path = await store.localPath(`tables/events/_delta_log/${"1".padStart(20, "0")}.json`);
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, whole.length - 20));
    await expect(Table.open(store, db, SPEC)).rejects.toMatchObject({ code: "torn_log_file" });
  });

  it("refuses a table of a higher protocol version and one with other columns", async () => {
    const store = await freshStore();
    await Table.open(store, db, SPEC);
    const other = { ...SPEC, columns: [required("id", "string", "id")] };
    await expect(Table.open(store, db, other)).rejects.toMatchObject({ code: "table_schema_differs" });
    await store.putIfAbsent(
      `tables/events/_delta_log/${"1".padStart(20, "0")}.json`,
      new TextEncoder().encode(
        '{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":[],"writerFeatures":[]}}\n',
      ),
    );
    await expect(Table.open(store, db, SPEC)).rejects.toMatchObject({ code: "table_protocol_too_high" });
  });

  it("takes new nullable columns at the end", async () => {
    const store = await freshStore();
    const table = await Table.open(store, db, SPEC);
    await append(table, 0, 1);
    const wider = { ...SPEC, columns: [...SPEC.columns, optional("extra", "int", "added later")] };
    const evolved = await Table.open(store, db, wider);
    const connection = await db.connect();
    const reader = await connection.runAndReadAll(
      `SELECT id, extra FROM ${await scanSql(store, wider, evolved.current().files)}`,
    );
    connection.closeSync();
    expect(reader.getRowsJS()).toEqual([[0n, null]]);
  });
});
