import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closedDates } from "../../server/batch/record";
import { runs } from "../../server/db/schema";
import type { BusinessDate } from "../../server/domain/time";
import { askRun, readRun } from "../../server/jobs/runs";
import { openLocalStore } from "../../server/lake/store/local";
import { finals, sell } from "../batch/world";
import { openTestPostgres, type TestPostgres } from "../setup/postgres";
import { until } from "../support/product";
import { startRunWorker } from "../support/run-worker";
import { temporaryDirectory } from "../support/world";

const MONDAY = "2026-11-16" as BusinessDate;
const OLD = [`${MONDAY} a EUR 10 1`];
const NEW = [`${MONDAY} a EUR 10 1`, `${MONDAY} b EUR 20 1`];
/** A run writes its data file, its record and its commit; each is a place to die before and after. */
const POINTS = ["step:plan", "write:1", "after:1", "write:2", "after:2", "write:3", "after:3", "step:finish"] as const;
const COMMITTED: readonly string[] = ["after:3", "step:finish"];

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let postgres: TestPostgres;
beforeAll(async () => {
  directory = await temporaryDirectory();
  postgres = await openTestPostgres(directory.path);
}, 120_000);
afterAll(async () => {
  await postgres.close();
  await directory.remove();
}, 120_000);

/** Runs a worker of its own process until it has killed itself. */
async function dies(lake: string, at: string): Promise<void> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "tests/recovery/batch-child.ts", postgres.url, lake, directory.path, at],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  const [code, signal] = await once(child, "close");
  if (signal !== "SIGKILL") throw new Error(`${at}: the worker ended with ${code}\n${said}`);
}

describe("a batch worker killed in the middle of a run", () => {
  it.each(POINTS)(
    "at %s leaves the old rows or the new, and the next worker brings the run to its end once",
    async (at) => {
      const { db } = postgres.database;
      await db.delete(runs);
      const path = join(directory.path, `lake-${at.replace(":", "-")}`);
      const parts = { database: postgres.database, store: await openLocalStore(path), directory: directory.path };
      const idle = await startRunWorker({ ...parts, works: false });
      await sell(idle.lake, [MONDAY, "a", "EUR", 10]);
      const ask = () =>
        askRun(db, {
          index: "shops",
          businessDate: MONDAY,
          mode: "commit",
          trigger: "person",
          askedBy: { id: "p", name: "P" },
        });
      const first = await startRunWorker(parts);
      const before = (await ask()) ?? "";
      await until(async () => (await readRun(db, before))?.state === "succeeded");
      await first.stop();
      await sell(idle.lake, [MONDAY, "b", "EUR", 20]);

      const id = (await ask()) ?? "";
      await dies(path, at);
      expect(await finals(idle.lake)).toEqual(COMMITTED.includes(at) ? NEW : OLD);
      expect(await readRun(db, id)).toMatchObject({ state: "running", worker: "doomed" });

      const next = await startRunWorker({ ...parts, instance: "next" });
      await until(async () => (await readRun(db, id))?.state === "succeeded");
      await next.stop();
      expect(await readRun(db, id)).toMatchObject({ outcome: "committed", rows: 2, diff: { gained: 1 }, fault: null });
      expect(await finals(idle.lake)).toEqual(NEW);
      const { log, worker } = (await readRun(db, id)) ?? { log: [], worker: null };
      expect(log.some(({ text }) => /was lost/.test(text))).toBe(true);
      // What the lake has committed is not computed again.
      expect(worker).toBe(COMMITTED.includes(at) ? "doomed" : "next");
      const snapshot = await idle.lake.table("shop_days").refresh();
      expect(closedDates(snapshot, "shops")).toEqual([MONDAY]);
      expect(snapshot.version).toBe(2);
      await idle.stop();
    },
    120_000,
  );
});
