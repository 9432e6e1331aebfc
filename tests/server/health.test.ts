import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkParts } from "../../server/console/health";
import { beat, type ProcessState } from "../../server/db/heartbeats";
import { writeLagSamples } from "../../server/db/lag-samples";
import { openTestConsole, type TestConsole } from "../setup/console";

let console: TestConsole;
beforeAll(async () => {
  console = await openTestConsole(2_000);
}, 120_000);
afterAll(() => console.close());

const tell = (process: string, state: ProcessState) =>
  beat(console.postgres.database.db, {
    process,
    instance: "test",
    pid: 1,
    startedAtMs: Date.now(),
    state,
    detail: {},
  });
const workers = async () => (await checkParts(console.services)).find(({ part }) => part === "workers");

describe("health", () => {
  it("is not well before the needed processes have reported, nor when one is stopped or fails", async () => {
    expect(await workers()).toMatchObject({
      ok: false,
      code: "worker_absent",
      message: expect.stringContaining("indexer"),
    });
    await tell("indexer", "running");
    await tell("projector", "running");
    await tell("intake", "running");
    expect(await workers()).toMatchObject({ ok: false, message: "No maintenance, no batch reports that it runs." });
    await tell("batch", "running");
    await tell("maintenance", "running");
    expect(await workers()).toMatchObject({ ok: true });
    await tell("projector", "stopped");
    expect(await workers()).toMatchObject({ ok: false, message: "No projector reports that it runs." });
    await tell("projector", "failed");
    expect(await workers()).toMatchObject({ ok: false, code: "worker_failed" });
    await tell("projector", "running");
  });

  it("measures a backfill from stored on, and says so: days-old events are no delay of ours", async () => {
    const [old] = await console.sql(
      "SELECT count(*)::INTEGER AS n FROM transactions WHERE ingested_at - event_time > INTERVAL 2 HOUR",
    );
    const { promises } = await console.as("ops").ops.health();
    const visible = promises.find(({ id }) => id === "event_to_visible");
    expect(Number(old?.n)).toBeGreaterThan(1_000);
    expect(visible?.measured).toMatch(/^p99 ≤ \d+ ms from stored to visible$/);
    expect(visible?.detail).toContain(`${old?.n} events were more than 2 h old`);
    const balance = promises.find(({ id }) => id === "balance");
    expect(balance).toMatchObject({ met: true, measured: "2 of 2 sources" });
  });

  it("a landing zone's positions are plans: its rates are of records, or not told", async () => {
    const source = "simulated-transactions";
    const sample = { source, partition: "*", low: null, lagMessages: null, lagSeconds: 0 };
    const nowMs = Date.now();
    await writeLagSamples(console.services.database.db, [
      { ...sample, atMs: nowMs - 30_000, position: 100n, high: 100n },
      { ...sample, atMs: nowMs, position: 30_100n, high: 30_100n },
    ]);
    const { streams } = await console.as("ops").ops.streams();
    const [recent] = await console.sql(
      `SELECT (coalesce(sum(records_in), 0) / 60.0)::DOUBLE AS rate FROM ingest_balance
        WHERE source = '${source}' AND ingested_at >= now() - INTERVAL 60 SECOND`,
    );
    const [all] = streams.find((stream) => stream.source === source)?.partitions ?? [];
    expect(all?.rateIn).toBeNull();
    // A minute moves on between the two looks: fewer records at the second.
    expect(all?.rateOut).toBeGreaterThanOrEqual(Number(recent?.rate));
    expect(all?.rateOut).toBeLessThan(999);
  });
});
