import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Db, openDuckDb } from "./duckdb";
import { openLake } from "./lake";
import { checkpointKey, commitKey, lastCheckpointKey } from "./log";
import { MAINTENANCE_DEFAULTS, trimLog, vacuum } from "./maintenance";
import { writeParquet } from "./parquet";
import { scanSql } from "./scan";
import type { Snapshot } from "./snapshot";
import { openLocalStore } from "./store/local";
import type { ObjectStore } from "./store/store";
import { Table } from "./table";
import { required, type TableSpec } from "./types";

const SPEC: TableSpec = {
  name: "events",
  kind: "raw",
  description: "test",
  columns: [required("id", "bigint", "id")],
  partitionBy: [],
  key: ["id"],
  sortBy: ["id"],
  retention: { logDays: 2, dataDays: null },
};
const KEPT_YEARS: TableSpec = { ...SPEC, kind: "dimension", retention: { logDays: 2_555, dataDays: null } };
const DAY_MS = 86_400_000;

let root: string;
let db: Db;
let stores = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "log-safety-"));
  db = await openDuckDb({ memoryLimitMb: 512, threads: 2, temporaryDirectory: join(root, "spill") });
});
afterAll(async () => {
  db.close();
  await rm(root, { recursive: true, force: true });
});

const freshStore = (): Promise<ObjectStore> => openLocalStore(join(root, `lake-${stores++}`));

async function fileOf(store: ObjectStore, id: number) {
  const connection = await db.connect();
  const selectSql = `SELECT ${id}::BIGINT AS id`;
  const file = await writeParquet({ connection, selectSql, spec: SPEC, store, expectedRows: 1 });
  connection.closeSync();
  if (file === null) throw new Error("no rows");
  return file;
}

const append = async (table: Table, id: number) =>
  table.commit({ adds: [await fileOf(table.store, id)], marks: [], operation: "WRITE" });

async function idsOf(store: ObjectStore, snapshot: Snapshot): Promise<number[]> {
  const connection = await db.connect();
  const sql = `SELECT id FROM ${await scanSql(store, SPEC, snapshot.files)} ORDER BY id`;
  const reader = await connection.runAndReadAll(sql);
  connection.closeSync();
  return reader.getRowsJS().map(([id]) => Number(id));
}

describe("the log", () => {
  it("refuses a table with a commit missing in the middle, and never fills the gap", async () => {
    const store = await freshStore();
    const table = await Table.open(store, db, SPEC);
    for (let id = 0; id < 5; id++) await append(table, id);
    await store.delete([commitKey("events", 3)]);
    await expect(Table.open(store, db, SPEC)).rejects.toMatchObject({
      kind: "corrupt",
      code: "log_file_missing",
      at: { key: commitKey("events", 3) },
    });
    expect(await store.head(commitKey("events", 3))).toBeNull();
  });

  it.each([
    ["lost", null],
    ["torn", '{"vers'],
    ["pointing at a checkpoint that is gone", '{"version":999,"size":1}'],
  ])("finds the newest checkpoint itself where _last_checkpoint is %s", async (_, pointer) => {
    const store = await freshStore();
    const table = await Table.open(store, db, SPEC);
    for (let id = 0; id < 3; id++) await append(table, id);
    await table.writeCheckpoint();
    await append(table, 3);
    await store.delete([0, 1, 2, 3].map((version) => commitKey("events", version)));
    if (pointer === null) await store.delete([lastCheckpointKey("events")]);
    else await store.put(lastCheckpointKey("events"), new TextEncoder().encode(pointer));
    const reopened = await Table.open(store, db, SPEC);
    expect(reopened.current().version).toBe(4);
    expect(await idsOf(store, reopened.current())).toEqual([0, 1, 2, 3]);
    expect(await store.head(commitKey("events", 0))).toBeNull();
  });

  it("brings back a process that slept while retention removed the commits it had not read", async () => {
    const store = await freshStore();
    let nowMs = Date.now();
    const sleeper = await Table.open(store, db, SPEC, { nowMs: () => nowMs });
    const other = await Table.open(store, db, SPEC);
    for (let id = 0; id < 3; id++) await append(other, id);
    await other.writeCheckpoint();
    await append(other, 3);
    await trimLog(await openLake(store, db, [SPEC]), other, {
      ...MAINTENANCE_DEFAULTS,
      nowMs: () => Date.now() + 3 * DAY_MS,
    });
    nowMs += 3 * DAY_MS;
    expect(await append(sleeper, 4)).toMatchObject({ kind: "committed", version: 5 });
    expect(await idsOf(store, await other.refresh())).toEqual([0, 1, 2, 3, 4]);
    expect(await idsOf(store, await sleeper.refresh())).toEqual([0, 1, 2, 3, 4]);
  });

  it("says so where a follower's mark is ahead of the table", async () => {
    const store = await freshStore();
    const table = await Table.open(store, db, SPEC);
    await append(table, 0);
    expect(await table.changesSince(1)).toEqual([]);
    await expect(table.changesSince(2)).rejects.toMatchObject({ kind: "data_loss", code: "version_ahead" });
  });

  it("keeps what a table of long memory removed, for as long as its log reaches", async () => {
    const store = await freshStore();
    let nowMs = Date.now() - 40 * DAY_MS;
    const table = await Table.open(store, db, KEPT_YEARS, { nowMs: () => nowMs });
    await append(table, 0);
    const removes = (await table.refresh()).files;
    await table.commit({ adds: [await fileOf(store, 1)], removes, marks: [], operation: "REPLACE" });
    nowMs += 40 * DAY_MS;
    await table.writeCheckpoint();
    const reopened = await Table.open(store, db, KEPT_YEARS);
    expect(
      await vacuum(await openLake(store, db, [KEPT_YEARS]), reopened, {
        ...MAINTENANCE_DEFAULTS,
        nowMs: () => nowMs + 2 * DAY_MS,
      }),
    ).toBe(0);
    expect(await idsOf(store, await reopened.at({ version: 1 }))).toEqual([0]);
  });

  it("refuses a version whose files vacuum has deleted, instead of a reader's puzzling failure", async () => {
    const store = await freshStore();
    let nowMs = Date.now();
    const table = await Table.open(store, db, SPEC, { nowMs: () => nowMs });
    await append(table, 0);
    const removes = (await table.refresh()).files;
    await table.commit({ adds: [await fileOf(store, 1)], removes, marks: [], operation: "REPLACE" });
    expect(await idsOf(store, await table.at({ version: 1 }))).toEqual([0]);
    nowMs += 3 * DAY_MS;
    expect(
      await vacuum(await openLake(store, db, [SPEC]), table, { ...MAINTENANCE_DEFAULTS, nowMs: () => nowMs }),
    ).toBe(1);
    await expect(table.at({ version: 1 })).rejects.toMatchObject({ code: "version_gone" });
    expect(await idsOf(store, await table.at({ version: 2 }))).toEqual([1]);
  });

  it("keeps one checkpoint an hour besides the last hour's and the newest, and reads every version all the same", async () => {
    const store = await freshStore();
    const table = await Table.open(store, db, SPEC);
    const versions = [1, 2, 3, 4, 5, 6];
    const hoursAgo = [5.9, 5.5, 5.1, 3.5, 0.2, 0.1];
    const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
    for (const [index, version] of versions.entries()) {
      await append(table, version);
      await table.writeCheckpoint();
      const at = new Date((index < 4 ? hour : Date.now()) - (hoursAgo[index] ?? 0) * 3_600_000);
      await utimes(await store.localPath(checkpointKey("events", version)), at, at);
    }
    const lake = await openLake(store, db, [SPEC]);
    expect(await trimLog(lake, table, MAINTENANCE_DEFAULTS)).toBe(2);
    const kept = await Promise.all(versions.map((version) => store.head(checkpointKey("events", version))));
    expect(versions.filter((_, index) => kept[index] !== null)).toEqual([1, 4, 5, 6]);
    for (const version of versions) {
      expect(await idsOf(store, await table.at({ version }))).toEqual(versions.slice(0, version));
    }
  });

  it("does not trim the log before a checkpoint that cannot be read", async () => {
    const store = await freshStore();
    const table = await Table.open(store, db, SPEC);
    for (let id = 0; id < 3; id++) await append(table, id);
    const version = await table.writeCheckpoint();
    await store.put(checkpointKey("events", version), new Uint8Array(100));
    const later = { ...MAINTENANCE_DEFAULTS, nowMs: () => Date.now() + 3 * DAY_MS };
    const lake = { ...(await openLake(await freshStore(), db, [SPEC])), store };
    await expect(trimLog(lake, table, later)).rejects.toMatchObject({ kind: "corrupt", code: "unreadable_checkpoint" });
    expect(await store.head(commitKey("events", 0))).not.toBeNull();
  });

  it("refuses a partitioned specification, which no writer here can honour", async () => {
    const store = await freshStore();
    await expect(Table.open(store, db, { ...SPEC, partitionBy: ["id"] })).rejects.toThrow(/partition/);
  });
});
