import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocalStore } from "../../server/lake/store/local";
import type { Projector } from "../../server/projection/projector";
import { runSimulation } from "../../server/simulation/run";
import { openDirectorySink } from "../../server/simulation/sinks/directory";
import { openTruthWriter } from "../../server/simulation/truth-writer";
import { contentOf, createProjector, indexFiles, openOwnLake } from "../support/pipeline";
import { temporaryDirectory } from "../support/world";

const CHUNKS = 8;
const SIZES = { CONCORDANCE_FLUSH_ROWS: "1500", CONCORDANCE_PLAN_RECORDS: "1000", CONCORDANCE_TICK_ROWS: "2500" };
const SOURCES = [
  { source: "payments", mapping: "concordance-transactions", file: "transactions" },
  { source: "signals", mapping: "concordance-signals", file: "signals" },
] as const;

let directory: string;
let remove: () => Promise<void>;
/** The world cut into pieces, as they arrive: payments and signals by turns. */
let pieces: { source: string; mapping: string; path: string }[];
let expected: Awaited<ReturnType<typeof contentOf>>;

beforeAll(async () => {
  ({ path: directory, remove } = await temporaryDirectory());
  await runSimulation({
    options: { seed: "score", events: 16_000, days: 2, lateRate: 0.01 },
    sink: () => openDirectorySink(directory),
    truth: () => openTruthWriter(join(directory, "truth.ndjson")),
    signal: new AbortController().signal,
  });
  pieces = [];
  await mkdir(join(directory, "pieces"));
  const lines = await Promise.all(
    SOURCES.map(async ({ file }) => (await readFile(join(directory, `${file}.ndjson`), "utf8")).trimEnd().split("\n")),
  );
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    for (const [place, { source, mapping, file }] of SOURCES.entries()) {
      const all = lines[place] ?? [];
      const cut = (at: number) => Math.floor((all.length * at) / CHUNKS);
      const path = join(directory, "pieces", `${file}-${String(chunk).padStart(2, "0")}.ndjson`);
      await writeFile(path, `${all.slice(cut(chunk), cut(chunk + 1)).join("\n")}\n`);
      pieces.push({ source, mapping, path });
    }
  }
  expected = await projectedBy("alone", ([first]) => drained(first));
}, 240_000);
afterAll(() => remove());

const drained = (projector: Projector | undefined) => projector?.drain() ?? Promise.reject(new Error("no projector"));

/** The pieces indexed one by one; after each, `turn` lets the projectors work. Each is a process of its own. */
async function projectedBy(name: string, turn: (projectors: readonly Projector[], piece: number) => Promise<unknown>) {
  const store = await openLocalStore(join(directory, name));
  const indexing = await openOwnLake(store, directory);
  const processes = [await openOwnLake(store, directory), await openOwnLake(store, directory)];
  const projectors = processes.map(({ lake }) => createProjector(lake, directory, SIZES));
  for (const [piece, { path, ...from }] of pieces.entries()) {
    await indexFiles(indexing.lake, directory, { ...from, paths: [path] }, SIZES);
    await turn(projectors, piece);
  }
  for (const projector of projectors) await projector.drain();
  for (const { close } of [indexing, ...processes]) close();
  return contentOf(store, directory);
}

describe("two projectors on one lake", () => {
  it("have something to say in this world", () => {
    expect(expected.differences).toEqual([]);
    for (const rule of ["fraud_score", "velocity", "acceleration", "repeated_declines"]) {
      expect(expected.content.alerts, rule).toContain(`,${rule},`);
    }
  });

  it("taking turns, each with what it remembers of its last turn, write what one alone writes", async () => {
    const content = await projectedBy("turns", (projectors, piece) => drained(projectors[Math.floor(piece / 2) % 2]));
    expect(content).toEqual(expected);
  }, 240_000);

  it("at the same time write what one alone writes", async () => {
    const content = await projectedBy("together", (projectors) =>
      Promise.all(projectors.map((projector) => projector.drain())),
    );
    expect(content).toEqual(expected);
  }, 240_000);
});
