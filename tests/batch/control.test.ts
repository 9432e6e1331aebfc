import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dryRun, runFinal } from "../../server/batch/run";
import { pinJob } from "../../server/batch/spec";
import type { BusinessDate } from "../../server/domain/time";
import { type Db, openDuckDb } from "../../server/lake/duckdb";
import { type Lake, openLake } from "../../server/lake/lake";
import { openLocalStore } from "../../server/lake/store/local";
import { temporaryDirectory } from "../support/world";
import { DEFINITION, finals, SALES, SHOP_DAYS, sell } from "./world";

const MONDAY = "2026-11-16" as BusinessDate;
const STEPS = ["read inputs", "of_date", "rows of the date", "control totals", "compare", "write", "commit"];
const OLD = [`${MONDAY} a EUR 10 1`];

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let db: Db;
let lakes = 0;
beforeAll(async () => {
  directory = await temporaryDirectory();
  db = await openDuckDb({ memoryLimitMb: 512, threads: 2, temporaryDirectory: join(directory.path, "spill") });
});
afterAll(async () => {
  db.close();
  await directory.remove();
});

/** A closed Monday with one sale, and another one that came after the close. */
async function closedMonday(): Promise<Lake> {
  const lake = await openLake(await openLocalStore(join(directory.path, `lake-${lakes++}`)), db, [SALES, SHOP_DAYS]);
  await sell(lake, [MONDAY, "a", "EUR", 10]);
  await runFinal(lake, DEFINITION, await pinJob(lake, DEFINITION, MONDAY));
  await sell(lake, [MONDAY, "b", "EUR", 20]);
  return lake;
}

describe("a run that is followed", () => {
  it("tells every step in order with its number, a dry run without those that write", async () => {
    const lake = await closedMonday();
    const spec = await pinJob(lake, DEFINITION, MONDAY);
    const told: string[] = [];
    const observe = (step: string, n: number, of: number) => void told.push(`${step} ${n}/${of}`);
    await dryRun(lake, DEFINITION, spec, { observe });
    expect(told).toEqual(STEPS.slice(0, 5).map((step, place) => `${step} ${place + 1}/5`));
    told.length = 0;
    await runFinal(lake, DEFINITION, spec, { observe });
    expect(told).toEqual(STEPS.map((step, place) => `${step} ${place + 1}/7`));
  });

  it("waits with writing until its figures are taken, and changes nothing where that fails", async () => {
    const lake = await closedMonday();
    const spec = await pinJob(lake, DEFINITION, MONDAY);
    const { version } = await lake.table("shop_days").refresh();
    const ready = async () => {
      throw new Error("nobody takes them");
    };
    await expect(runFinal(lake, DEFINITION, spec, { ready })).rejects.toThrow("nobody takes them");
    expect((await lake.table("shop_days").refresh()).version).toBe(version);
    const { record, diff } = await runFinal(lake, DEFINITION, spec, {
      ready: async (facts) => {
        expect(facts).toMatchObject({ rows: 2, diff: { gained: 1 }, controls: [{ control: "sales", rows: "2" }] });
        expect((await lake.table("shop_days").refresh()).version).toBe(version);
      },
    });
    expect([record.rows, diff?.gained]).toEqual([2, 1]);
  });
});

describe("a run that is stopped", () => {
  it("leaves the old rows at whichever step before the commit, and can run again", async () => {
    const lake = await closedMonday();
    const spec = await pinJob(lake, DEFINITION, MONDAY);
    for (const at of STEPS.slice(0, -1)) {
      const stop = new AbortController();
      const observe = (step: string) => {
        if (step === at) stop.abort();
      };
      const stopped = runFinal(lake, DEFINITION, spec, { observe, signal: stop.signal });
      await expect(stopped, at).rejects.toMatchObject({ code: "run_stopped", kind: "conflict" });
      expect(await finals(lake), at).toEqual(OLD);
    }
    await runFinal(lake, DEFINITION, spec);
    expect(await finals(lake)).toEqual([...OLD, `${MONDAY} b EUR 20 1`]);
  });

  it("ends a query that would run for hours", async () => {
    const lake = await closedMonday();
    const endless = {
      ...DEFINITION,
      plan: (date: BusinessDate, settings: { loseOne: boolean; rate: number }) => {
        const plan = DEFINITION.plan(date, settings);
        const forever = {
          name: "forever",
          sql: "SELECT sum(a.range * b.range) AS n FROM range(10000000) a, range(10000000) b",
        };
        return { ...plan, steps: [...plan.steps, forever] };
      },
    };
    const stop = new AbortController();
    const observe = (step: string) => {
      if (step === "forever") setTimeout(() => stop.abort(), 100);
    };
    const spec = await pinJob(lake, endless, MONDAY);
    await expect(runFinal(lake, endless, spec, { observe, signal: stop.signal })).rejects.toMatchObject({
      code: "run_stopped",
    });
    expect(await finals(lake)).toEqual(OLD);
    // The connection it ended on is not the lake's: others go on.
    await runFinal(lake, DEFINITION, await pinJob(lake, DEFINITION, MONDAY));
    expect((await finals(lake)).length).toBe(2);
  });
});
