import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openLocalStore } from "../../lake/store/local";
import { silentLogger } from "../../observability/log";
import type { SourceSink } from "../../pipeline/source";
import { storeFiles } from "./files";
import { createLandingSource } from "./source";

it("tells the age of the oldest file until its rows are committed, then that none waits", async () => {
  const root = await mkdtemp(join(tmpdir(), "concordance-test-"));
  const store = await openLocalStore(root);
  const path = join(root, "landing", "orders", "a.ndjson");
  await mkdir(join(root, "landing", "orders"), { recursive: true });
  await writeFile(path, "1\n2\n");
  const written = Date.now() / 1000 - 90;
  await utimes(path, written, written);
  const listeners = new Set<(marks: ReadonlyMap<string, bigint>) => void>();
  let pushed = -1n;
  const sink: SourceSink = {
    lowestMark: async () => null,
    knownMarks: async () => new Map(),
    push: async (group) => {
      pushed = group.markVersion;
    },
    discard: () => undefined,
    flush: async () => undefined,
    onCommitted: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const source = createLandingSource({
    name: "orders",
    store,
    files: storeFiles(store, "orders", "archive"),
    format: { quoted: false, header: null, delimiter: "", keepBytesMax: 1_000 },
    pollMs: 10,
    settleMs: 0,
    recordsPerPlan: 100,
    bytesPerPlan: 1_000,
    once: false,
    log: silentLogger,
  });
  const lag = () => source.status().partitions[0]?.lagSeconds ?? null;
  expect(lag()).toBeNull();
  const stop = new AbortController();
  const running = source.run(sink, stop.signal);
  try {
    await expect.poll(() => pushed, { timeout: 5_000 }).toBe(0n);
    await new Promise((resolve) => setTimeout(resolve, 100));
    // Read, but not committed: it still waits.
    expect(lag()).toBeGreaterThanOrEqual(90);
    expect(lag()).toBeLessThan(120);
    for (const tell of listeners) tell(new Map([["landing/orders", pushed]]));
    await expect.poll(lag, { timeout: 5_000 }).toBe(0);
  } finally {
    stop.abort();
    await running;
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
});
