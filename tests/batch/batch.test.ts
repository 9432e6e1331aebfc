import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { datesToRerun } from "../../server/batch/late";
import { closedDates } from "../../server/batch/record";
import { dryRun, runFinal } from "../../server/batch/run";
import { pinJob } from "../../server/batch/spec";
import type { BusinessDate } from "../../server/domain/time";
import { type Db, openDuckDb } from "../../server/lake/duckdb";
import { type Lake, openLake } from "../../server/lake/lake";
import { compact, MAINTENANCE_DEFAULTS } from "../../server/lake/maintenance";
import { openLocalStore } from "../../server/lake/store/local";
import type { ObjectStore } from "../../server/lake/store/store";
import { DEFINITION, dyingAfter, finals, SALES, SHOP_DAYS, sell } from "./world";

const MONDAY = "2026-11-16" as BusinessDate;
const TUESDAY = "2026-11-17" as BusinessDate;

let root: string;
let db: Db;
let stores = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "batch-test-"));
  db = await openDuckDb({ memoryLimitMb: 512, threads: 2, temporaryDirectory: join(root, "spill") });
});
afterAll(async () => {
  db.close();
  await rm(root, { recursive: true, force: true });
});

const freshStore = (): Promise<ObjectStore> => openLocalStore(join(root, `lake-${stores++}`));
const open = (store: ObjectStore): Promise<Lake> => openLake(store, db, [SALES, SHOP_DAYS]);
const run = async (lake: Lake, date: BusinessDate, settings: object = {}) =>
  runFinal(lake, DEFINITION, await pinJob(lake, DEFINITION, date, settings));

async function soldLake(): Promise<Lake> {
  const lake = await open(await freshStore());
  await sell(
    lake,
    [MONDAY, "a", "EUR", 10],
    [MONDAY, "a", "EUR", 5],
    [MONDAY, "b", "USD", 7],
    [TUESDAY, "a", "EUR", 1],
  );
  return lake;
}

describe("a run", () => {
  it("replaces its business date and no other", async () => {
    const lake = await soldLake();
    await run(lake, MONDAY);
    await run(lake, TUESDAY);
    expect(await finals(lake)).toEqual([`${MONDAY} a EUR 15 2`, `${MONDAY} b USD 7 1`, `${TUESDAY} a EUR 1 1`]);
    await sell(lake, [MONDAY, "c", "EUR", 100]);
    const { record, outcome } = await run(lake, MONDAY);
    expect([outcome, record.rows]).toEqual(["committed", 3]);
    expect(await finals(lake)).toEqual([
      `${MONDAY} a EUR 15 2`,
      `${MONDAY} b USD 7 1`,
      `${MONDAY} c EUR 100 1`,
      `${TUESDAY} a EUR 1 1`,
    ]);
  });

  it("leaves other dates as they are where compaction has put dates into one file", async () => {
    const lake = await soldLake();
    await run(lake, MONDAY);
    await run(lake, TUESDAY);
    const table = lake.table("shop_days");
    await compact(lake, table, { ...MAINTENANCE_DEFAULTS, smallFilesMin: 2 });
    expect(table.current().files).toHaveLength(1);
    await sell(lake, [TUESDAY, "a", "EUR", 2]);
    await run(lake, TUESDAY);
    expect(await finals(lake)).toEqual([`${MONDAY} a EUR 15 2`, `${MONDAY} b USD 7 1`, `${TUESDAY} a EUR 3 2`]);
  });

  it("changes nothing when the same spec runs again", async () => {
    const lake = await soldLake();
    const spec = await pinJob(lake, DEFINITION, MONDAY);
    const first = await runFinal(lake, DEFINITION, spec);
    const { version } = await lake.table("shop_days").refresh();
    const second = await runFinal(lake, DEFINITION, spec);
    expect(second).toEqual({ outcome: "unchanged", record: first.record, diff: null });
    expect((await lake.table("shop_days").refresh()).version).toBe(version);
  });

  it("empties a date whose rows are gone by its rules", async () => {
    const lake = await soldLake();
    await run(lake, MONDAY);
    const none: typeof DEFINITION = {
      ...DEFINITION,
      ruleVersion: "shops/2",
      plan: (...given) => {
        const plan = DEFINITION.plan(...given);
        return {
          ...plan,
          output: `SELECT * FROM (${plan.output}) WHERE false`,
          controls: `SELECT * FROM (${plan.controls}) WHERE false`,
        };
      },
    };
    await runFinal(lake, none, await pinJob(lake, none, MONDAY));
    expect(await finals(lake)).toEqual([]);
    expect(closedDates(lake.table("shop_days").current(), "shops")).toEqual([MONDAY]);
  });

  it("that loses a row on the way is refused before it writes", async () => {
    const lake = await soldLake();
    await expect(run(lake, TUESDAY, { loseOne: true })).rejects.toMatchObject({ code: "control_total_mismatch" });
    expect(await finals(lake)).toEqual([]);
    expect(closedDates(await lake.table("shop_days").refresh(), "shops")).toEqual([]);
  });

  it("keeps its record: inputs, rows and control totals", async () => {
    const lake = await soldLake();
    const { record } = await run(lake, MONDAY);
    expect(record.spec.inputs).toEqual([{ table: "sales", version: 1, files: [expect.stringContaining("data/")] }]);
    expect(record.controls).toEqual([
      { control: "sales", currency: "EUR", rows: "2", minor: null },
      { control: "sales", currency: "USD", rows: "1", minor: null },
    ]);
    expect(record.rowsOfDate).toEqual({ sales: 3 });
  });

  it("with the rules of another release is refused", async () => {
    const lake = await soldLake();
    const spec = await pinJob(lake, DEFINITION, MONDAY);
    await expect(runFinal(lake, { ...DEFINITION, ruleVersion: "shops/9" }, spec)).rejects.toMatchObject({
      code: "other_rules",
    });
  });
});

describe("a dry run", () => {
  it("tells what would be gained, lost and changed by value, and writes nothing", async () => {
    const lake = await soldLake();
    await run(lake, MONDAY);
    await sell(lake, [MONDAY, "a", "EUR", 3], [MONDAY, "c", "USD", 9]);
    const { version } = await lake.table("shop_days").refresh();
    const diff = await dryRun(lake, DEFINITION, await pinJob(lake, DEFINITION, MONDAY));
    expect(diff).toEqual({
      rowsBefore: 2,
      rowsAfter: 3,
      gained: 1,
      lost: 0,
      changed: 1,
      lines: [
        { group: "a", currency: "EUR", gained: 0, lost: 0, changed: 1, valueBeforeMinor: 15n, valueAfterMinor: 18n },
        { group: "c", currency: "USD", gained: 1, lost: 0, changed: 0, valueBeforeMinor: null, valueAfterMinor: 9n },
      ],
    });
    expect((await lake.table("shop_days").refresh()).version).toBe(version);
  });

  it("is committed with the inputs it looked at, whatever has come since", async () => {
    const lake = await soldLake();
    await run(lake, MONDAY);
    await sell(lake, [MONDAY, "a", "EUR", 3]);
    const spec = await pinJob(lake, DEFINITION, MONDAY);
    const diff = await dryRun(lake, DEFINITION, spec);
    await sell(lake, [MONDAY, "a", "EUR", 1_000]);
    await compact(lake, lake.table("sales"), { ...MAINTENANCE_DEFAULTS, smallFilesMin: 2 });
    const result = await runFinal(lake, DEFINITION, JSON.parse(JSON.stringify(spec)));
    expect(result.diff).toEqual(diff);
    expect(await finals(lake, MONDAY)).toEqual([`${MONDAY} a EUR 18 3`, `${MONDAY} b USD 7 1`]);
  });

  it("of what the date holds is empty", async () => {
    const lake = await soldLake();
    await run(lake, MONDAY);
    const diff = await dryRun(lake, DEFINITION, await pinJob(lake, DEFINITION, MONDAY));
    expect(diff).toMatchObject({ gained: 0, lost: 0, changed: 0, lines: [] });
  });
});

describe("runs at once, and runs that die", () => {
  it("one of two runs of a date is committed, the other says so; other dates do not mind", async () => {
    const store = await freshStore();
    const [one, two, three] = await Promise.all([open(store), open(store), open(store)]);
    await sell(one, [MONDAY, "a", "EUR", 10], [TUESDAY, "a", "EUR", 1]);
    const results = await Promise.allSettled([run(one, MONDAY), run(two, MONDAY, { rate: 2 }), run(three, TUESDAY)]);
    const lost = results.flatMap((result) => (result.status === "rejected" ? [result.reason.code] : []));
    expect(results[2].status).toBe("fulfilled");
    if (lost.length > 0) expect(lost).toEqual(["run_overtaken"]);
    const rows = await finals(one);
    expect([`${MONDAY} a EUR 10 1`, `${MONDAY} a EUR 20 1`]).toContain(rows[0]);
    expect(rows[1]).toBe(`${TUESDAY} a EUR 1 1`);
    expect(rows).toHaveLength(2);
  });

  it("a process that dies at any write leaves the old rows or the new ones, and the next run goes through", async () => {
    for (let writes = 0; ; writes++) {
      const store = await freshStore();
      const lake = await open(store);
      await sell(lake, [MONDAY, "a", "EUR", 10], [MONDAY, "b", "EUR", 20]);
      await run(lake, MONDAY);
      await sell(lake, [MONDAY, "a", "EUR", 5], [MONDAY, "c", "EUR", 1]);
      const old = [`${MONDAY} a EUR 10 1`, `${MONDAY} b EUR 20 1`];
      const next = [`${MONDAY} a EUR 15 2`, `${MONDAY} b EUR 20 1`, `${MONDAY} c EUR 1 1`];
      const died = await run(await open(dyingAfter(store, writes)), MONDAY).then(
        () => false,
        () => true,
      );
      const after = await open(store);
      expect([old, next]).toContainEqual(await finals(after));
      await run(after, MONDAY);
      expect(await finals(after)).toEqual(next);
      if (!died) return;
      expect(writes).toBeLessThan(20);
    }
  });
});

describe("late rows", () => {
  it("of a closed date list it for re-run until it is", async () => {
    const lake = await soldLake();
    await run(lake, MONDAY);
    await run(lake, TUESDAY);
    expect(await datesToRerun(lake, DEFINITION)).toEqual([]);
    await sell(lake, [MONDAY, "z", "EUR", 1], ["2026-11-18", "z", "EUR", 1]);
    expect(await datesToRerun(lake, DEFINITION)).toEqual([{ businessDate: MONDAY, lateRows: { sales: 1 } }]);
    await run(lake, MONDAY);
    expect(await datesToRerun(lake, DEFINITION)).toEqual([]);
  });
});
