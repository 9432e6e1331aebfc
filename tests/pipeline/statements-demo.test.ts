import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BusinessDate } from "../../server/domain/time";
import type { ScoreReport } from "../../server/simulation/score";
import { until } from "../support/product";
import { temporaryDirectory } from "../support/world";

const CLOSED_WITHIN_MS = 600_000;

let data: string;
let remove: () => Promise<void>;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  ({ path: data, remove } = await temporaryDirectory());
});
afterAll(async () => {
  for (const child of running) await stop(child);
  await remove?.();
});

const environment = () => ({
  ...process.env,
  DATABASE_URL: undefined,
  CONCORDANCE_DATA: data,
  CONCORDANCE_LAKE: join(data, "lake"),
  CONCORDANCE_CACHE: join(data, "cache"),
  CONCORDANCE_DUCKDB_MEMORY_MB: "512",
  CONCORDANCE_SIMULATOR_TPS: "20",
  CONCORDANCE_SIMULATOR_HISTORY_DAYS: "3",
});

function worker(name: string): ChildProcess {
  const child = spawn(process.execPath, ["scripts/worker.mjs", name], {
    stdio: ["ignore", "inherit", "inherit"],
    env: environment(),
  });
  running.add(child);
  return child;
}

async function stop(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "close");
  child.kill(signal);
  await gone;
}

async function cli(...parameters: string[]): Promise<string> {
  const child = spawn(process.execPath, ["scripts/concordance.mjs", ...parameters], {
    stdio: ["ignore", "pipe", "inherit"],
    env: environment(),
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`concordance ${parameters.join(" ")} ended with ${code}:\n${text}`);
  return text;
}

interface State {
  readonly first: BusinessDate;
  readonly through: BusinessDate | null;
  readonly historyDone: boolean;
}
const state = async (): Promise<State | null> =>
  JSON.parse(await readFile(join(data, "simulator", "state.json"), "utf8").catch(() => "null"));

describe("the demo world of npm start, by its own processes", () => {
  it(
    "has closed days that reconcile to their ground truth, though the simulator was killed and started again",
    async () => {
      worker("indexer");
      worker("intake");
      const first = worker("simulator");
      await until(async () => (await state())?.through != null);
      await stop(first, "SIGKILL");
      const second = worker("simulator");
      // Every day that has ended by five in the morning of the next is told.
      const through = new Date(Date.now() - 86_400_000 - 18_300_000).toISOString().slice(0, 10);
      await until(async () => ((await state())?.through ?? "") >= through);
      const from = (await state())?.first;
      if (from === undefined) throw new Error("no closed days");
      await stop(second);
      for (const child of running) await stop(child);
      await drained();
      await cli("run", "reconciliation", "--date", from, "--to", through);
      const report: ScoreReport = JSON.parse(await cli("score", "--truth", join(data, "truth"), "--json"));
      const kinds = report.breaks?.kinds ?? [];
      const wrong = kinds.filter(({ missed, wrong: other, extra }) => (missed ?? 1) + (other ?? 1) + (extra ?? 1) > 0);
      expect(wrong).toEqual([]);
      expect(kinds.reduce((sum, { found }) => sum + (found ?? 0), 0)).toBeGreaterThan(50);
      // What is booked three business days late is not there yet; every day plants others.
      expect(kinds.filter(({ expected }) => expected > 0).length).toBeGreaterThan(14);
    },
    CLOSED_WITHIN_MS,
  );
});

/** Lets indexer and intake take what is in the landing zone, and stops them. */
async function drained(): Promise<void> {
  const children = [worker("indexer"), worker("intake")];
  const landing = join(data, "lake", "landing");
  const left = async (folder: string): Promise<number> => {
    const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    return names.filter((entry) => entry.isFile() && !entry.parentPath.includes("_taken")).length;
  };
  await until(async () => (await left(landing)) === 0);
  for (const child of children) await stop(child);
}
