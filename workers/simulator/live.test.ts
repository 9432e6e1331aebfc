import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocalStore } from "../../server/lake/store/local";
import { silentLogger } from "../../server/observability/log";
import { readTruth } from "../../server/simulation/truth";
import { createLiveSimulator } from "./live";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "live-simulator-test-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs until so many more files have landed. */
async function runFor(files: number): Promise<void> {
  const stop = new AbortController();
  const folder = join(root, "lake", "landing", "simulated-transactions");
  const landed = async () => (await readdir(folder).catch(() => [])).length;
  const before = await landed();
  const looking = setInterval(async () => {
    if ((await landed()) - before >= files) stop.abort();
  }, 50);
  const store = await openLocalStore(join(root, "lake"));
  await createLiveSimulator({
    store,
    truthDirectory: join(root, "truth"),
    tps: 200,
    seed: "live",
    log: silentLogger,
    fileEveryMs: 200,
    more: { customers: 20_000 },
  }).run(stop.signal);
  clearInterval(looking);
}

describe("live simulator", () => {
  it("lands whole files in the order of their names, and leaves nothing behind when it is stopped and started", async () => {
    await runFor(6);
    const reference = await stat(join(root, "lake", "reference", "customers.csv"));
    await runFor(3);
    const folder = join(root, "lake", "landing", "simulated-transactions");
    const names = (await readdir(folder)).sort();
    expect(names.length).toBeGreaterThan(5);
    expect(names.every((name) => /^r[0-9a-z]+-\d{9}\.ndjson$/.test(name))).toBe(true);
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "latin1")));
    expect(texts.every((text) => text.endsWith("\n"))).toBe(true);
    const truth = await readTruth(join(root, "truth"));
    const lines = texts.join("").trimEnd().split("\n");
    expect(lines.length).toBe(truth.transactions?.in);
    expect(truth.lines.filter(({ kind }) => kind === "run")).toHaveLength(2);
    const ids = lines.flatMap((line) => /"event_id":"([^"]+)"/.exec(line)?.[1] ?? []);
    expect(ids.length - new Set(ids).size).toBeLessThanOrEqual(truth.transactions?.duplicates ?? 0);
    expect((await stat(join(root, "lake", "reference", "customers.csv"))).mtimeMs).toBe(reference.mtimeMs);
  });
});
