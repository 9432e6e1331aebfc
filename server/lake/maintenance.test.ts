import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Db, openDuckDb } from "./duckdb";
import { type Lake, openLake } from "./lake";
import { MAINTENANCE_DEFAULTS, maintain } from "./maintenance";
import { writeParquet } from "./parquet";
import { scanSql } from "./scan";
import type { Snapshot } from "./snapshot";
import { openLocalStore } from "./store/local";
import { required, type TableSpec } from "./types";
import { verifyLake } from "./verify";

const SPEC: TableSpec = {
  name: "rows",
  kind: "raw",
  description: "test",
  columns: [required("id", "bigint", "id"), required("at", "timestamp", "at")],
  partitionBy: [],
  key: ["id"],
  sortBy: ["at"],
  retention: { logDays: 2, dataDays: null },
};
const DAY_MS = 86_400_000;

let root: string;
let db: Db;
let lake: Lake;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "maintenance-test-"));
  db = await openDuckDb({ memoryLimitMb: 512, threads: 2, temporaryDirectory: join(root, "spill") });
  lake = await openLake(await openLocalStore(join(root, "lake")), db, [SPEC]);
  const connection = await db.connect();
  for (let index = 0; index < 25; index++) {
    const selectSql = `SELECT i AS id, make_timestamptz(1700000000000000 + ((i * 7919) % 1000) * 1000000) AS at FROM range(${index * 40}, ${index * 40 + 40}) r(i)`;
    const file = await writeParquet({ connection, selectSql, spec: SPEC, store: lake.store });
    if (file === null) throw new Error("no rows");
    await lake
      .table("rows")
      .commit({ adds: [file], marks: [{ appId: "a", version: BigInt(index) }], operation: "WRITE" });
  }
  connection.closeSync();
});
afterAll(async () => {
  db.close();
  await rm(root, { recursive: true, force: true });
});

async function idsOf(snapshot: Snapshot): Promise<number[]> {
  const connection = await db.connect();
  const reader = await connection.runAndReadAll(
    `SELECT id FROM ${await scanSql(lake.store, SPEC, snapshot.files)} ORDER BY id`,
  );
  connection.closeSync();
  return reader.getRowsJS().map(([id]) => Number(id));
}

describe("maintenance", () => {
  it("compacts without changing a row, and keeps every version readable within the retention", async () => {
    const table = lake.table("rows");
    const before = await idsOf(await table.refresh());
    const limits = { ...MAINTENANCE_DEFAULTS, rowsPerFile: 520 };
    const [facts] = await maintain(lake, limits);
    expect(facts).toMatchObject({ filesCompacted: 25, filesDeleted: 0, logFilesDeleted: 0 });
    const after = await table.refresh();
    expect(after.files.length).toBe(facts?.filesWritten);
    expect(await idsOf(after)).toEqual(before);
    expect(after.marks.get("a")).toBe(24n);
    expect(await idsOf(await table.at({ version: 10 }))).toEqual(before.slice(0, 400));
    expect((await table.changesSince(20)).map((change) => change.version)).toEqual([21, 22, 23, 24, 25]);
    expect((await verifyLake(lake)).differences).toEqual([]);
  });

  it("deletes after the retention only what no snapshot within it names", async () => {
    const table = lake.table("rows");
    const rows = await idsOf(await table.refresh());
    const tomorrow = { ...MAINTENANCE_DEFAULTS, nowMs: () => Date.now() + DAY_MS };
    expect((await maintain(lake, tomorrow))[0]).toMatchObject({ filesDeleted: 0, logFilesDeleted: 0 });
    const later = { ...MAINTENANCE_DEFAULTS, nowMs: () => Date.now() + 3 * DAY_MS };
    expect((await maintain(lake, later))[0]).toMatchObject({ filesDeleted: 25, logFilesDeleted: 20 });
    const reopened = await openLake(lake.store, db, [SPEC]);
    expect(await idsOf(reopened.table("rows").current())).toEqual(rows);
    await expect(reopened.table("rows").at({ version: 3 })).rejects.toMatchObject({ code: "version_gone" });
    await expect(reopened.table("rows").changesSince(3)).rejects.toMatchObject({ code: "log_truncated" });
    expect((await verifyLake(reopened)).differences).toEqual([]);
  });
});
