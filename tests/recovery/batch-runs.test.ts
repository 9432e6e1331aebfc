import { join } from "node:path";
import PgBoss from "pg-boss";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { FinalDefinition } from "../../server/batch/definition";
import { closedDates } from "../../server/batch/record";
import { finalDates, runs } from "../../server/db/schema";
import { addDays } from "../../server/domain/calendar/business-days";
import type { BusinessDate } from "../../server/domain/time";
import { readDates } from "../../server/jobs/dates";
import type { RunMode } from "../../server/jobs/model";
import type { Run } from "../../server/jobs/run";
import { askRun, cancelRun, readRun } from "../../server/jobs/runs";
import { askNightly } from "../../server/jobs/worker";
import { openLocalStore } from "../../server/lake/store/local";
import type { ObjectStore } from "../../server/lake/store/store";
import { DEFINITION, finals, sell } from "../batch/world";
import { openTestPostgres, type TestPostgres } from "../setup/postgres";
import { until } from "../support/product";
import { SHOPS, startRunWorker, type TestWorker, type TestWorkerOptions, TOTALS } from "../support/run-worker";
import { temporaryDirectory } from "../support/world";

const MONDAY = "2026-11-16" as BusinessDate;
const TUESDAY = addDays(MONDAY, 1);
const OTTO = { id: "otto", name: "Otto" };
const LIMIT_MS = 240_000;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let postgres: TestPostgres;
let store: ObjectStore;
let stores = 0;
const workers: TestWorker[] = [];

beforeAll(async () => {
  directory = await temporaryDirectory();
  postgres = await openTestPostgres(directory.path);
}, LIMIT_MS);
afterAll(async () => {
  await postgres.close();
  await directory.remove();
}, LIMIT_MS);
beforeEach(async () => {
  await postgres.database.db.delete(runs);
  await postgres.database.db.delete(finalDates);
  store = await openLocalStore(join(directory.path, `lake-${stores++}`));
  return async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  };
}, LIMIT_MS);

const start = async (more: Partial<TestWorkerOptions> = {}): Promise<TestWorker> => {
  const worker = await startRunWorker({ database: postgres.database, store, directory: directory.path, ...more });
  workers.push(worker);
  return worker;
};
const stopAll = () => Promise.all(workers.splice(0).map((worker) => worker.stop()));
const db = () => postgres.database.db;
const ask = async (businessDate: BusinessDate, mode: RunMode = "commit", more: object = {}): Promise<string> => {
  const request = { index: "shops", businessDate, mode, trigger: "person", askedBy: OTTO, ...more } as const;
  const id = await askRun(db(), request);
  if (id === null) throw new Error("a run of that date is open");
  return id;
};
const get = async (id: string): Promise<Run> => {
  const run = await readRun(db(), id);
  if (run === null) throw new Error("no such run");
  return run;
};
const ended = async (id: string): Promise<Run> => {
  await until(async () => ["succeeded", "failed", "cancelled"].includes((await get(id)).state));
  return get(id);
};
/** The final with a step that goes on until it is interrupted, or as long as `holds` says. */
const slow = (n = 10_000_000): FinalDefinition<unknown> => {
  const final: typeof DEFINITION = {
    ...DEFINITION,
    plan: (date, settings) => {
      const plan = DEFINITION.plan(date, settings);
      const sql = `SELECT sum(a.range * b.range) AS n FROM range(${n}) a, range(${n}) b`;
      return { ...plan, steps: [...plan.steps, { name: "forever", sql }] };
    },
  };
  return final;
};

describe("a run that is asked for", () => {
  it(
    "is committed, with its steps, figures, diff and pinned inputs kept",
    async () => {
      const { lake } = await start();
      await sell(lake, [MONDAY, "a", "EUR", 10], [MONDAY, "b", "USD", 7]);
      const run = await ended(await ask(MONDAY, "commit", { reason: "month end" }));
      expect(run).toMatchObject({
        state: "succeeded",
        outcome: "committed",
        rows: 2,
        tries: 1,
        reason: "month end",
        askedBy: OTTO,
        fault: null,
        diff: { gained: 2, lost: 0, changed: 0, lines: [{ group: "a", currency: "EUR", valueAfterMinor: "10" }, {}] },
        controls: [{ control: "sales", currency: "EUR", rows: "1" }, { currency: "USD" }],
      });
      expect(run.spec?.inputs[0]).toMatchObject({ table: "sales" });
      expect(run.log.map(({ text }) => text).join("\n")).toMatch(
        /begun by one[\s\S]*inputs pinned[\s\S]*2 gained[\s\S]*committed/,
      );
      expect(await finals(lake)).toEqual([`${MONDAY} a EUR 10 1`, `${MONDAY} b USD 7 1`]);
    },
    LIMIT_MS,
  );

  it("is the only one of its index and date, and a second is told so", async () => {
    await ask(MONDAY);
    const request = {
      index: "shops",
      businessDate: MONDAY,
      mode: "commit",
      trigger: "nightly",
      askedBy: OTTO,
    } as const;
    expect(await askRun(db(), request)).toBeNull();
    expect(await askRun(db(), { ...request, businessDate: TUESDAY })).not.toBeNull();
    expect(await askRun(db(), { ...request, mode: "dry_run" })).not.toBeNull();
  });

  it(
    "is carried out once, whichever of several workers takes it, and the dates of an index one after another",
    async () => {
      const { lake } = await start();
      const dates = Array.from({ length: 6 }, (_, day) => addDays(MONDAY, -day));
      await sell(lake, ...dates.map((date) => [date, "a", "EUR", 1] as const));
      const began: string[] = [];
      let [atOnce, most] = [0, 0];
      const counted: typeof DEFINITION = {
        ...DEFINITION,
        plan: (date, settings) => {
          began.push(date);
          most = Math.max(most, ++atOnce);
          setTimeout(() => atOnce--, 50);
          return DEFINITION.plan(date, settings);
        },
      };
      await stopAll();
      const ids = await Promise.all(dates.map((date) => ask(date)));
      await Promise.all([start({ finals: [counted], instance: "one" }), start({ finals: [counted], instance: "two" })]);
      for (const id of ids) expect(await ended(id)).toMatchObject({ outcome: "committed", tries: 1 });
      expect(began).toEqual([...dates].reverse());
      expect(most).toBe(1);
    },
    LIMIT_MS,
  );
});

describe("a dry run", () => {
  it(
    "shows the diff and writes nothing; its commit has the inputs looked at, whatever has come since",
    async () => {
      const { lake } = await start();
      await sell(lake, [MONDAY, "a", "EUR", 10]);
      const looked = await ended(await ask(MONDAY, "dry_run"));
      expect(looked).toMatchObject({ state: "succeeded", outcome: "compared", diff: { gained: 1, rowsAfter: 1 } });
      expect(await finals(lake)).toEqual([]);
      await sell(lake, [MONDAY, "late", "EUR", 99]);
      if (looked.spec === null) throw new Error("nothing was pinned");
      const pinned = { ofRunId: looked.id, spec: looked.spec };
      const committed = await ended(await ask(MONDAY, "commit", { pinned }));
      expect(committed).toMatchObject({ outcome: "committed", specId: looked.specId, diff: looked.diff });
      expect(await finals(lake)).toEqual([`${MONDAY} a EUR 10 1`]);
    },
    LIMIT_MS,
  );
});

describe("a run that is cancelled", () => {
  it(
    "never begins where it still waits",
    async () => {
      const id = await ask(MONDAY);
      expect(await cancelRun(db(), id, OTTO)).toBe("cancelled");
      const { lake } = await start();
      await sell(lake, [MONDAY, "a", "EUR", 10]);
      await ended(await ask(MONDAY));
      expect(await get(id)).toMatchObject({ state: "cancelled", tries: 0 });
      expect(await cancelRun(db(), id, OTTO)).toBe("ended");
    },
    LIMIT_MS,
  );

  it(
    "is interrupted in the middle of a query and leaves the old rows",
    async () => {
      const { lake } = await start();
      await sell(lake, [MONDAY, "a", "EUR", 10]);
      await ended(await ask(MONDAY));
      await stopAll();
      const again = await start({ finals: [slow()] });
      await sell(again.lake, [MONDAY, "b", "EUR", 20]);
      const id = await ask(MONDAY);
      await until(async () => (await get(id)).step?.name === "forever");
      expect(await get(id)).toMatchObject({ state: "running", step: { number: 3, count: 8 } });
      expect(await cancelRun(db(), id, OTTO)).toBe("asked");
      expect(await ended(id)).toMatchObject({ state: "cancelled", outcome: null });
      expect(await finals(again.lake)).toEqual([`${MONDAY} a EUR 10 1`]);
    },
    LIMIT_MS,
  );
});

describe("a run that fails", () => {
  it(
    "is tried again with a pause and then stands as failed with its remedy, the date as it was",
    async () => {
      let tries = 0;
      const broken: typeof DEFINITION = {
        ...DEFINITION,
        plan: (date, settings) => {
          tries++;
          return { ...DEFINITION.plan(date, settings), output: "SELECT no_such_column" };
        },
      };
      const { lake } = await start({ finals: [broken] });
      await sell(lake, [MONDAY, "a", "EUR", 10]);
      const id = await ask(MONDAY);
      await until(async () => (await get(id)).fault?.againAt != null);
      const run = await ended(id);
      expect(run).toMatchObject({ state: "failed", tries: 4, fault: { code: "step_failed", againAt: null } });
      expect(run.fault?.remedy).toMatch(/Nothing was changed/);
      expect(tries).toBe(4);
      expect(await finals(lake)).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    "whose control totals do not come out is not tried again: they would not the next time",
    async () => {
      const { lake } = await start({ more: { settingsOf: async () => ({ loseOne: true }) } });
      await sell(lake, [MONDAY, "a", "EUR", 1], [MONDAY, "a", "EUR", 5]);
      expect(await ended(await ask(MONDAY))).toMatchObject({
        state: "failed",
        tries: 1,
        fault: { code: "control_total_mismatch" },
      });
      expect(await finals(lake)).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe("a worker that stops", () => {
  it(
    "hands its run back uncounted, and the next worker finishes it",
    async () => {
      const { lake } = await start({ finals: [slow()] });
      await sell(lake, [MONDAY, "a", "EUR", 10]);
      const id = await ask(MONDAY);
      await until(async () => (await get(id)).step?.name === "forever");
      await stopAll();
      expect(await get(id)).toMatchObject({ state: "queued", tries: 0, jobId: null });
      await start({ finals: [SHOPS], instance: "two" });
      expect(await ended(id)).toMatchObject({ outcome: "committed", tries: 1, worker: "two" });
    },
    LIMIT_MS,
  );
});

describe("Postgres that goes away", () => {
  it(
    "loses no run: what was under way is stopped and taken up again when it is back",
    async () => {
      const { lake } = await start({ finals: [slow(20_000)] });
      await sell(lake, [MONDAY, "a", "EUR", 10]);
      const [id, next] = [await ask(MONDAY), await ask(TUESDAY)];
      await until(async () => (await get(id)).step?.name === "forever");
      await postgres.stop();
      await postgres.start();
      expect(await ended(id)).toMatchObject({ state: "succeeded", outcome: "committed" });
      expect(await ended(next)).toMatchObject({ state: "succeeded" });
      expect(await finals(lake)).toEqual([`${MONDAY} a EUR 10 1`]);
    },
    LIMIT_MS,
  );
});

describe("a final that reads another's rows", () => {
  it(
    "waits until that one is closed, and is listed again when that one is closed anew",
    async () => {
      const nowMs = Date.parse(`${addDays(TUESDAY, 2)}T12:00:00Z`);
      const { lake } = await start({ finals: [SHOPS, TOTALS], more: { nowMs: () => nowMs } });
      await sell(lake, [MONDAY, "a", "EUR", 10]);
      const id = await ask(MONDAY, "commit", { index: "totals" });
      await until(async () => (await get(id)).state === "blocked");
      expect((await get(id)).waits).toMatchObject([{ kind: "dependency", on: "shops" }]);
      await ended(await ask(MONDAY));
      expect(await ended(id)).toMatchObject({ outcome: "committed", rows: 1 });
      const totals = async () => (await readDates(db(), MONDAY)).find(({ index }) => index === "totals");
      await until(async () => (await totals()) !== undefined);
      expect((await totals())?.changed).toBeNull();
      await sell(lake, [MONDAY, "a", "EUR", 5]);
      await ended(await ask(MONDAY));
      await until(async () => (await totals())?.changed != null);
      expect((await totals())?.changed).toEqual({ lateRows: {}, closedLater: `shops ${MONDAY}` });
    },
    LIMIT_MS,
  );
});

describe("the nightly moment", () => {
  it(
    "is set for each index in its zone, and queues the newest date that has ended, before what is made up for",
    async () => {
      const today = addDays(TUESDAY, 1);
      const nowMs = Date.parse(`${today}T02:00:00Z`);
      const idle = await start({ works: false });
      const { rows } = await postgres.database.pool.query("SELECT name, cron, timezone FROM pgboss.schedule");
      expect(rows).toContainEqual({ name: "nightly_shops", cron: "0 2 * * *", timezone: "Europe/London" });
      await sell(idle.lake, [MONDAY, "a", "EUR", 1], [TUESDAY, "a", "EUR", 2]);
      await ask(addDays(MONDAY, -1), "commit", { trigger: "catch_up" });
      await ask(MONDAY, "commit", { trigger: "catch_up" });
      // What the schedule does when its moment comes.
      const boss = new PgBoss({ connectionString: postgres.url, schedule: false, supervise: false });
      boss.on("error", () => undefined);
      await boss.start();
      await boss.send("nightly_shops", {});
      await boss.stop({ graceful: false });
      await idle.parts.queue.nightly(["shops"], (index) => askNightly({ ...idle.parts, nowMs: () => nowMs }, index));
      await start({ more: { nowMs: () => nowMs } });
      await until(async () => (await db().select().from(runs)).every(({ state }) => state === "succeeded"));
      const all = await db().select().from(runs).orderBy(runs.startedAt);
      expect(all.map(({ businessDate, trigger }) => `${trigger} ${businessDate}`)).toEqual([
        `nightly ${TUESDAY}`,
        `catch_up ${addDays(MONDAY, -1)}`,
        `catch_up ${MONDAY}`,
      ]);
      const again = async () => expect.fail("the moment has been taken already");
      await idle.parts.queue.nightly(["shops"], again);
    },
    LIMIT_MS,
  );
});

describe("dates that were never closed", () => {
  it(
    "are made up for from the oldest on, and none that has been tried, is empty or is not over",
    async () => {
      const nowMs = Date.parse(`${addDays(TUESDAY, 2)}T12:00:00Z`);
      const more = { catchUpDays: 5, nowMs: () => nowMs };
      const first = await start({ works: false });
      const wednesday = addDays(TUESDAY, 1);
      await sell(
        first.lake,
        [wednesday, "a", "EUR", 3],
        [MONDAY, "a", "EUR", 1],
        [TUESDAY, "a", "EUR", 2],
        [addDays(MONDAY, -20), "a", "EUR", 9],
        [addDays(TUESDAY, 2), "a", "EUR", 4],
      );
      await cancelRun(db(), await ask(TUESDAY), OTTO);
      const { lake } = await start({ more });
      await until(async () => closedDates(await lake.table("shop_days").refresh(), "shops").length === 2);
      await until(async () => (await readDates(db(), MONDAY)).length === 3);
      expect(closedDates(await lake.table("shop_days").refresh(), "shops")).toEqual([MONDAY, wednesday]);
      const all = await db().select().from(runs);
      expect(all.map(({ businessDate, trigger }) => `${businessDate} ${trigger}`).sort()).toEqual([
        `${MONDAY} catch_up`,
        `${TUESDAY} person`,
        `${wednesday} catch_up`,
      ]);
    },
    LIMIT_MS,
  );

  it(
    "and dates that have changed since their close are listed with what came, and run by nobody",
    async () => {
      const nowMs = Date.parse(`${addDays(TUESDAY, 2)}T12:00:00Z`);
      const { lake } = await start({ more: { catchUpDays: 5, nowMs: () => nowMs } });
      await sell(lake, [MONDAY, "a", "EUR", 1]);
      await ended(await ask(MONDAY));
      await sell(lake, [MONDAY, "b", "EUR", 1], [MONDAY, "c", "EUR", 1]);
      await ended(await ask(TUESDAY));
      await until(async () => (await readDates(db(), MONDAY))[0]?.changed != null);
      const [monday] = await readDates(db(), MONDAY);
      expect(monday).toMatchObject({ inputRows: 3, changed: { lateRows: { sales: 2 }, closedLater: null } });
      expect(await db().select().from(runs)).toHaveLength(2);
    },
    LIMIT_MS,
  );
});
