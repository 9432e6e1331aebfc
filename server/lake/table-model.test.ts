import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Db, openDuckDb } from "./duckdb";
import { openLake } from "./lake";
import type { DataFile } from "./snapshot";
import { openLocalStore } from "./store/local";
import { Table } from "./table";
import { required, type TableSpec } from "./types";
import { verifyLog } from "./verify-log";

const SPEC: TableSpec = {
  name: "model",
  kind: "raw",
  description: "test",
  columns: [required("id", "bigint", "id")],
  partitionBy: [],
  key: ["id"],
  sortBy: ["id"],
  retention: { logDays: 2, dataDays: null },
};
const STEPS = 120;

let root: string;
let db: Db;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "table-model-"));
  db = await openDuckDb({ memoryLimitMb: 512, threads: 2, temporaryDirectory: join(root, "spill") });
});
afterAll(async () => {
  db.close();
  await rm(root, { recursive: true, force: true });
});

/** mulberry32: the same steps for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** The log needs no file behind its names. */
const named = (path: string): DataFile => {
  const stats = { numRecords: 1, minValues: {}, maxValues: {}, nullCount: { id: 0 } };
  return { path, size: 1, modificationTimeMs: 1, partitionValues: {}, stats, statsText: JSON.stringify(stats) };
};

interface ModelVersion {
  readonly paths: ReadonlySet<string>;
  readonly marks: ReadonlyMap<string, bigint>;
  /** Rows added by this version. */
  readonly added: readonly string[];
}

describe("a table, against a plain model of it", () => {
  it.each([1, 2, 3, 4, 5, 6])("agrees after every step of a random history, seed %i", async (seed) => {
    const random = randomOf(seed);
    const store = await openLocalStore(join(root, `lake-${seed}`));
    let tables = await Promise.all([0, 1, 2].map(() => Table.open(store, db, SPEC)));
    const model: ModelVersion[] = [{ paths: new Set(), marks: new Map(), added: [] }];
    const agree = (snapshot: { files: readonly DataFile[]; marks: ReadonlyMap<string, bigint> }, version: number) => {
      expect(new Set(snapshot.files.map((file) => file.path))).toEqual(model[version]?.paths);
      expect(snapshot.marks).toEqual(model[version]?.marks);
    };
    for (let step = 0; step < STEPS; step++) {
      // The writer may be behind: it has not read what the others committed.
      const table = tables[random(tables.length)];
      const now = model.at(-1);
      if (table === undefined || now === undefined) throw new Error("no table");
      const adds = Array.from({ length: random(3) }, (_, index) => `data/${step}-${index}`);
      const known = table.current().files.map((file) => file.path);
      const removes = random(3) === 0 ? known.filter(() => random(2) === 0) : [];
      const marks = random(2) === 0 ? [{ appId: `app/${random(4)}`, version: BigInt(random(60)) }] : [];
      // A commit that only moves rows keeps their number: every file here has one.
      const dataChange = removes.length === 0 || removes.length !== adds.length || random(2) === 0;
      const outcome = await table.commit({
        adds: adds.map(named),
        removes: removes.map(named),
        marks,
        operation: removes.length === 0 ? "WRITE" : "OPTIMIZE",
        dataChange,
      });
      const moved = marks.some(({ appId, version }) => (now.marks.get(appId) ?? -1n) >= version);
      const gone = removes.some((path) => !now.paths.has(path));
      if (moved || gone) {
        expect(outcome.kind).toBe(moved ? "mark_moved" : "file_removed");
      } else {
        expect(outcome).toMatchObject({ kind: "committed", version: model.length });
        const paths = new Set([...now.paths].filter((path) => !removes.includes(path)).concat(adds));
        const nextMarks = new Map(now.marks);
        for (const { appId, version } of marks) nextMarks.set(appId, version);
        model.push({ paths, marks: nextMarks, added: dataChange ? adds : [] });
      }
      if (random(25) === 0) await table.writeCheckpoint();
      if (random(15) === 0) tables = await Promise.all(tables.map(() => Table.open(store, db, SPEC)));
      agree(await table.refresh(), model.length - 1);
      if (random(10) === 0) {
        const version = random(model.length);
        agree(await table.at({ version }), version);
        const since = await table.changesSince(version);
        const expected = model.flatMap(({ added }, index) =>
          index > version && added.length > 0 ? [{ version: index, paths: [...added] }] : [],
        );
        expect(since.map((change) => ({ version: change.version, paths: change.files.map((f) => f.path) }))).toEqual(
          expected,
        );
      }
    }
    const lake = await openLake(store, db, [SPEC]);
    expect(await verifyLog(lake, SPEC)).toEqual([]);
  });
});
