import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openLocalStore } from "../../lake/store/local";
import type { ObjectStore } from "../../lake/store/store";
import { silentLogger } from "../../observability/log";
import type { SourceSink } from "../../pipeline/source";
import { type LandingFiles, storeFiles } from "./files";
import { type Plan, readTaken, rememberFinished, rememberTaken, writePlan } from "./plan";
import { createLandingSource } from "./source";

const SOURCE = "orders";
const FILE = `landing/${SOURCE}/a.ndjson`;
const BYTES = new TextEncoder().encode("1\n2\n3\n");
const SOON_MS = 300;

let root: string;
let store: ObjectStore;
let stop: AbortController;
let running: Promise<void>;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "landing-others-"));
  store = await openLocalStore(root);
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await running;
  await rm(root, { recursive: true, force: true });
});

/** What the other indexer plans: the first record of the file. */
async function plannedByOther(): Promise<Plan> {
  // Not seen under this name, and the same when it is renamed.
  const hidden = `landing/${SOURCE}/.a.ndjson`;
  await store.put(hidden, BYTES);
  const info = await store.head(hidden);
  const sha256 = createHash("sha256").update(BYTES).digest("hex");
  const plan = { number: 0, path: FILE, etag: info?.etag ?? "", sha256, fromRecord: 0, recordsMax: 1, bytesMax: 1_000 };
  await writePlan(store, SOURCE, plan);
  await rememberTaken(store, SOURCE, plan);
  await store.move(hidden, FILE);
  return plan;
}

function startSource(reseekMs: number, files: LandingFiles = storeFiles(store, SOURCE, "archive")) {
  const pushed: string[] = [];
  let tellCommitted: (mark: bigint) => void = () => undefined;
  let asked = 0;
  const sink: SourceSink = {
    lowestMark: async () => {
      asked++;
      return null;
    },
    knownMarks: async () => new Map(),
    push: async ({ batches }) => {
      for (const { records } of batches) pushed.push(...records.map(({ bytes }) => Buffer.from(bytes).toString()));
    },
    discard: () => undefined,
    flush: async () => undefined,
    onCommitted: (listener) => {
      tellCommitted = (mark) => listener(new Map([[`landing/${SOURCE}`, mark]]));
      return () => undefined;
    },
  };
  const format = { quoted: false, header: null, delimiter: "", keepBytesMax: 1_000 };
  const limits = { pollMs: 10, settleMs: 0, recordsPerPlan: 1, bytesPerPlan: 1_000, once: false, reseekMs };
  const source = createLandingSource({ name: SOURCE, store, files, format, ...limits, log: silentLogger });
  running = source.run(sink, stop.signal);
  return { source, pushed, asked: () => asked, tellCommitted: (mark: bigint) => tellCommitted(mark) };
}

const soon = () => new Promise((resolve) => setTimeout(resolve, SOON_MS));

describe("a landing folder that another indexer reads as well", () => {
  it("keeps a file where it is until what the other planned of it is committed", async () => {
    const { source, pushed, asked, tellCommitted } = startSource(60_000);
    await vi.waitFor(() => expect(asked()).toBe(1), 5_000);
    await soon();
    const plan = await plannedByOther();
    await soon();
    expect(await store.head(FILE)).not.toBeNull();
    await rememberFinished(store, SOURCE, { ...plan, number: 2 });
    await vi.waitFor(() => expect(source.recognised).toEqual([FILE]), 5_000);
    tellCommitted(1n);
    await soon();
    expect(await store.head(FILE)).not.toBeNull();
    tellCommitted(2n);
    await vi.waitFor(async () => expect(await store.head(FILE)).toBeNull(), 5_000);
    expect(pushed).toEqual([]);
  });

  it("executes the plans of another that left a file half read, and reads the rest of it", async () => {
    const { pushed, asked } = startSource(SOON_MS);
    await vi.waitFor(() => expect(asked()).toBe(1), 5_000);
    await soon();
    await plannedByOther();
    await vi.waitFor(() => expect(pushed.slice(0, 3)).toEqual(["1", "2", "3"]), 5_000);
  });

  it("remembers a file as read to its end though the other died before it said so", async () => {
    const plan = await plannedByOther();
    await writePlan(store, SOURCE, { ...plan, number: 1, fromRecord: 1, recordsMax: 2 });
    const { pushed, tellCommitted } = startSource(60_000);
    await vi.waitFor(() => expect(pushed).toEqual(["1", "2", "3"]), 5_000);
    await vi.waitFor(
      async () => expect(await readTaken(store, SOURCE, plan.sha256)).toMatchObject({ finished: true, lastPlan: 1 }),
      5_000,
    );
    tellCommitted(1n);
    await vi.waitFor(async () => expect(await store.head(FILE)).toBeNull(), 5_000);
  });

  it("goes on when the other has put a file aside since the folder was looked at", async () => {
    const real = storeFiles(store, SOURCE, "archive");
    await store.put(FILE, BYTES);
    const gone = { key: `landing/${SOURCE}/0-gone.ndjson`, size: 1, modifiedAtMs: 0, etag: "1" };
    const { pushed } = startSource(60_000, { ...real, list: async () => [gone, ...(await real.list())] });
    await vi.waitFor(() => expect(pushed).toEqual(["1", "2", "3"]), 5_000);
  });
});
