import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyAudit } from "../../server/db/audit";
import { invariant } from "../../server/domain/errors";
import { ALL_FINALS } from "../../server/indexes/finals";
import { INDEX_WRITERS, ROLES } from "../../server/indexes/names";
import { openRunQueue } from "../../server/jobs/queue";
import { parseNightly } from "../../server/jobs/schedule";
import { createRunWorker } from "../../server/jobs/worker";
import { silentLogger } from "../../server/observability/log";
import { openTestConsole, type TestConsole } from "../setup/console";
import { until } from "../support/product";

const DAY_MS = 86_400_000;
/** A day of the simulated world that has ended. */
const DATE = new Date(Date.now() - 2 * DAY_MS).toISOString().slice(0, 10);
/** Long before what the page shows. */
const BROKEN = "2020-01-01";
const INDEX = "reconciliation";
const LIMIT_MS = 180_000;

let console: TestConsole;
const stop = new AbortController();
let working: Promise<void> = Promise.resolve();
let close = async (): Promise<void> => undefined;

beforeAll(async () => {
  console = await openTestConsole(600);
  const { lake, postgres } = console;
  const schedule = parseNightly("02:00 Europe/London");
  const options = { database: postgres.database, log: silentLogger, schedule, signal: stop.signal };
  const queue = await openRunQueue({ ...options, indexes: ALL_FINALS.map(({ index }) => index), retrySeconds: 1 });
  const worker = createRunWorker({
    ...options,
    lake,
    queue,
    finals: ALL_FINALS,
    settingsOf: async (_index, date) => {
      invariant(date !== BROKEN, "this date cannot be run");
      return {};
    },
    sources: ["nobody-reads-this"],
    zones: ["UTC"],
    catchUpDays: 0,
    rerunChanged: false,
    instance: "test",
    nowMs: Date.now,
  });
  working = worker.run(stop.signal);
  close = () => queue.close();
}, LIMIT_MS);
afterAll(async () => {
  stop.abort();
  await working;
  await close();
  await console.close();
}, LIMIT_MS);

const ops = () => console.as("ops").ops;
const start = (more: object = {}) => ops().startRuns({ index: INDEX, from: DATE, to: DATE, mode: "commit", ...more });
const idOf = ({ started }: { started: { id: string }[] }): string => started[0]?.id ?? "";
const ended = async (runId: string) => {
  await until(async () => ["succeeded", "failed", "cancelled"].includes((await ops().run({ runId })).run.state));
  return ops().run({ runId });
};
const cell = async () =>
  (await ops().jobs({})).cells.find(({ index, businessDate }) => index === INDEX && businessDate === DATE);
const audited = async (action: string) =>
  (await console.postgres.database.pool.query("SELECT * FROM audit_log WHERE action = $1 ORDER BY seq", [action])).rows;

describe("jobs in the console", () => {
  it("are started, committed and cancelled by operations and administrators alone", async () => {
    const command = { index: INDEX, from: DATE, to: DATE, mode: "dry_run" } as const;
    for (const role of ROLES.filter((one) => !INDEX_WRITERS.ops.includes(one))) {
      const { ops: theirs } = console.as(role);
      for (const call of [
        theirs.startRuns(command),
        theirs.commitRun({ runId: "x" }),
        theirs.cancelRun({ runId: "x" }),
      ]) {
        await expect(call, role).rejects.toMatchObject({ code: "FORBIDDEN" });
      }
    }
    expect(await audited("run.dry_run")).toEqual([]);
  });

  it(
    "wait for sources that nobody reads and say so, until a person gives a reason that is kept",
    async () => {
      const runId = idOf(await start());
      await until(async () => (await ops().run({ runId })).run.state === "blocked");
      const { run } = await ops().run({ runId });
      expect(run.waits[0]).toMatchObject({ kind: "stream", on: "nobody-reads-this" });
      expect((await cell())?.state).toBe("blocked");
      await expect(start()).rejects.toMatchObject({
        code: "CONFLICT",
        message: expect.stringMatching(/under way already/),
      });
      await expect(start({ override: "short" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
      expect(await ops().cancelRun({ runId })).toEqual({ outcome: "cancelled" });
      await expect(ops().cancelRun({ runId })).rejects.toMatchObject({ code: "CONFLICT" });
      const override = "the source was retired in spring";
      const forced = await ended(idOf(await start({ override })));
      expect(forced).toMatchObject({ run: { state: "succeeded", outcome: "committed" }, override });
      expect(await cell()).toMatchObject({ state: "closed", closes: 1 });
      const [, kept] = await audited("run.start");
      expect(JSON.parse(kept.detail)).toMatchObject({ index: INDEX, businessDate: DATE, override });
    },
    LIMIT_MS,
  );

  it(
    "show a dry run's diff and commit just what it pinned",
    async () => {
      const looked = await ended(idOf(await start({ mode: "dry_run" })));
      expect(looked).toMatchObject({ run: { outcome: "compared" }, committable: true });
      expect(looked.diff).not.toBeNull();
      expect(looked.inputs.map(({ table }) => table)).toContain("transactions");
      const before = await console.lake.table(INDEX).refresh();
      const committed = await ended(idOf(await ops().commitRun({ runId: looked.run.id })));
      expect(committed).toMatchObject({ run: { state: "succeeded" }, ofRunId: looked.run.id, inputs: looked.inputs });
      expect((await console.lake.table(INDEX).refresh()).version).toBeGreaterThanOrEqual(before.version);
      await expect(ops().commitRun({ runId: committed.run.id })).rejects.toMatchObject({ code: "CONFLICT" });
      expect(await audited("run.commit")).toHaveLength(1);
    },
    LIMIT_MS,
  );

  it(
    "that failed for good stand at the head of the page, however old their date, until it is run again",
    async () => {
      const failed = await ended(idOf(await start({ from: BROKEN, to: BROKEN, override: "the bank is on the phone" })));
      expect(failed.run).toMatchObject({ state: "failed", fault: { code: "invariant_broken" } });
      const standing = async () =>
        (await ops().jobs({})).attention.filter(({ businessDate }) => businessDate === BROKEN);
      expect(await standing()).toMatchObject([{ index: INDEX, state: "failed", latest: { id: failed.run.id } }]);
      const again = idOf(await start({ from: BROKEN, to: BROKEN }));
      expect(await standing()).toEqual([]);
      await ops().cancelRun({ runId: again });
      expect(await standing()).toMatchObject([{ latest: { id: failed.run.id } }]);
    },
    LIMIT_MS,
  );

  it("refuse a range that is empty or an index that is no final", async () => {
    await expect(start({ from: DATE, to: "2020-01-01" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await expect(start({ index: "fraud" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  it("are told to the person who asked for them, and to no other as their own", async () => {
    const { endedMine } = await ops().runningWork();
    expect(endedMine.length).toBeGreaterThan(2);
    expect((await console.as("admin").ops.runningWork()).endedMine).toEqual([]);
    expect(await verifyAudit(console.postgres.database.db)).toMatchObject({ ok: true });
  });
});
