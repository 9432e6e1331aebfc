import { readdir, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../tests/support/world";
import { openDuckDb } from "../lake/duckdb";
import { type Lake, openLake } from "../lake/lake";
import { writeParquet } from "../lake/parquet";
import { openLocalStore } from "../lake/store/local";
import { optional, required, type TableSpec } from "../lake/types";
import { silentLogger } from "../observability/log";
import { type IdentifierFilters, openIdentifierFilters } from "./identifier-filters";

const FILES = 4;
const ROWS = 25_000;
const SMALL = 100;

const PAYMENTS: TableSpec = {
  name: "payments",
  kind: "raw",
  description: "Payments",
  columns: [required("id", "string", "Id"), optional("card", "string", "Card"), required("day", "int", "Day")],
  partitionBy: [],
  key: ["id"],
  identifiers: ["id", "card"],
  sortBy: ["day"],
  retention: { logDays: 2, dataDays: null },
};

let directory: string;
let remove: () => Promise<void>;
let lake: Lake;
const opened: IdentifierFilters[] = [];

beforeAll(async () => {
  ({ path: directory, remove } = await temporaryDirectory());
  const db = await openDuckDb({ memoryLimitMb: 256, threads: 1, temporaryDirectory: join(directory, "spill") });
  lake = await openLake(await openLocalStore(join(directory, "lake")), db, [PAYMENTS]);
  const connection = await db.connect();
  for (let file = 0; file <= FILES; file++) {
    const rows = file === FILES ? SMALL : ROWS;
    const written = await writeParquet({
      connection,
      spec: PAYMENTS,
      store: lake.store,
      expectedRows: rows,
      selectSql: `SELECT 'pay-' || ${file} || '-' || hash(i) AS id, CASE WHEN i % 3 = 0 THEN 'card-' || (i % 997) || '-' || ${file} END AS card,
                         ${file}::INTEGER AS day FROM range(${rows}) t(i)`,
    });
    await lake.table(PAYMENTS.name).commit({ adds: written === null ? [] : [written], marks: [], operation: "WRITE" });
  }
  connection.closeSync();
});
afterAll(async () => {
  for (const filters of opened) await filters.close();
  await remove();
});

function open(): IdentifierFilters {
  const filters = openIdentifierFilters({ lake, directory: join(directory, "cache"), log: silentLogger });
  opened.push(filters);
  return filters;
}

/** Which of the files are read for the values. */
async function readFor(filters: IdentifierFilters, values: readonly string[]): Promise<number[]> {
  const { files } = await lake.table(PAYMENTS.name).refresh();
  const connection = await lake.db.connect();
  try {
    const kept = await filters.mayHold(connection, PAYMENTS, files, values);
    return kept.map((file) => Number(file.stats.minValues.day)).sort();
  } finally {
    connection.closeSync();
  }
}

/** Every file's filter in place. */
async function warmed(): Promise<IdentifierFilters> {
  const filters = open();
  await readFor(filters, ["nobody"]);
  await filters.settled();
  return filters;
}

async function idsOf(file: number): Promise<string[]> {
  const { files } = await lake.table(PAYMENTS.name).refresh();
  const [wanted] = files.filter((candidate) => candidate.stats.minValues.day === file);
  const connection = await lake.db.connect();
  try {
    const path = await lake.store.localPath(`tables/${PAYMENTS.name}/${wanted?.path}`);
    const reader = await connection.runAndReadAll(`SELECT id FROM '${path}' UNION SELECT card FROM '${path}'`);
    return reader.getRows().flatMap(([cell]) => (typeof cell === "string" ? [cell] : []));
  } finally {
    connection.closeSync();
  }
}

describe("identifier filters", () => {
  it("leave no file out before they are made", async () => {
    expect(await readFor(open(), ["nobody"])).toEqual([0, 1, 2, 3, FILES]);
  });

  it("never leave out a file that holds the value, in any identifier column", async () => {
    const filters = await warmed();
    const ids = (await idsOf(2)).filter((_id, place) => place % 40 === 0);
    expect(ids.some((id) => id.startsWith("card-"))).toBe(true);
    for (const id of ids) expect(await readFor(filters, [id])).toContain(2);
    expect(await readFor(filters, [ids[0] ?? "", "nobody"])).toContain(2);
  });

  it("leave out nearly every other large file, and no small one", async () => {
    const filters = await warmed();
    let inVain = 0;
    const asked = 500;
    for (let index = 0; index < asked; index++) {
      const read = await readFor(filters, [`unknown-${index}`]);
      expect(read).toContain(FILES);
      inVain += read.length - 1;
    }
    expect(inVain / (asked * FILES)).toBeLessThan(0.02);
  });

  it("are kept over a restart, and one that was cut off is made again", async () => {
    await warmed();
    const [format = ""] = await readdir(join(directory, "cache"));
    const place = join(directory, "cache", format, PAYMENTS.name);
    const [first = "", ...others] = (await readdir(place)).map((name) => join(place, name));
    expect(others).toHaveLength(FILES - 1);
    const before = await Promise.all([first, ...others].map((path) => stat(path)));
    await truncate(first, (before[0]?.size ?? 0) - 1);
    const [one = ""] = await idsOf(1);
    expect(await readFor(await warmed(), [one])).toContain(1);
    const after = await Promise.all([first, ...others].map((path) => stat(path)));
    expect(after.map(({ size }) => size)).toEqual(before.map(({ size }) => size));
    expect(after.slice(1).map(({ ino }) => ino)).toEqual(before.slice(1).map(({ ino }) => ino));
  });
});
