import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { QueuePage } from "../../server/indexes/fraud/contract";
import type { Health, Streams } from "../../server/indexes/ops/contract";
import { type Call, type Product, signIn, startProduct, until } from "../support/product";

/** Done means, item 1: live simulated alerts within this of `npm start`. */
const ALERTS_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 10_000;
const TPS = 200;

let data: string;
let product: Product;
let call: Call;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "concordance-start-"));
});
afterAll(async () => {
  await product?.stop();
  await rm(data, { recursive: true, force: true, maxRetries: 5 });
});

const streams = async () => (await call<Streams>("ops.streams", {})).streams;
const health = () => call<Health>("ops.health", {});
const recordsIn = async () => (await streams()).reduce((sum, { balance }) => sum + balance.recordsIn, 0);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Every process of the product: its supervisor, what reports a heartbeat, and Postgres. */
async function processIds(): Promise<number[]> {
  const beats = (await health()).processes.filter(({ state }) => state !== "lost").map(({ pid }) => pid);
  const { data: directory } = JSON.parse(await readFile(join(data, "postgres", "postgres.json"), "utf8"));
  const [postgres] = (await readFile(join(directory, "postmaster.pid"), "utf8")).split("\n");
  return [product.process.pid ?? 0, Number(postgres), ...beats];
}

/** Rows per table, and how many source coordinates they have: equal where nothing is twice. */
async function countTwice(table: string): Promise<{ rows: number; coordinates: number }> {
  const child = spawn(
    process.execPath,
    [
      "scripts/concordance.mjs",
      "sql",
      "--format",
      "json",
      `SELECT count(*) AS n, count(DISTINCT (source, source_partition, source_offset)) AS c FROM ${table}`,
    ],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, CONCORDANCE_DATA: data } },
  );
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  await once(child, "close");
  const { n, c } = JSON.parse(text)[0];
  return { rows: Number(n), coordinates: Number(c) };
}

describe("npm start", () => {
  it(
    "shows live simulated alerts within 120 s",
    async () => {
      const startedMs = Date.now();
      product = await startProduct({ data, tps: TPS });
      await product.ready();
      call = await signIn(product.baseUrl, data, "admin");
      await until(async () => {
        const page = await call<QueuePage>("fraud.queue", { status: [], sort: "newest", limit: 5 });
        return page.rows.some(({ eventTime }) => Date.parse(eventTime) >= startedMs);
      });
      expect(Date.now() - startedMs).toBeLessThan(ALERTS_WITHIN_MS);
    },
    ALERTS_WITHIN_MS + 30_000,
  );

  it("tells a second start on the same data who runs already, and leaves the first alone", async () => {
    const second = await startProduct({ data, tps: TPS });
    await once(second.process, "close");
    expect(second.process.exitCode).toBe(1);
    expect(second.said()).toContain(`already runs on ${data}`);
    expect((await health()).processes.every(({ state }) => state !== "failed")).toBe(true);
  }, 30_000);

  it("starts a killed worker again, says so, and loses nothing", async () => {
    const indexer = (await health()).processes.find(({ process }) => process === "indexer");
    const before = await recordsIn();
    process.kill(indexer?.pid ?? 0, "SIGKILL");
    await until(async () => {
      const now = (await health()).processes.find(({ process }) => process === "indexer");
      return now !== undefined && now.pid !== indexer?.pid && now.state === "running" && now.restarts === 1;
    });
    expect(product.said()).toContain("indexer stopped");
    await until(async () => (await recordsIn()) > before);
    expect((await streams()).filter(({ balance }) => !balance.balanced)).toEqual([]);
  }, 60_000);

  it("stops within 10 s on SIGTERM and leaves no process behind", async () => {
    const ids = await processIds();
    expect(ids.filter((pid) => !isAlive(pid))).toEqual([]);
    const stoppedMs = Date.now();
    expect(await product.stop()).toBe(0);
    expect(Date.now() - stoppedMs).toBeLessThan(STOP_WITHIN_MS);
    expect(ids.filter(isAlive)).toEqual([]);
  }, 30_000);

  it("goes on where it was at the next start, nothing twice", async () => {
    const before = await countTwice("transactions");
    expect(before.rows).toBeGreaterThan(0);
    expect(before.coordinates).toBe(before.rows);
    product = await startProduct({ data, tps: TPS });
    await product.ready();
    call = await signIn(product.baseUrl, data, "admin");
    // The simulator may be quick or slow to begin: only a table with more rows says that reading went on.
    await until(async () => (await countTwice("transactions")).rows > before.rows + TPS);
    expect((await streams()).filter(({ balance }) => !balance.balanced)).toEqual([]);
    await product.stop();
    const after = await countTwice("transactions");
    expect(after.rows).toBeGreaterThan(before.rows);
    expect(after.coordinates).toBe(after.rows);
    expect(await countTwice("quarantine")).toSatisfy(({ rows, coordinates }) => rows === coordinates);
  }, 90_000);

  it("takes its workers down with it when it is killed, and the next start uses what is left", async () => {
    product = await startProduct({ data, tps: TPS });
    await product.ready();
    call = await signIn(product.baseUrl, data, "admin");
    const [supervisor = 0, postgres, ...workers] = await processIds();
    process.kill(supervisor, "SIGKILL");
    await until(async () => !workers.some(isAlive));
    product = await startProduct({ data, tps: TPS });
    await product.ready();
    call = await signIn(product.baseUrl, data, "admin");
    expect((await processIds())[1]).toBe(postgres);
    const ids = await processIds();
    await product.stop();
    // Postgres became nobody's child: who takes it over may need a moment to let go of it.
    await until(async () => !ids.some(isAlive));
  }, 90_000);
});
