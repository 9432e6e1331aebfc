import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ConcordanceError } from "../../domain/errors";
import { openLocalStore } from "../../lake/store/local";
import type { ObjectStore } from "../../lake/store/store";
import { silentLogger } from "../../observability/log";
import type { SourceGroup, SourceSink } from "../../pipeline/source";
import { givenFiles, type LandingFiles, storeFiles } from "./files";
import { createLandingSource, type LandingOptions, type LandingSource } from "./source";

const APP_ID = "landing/orders";

/** A sink that keeps what was committed across "processes": one mark, and the records below it. */
class MarkedSink implements SourceSink {
  committed = -1n;
  readonly rows: string[] = [];
  pushed: SourceGroup[] = [];
  /** Everything that was ever pushed, committed or not. */
  readonly all: SourceGroup[] = [];
  private readonly listeners = new Set<(marks: ReadonlyMap<string, bigint>) => void>();
  private fenced = false;

  constructor(private readonly commitOn: "push" | "flush" | "never" = "push") {}

  lowestMark(): Promise<bigint | null> {
    this.fenced = false;
    this.pushed = [];
    return Promise.resolve(this.committed < 0n ? null : this.committed);
  }
  knownMarks(): Promise<ReadonlyMap<string, bigint>> {
    return Promise.resolve(new Map());
  }
  push(group: SourceGroup): Promise<void> {
    if (this.fenced)
      return Promise.reject(new ConcordanceError({ kind: "conflict", code: "fenced", message: "fenced" }));
    this.pushed.push(group);
    this.all.push(group);
    if (this.commitOn === "push") this.commit();
    return Promise.resolve();
  }
  discard(): void {
    this.pushed = [];
  }
  flush(): Promise<void> {
    if (this.commitOn === "flush") this.commit();
    return Promise.resolve();
  }
  onCommitted(listener: (marks: ReadonlyMap<string, bigint>) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  /** Another writer moved the mark: what was pushed is gone. */
  lose(): void {
    this.fenced = true;
    this.pushed = [];
  }
  commit(): void {
    for (const group of this.pushed) {
      if (group.markVersion <= this.committed) continue;
      this.committed = group.markVersion;
      for (const batch of group.batches)
        for (const record of batch.records) this.rows.push(Buffer.from(record.bytes).toString("utf8"));
    }
    this.pushed = [];
    for (const notify of this.listeners) notify(new Map([[APP_ID, this.committed]]));
  }
}

let root: string;
let store: ObjectStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "landing-"));
  store = await openLocalStore(root);
});
afterEach(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));

const inZone = (name: string): string => join(root, "landing/orders", name);

async function deliver(name: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(inZone(name)), { recursive: true });
  await writeFile(`${inZone(name)}.part`, content);
  await rename(`${inZone(name)}.part`, inZone(name));
}

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `{"n":${from + index}}\n`).join("");
const rowsOf = (from: number, to: number): string[] => lines(from, to).trimEnd().split("\n");

function source(change: Partial<LandingOptions> = {}, files?: LandingFiles): LandingSource {
  return createLandingSource({
    name: "orders",
    store,
    files: files ?? storeFiles(store, "orders", "archive"),
    format: { quoted: false, header: null, delimiter: "", keepBytesMax: 1 << 20 },
    pollMs: 5,
    settleMs: 0,
    recordsPerPlan: 10,
    bytesPerPlan: 1 << 20,
    once: true,
    log: silentLogger,
    ...change,
  });
}

const drain = (sink: SourceSink, change: Partial<LandingOptions> = {}, files?: LandingFiles) => {
  const landing = source(change, files);
  return landing.run(sink, new AbortController().signal).then(() => landing);
};

/** Runs a watching source until `done` holds, then stops it. */
async function watch(sink: SourceSink, done: () => boolean | Promise<boolean>, change: Partial<LandingOptions> = {}) {
  const landing = source({ once: false, ...change });
  const stop = new AbortController();
  const running = landing.run(sink, stop.signal);
  try {
    await vi.waitFor(
      async () => {
        if (!(await done())) throw new Error("not yet");
      },
      { timeout: 10_000, interval: 10 },
    );
  } finally {
    stop.abort();
    await running;
  }
  return landing;
}

const left = async (): Promise<string[]> =>
  (await readdir(join(root, "landing/orders"), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, "landing/orders").length + 1));

describe("the landing source", () => {
  it("reads every record of every file once and in order, over many plans", async () => {
    await deliver("a.ndjson", lines(0, 35));
    await deliver("b.ndjson.gz", gzipSync(lines(35, 60)));
    const sink = new MarkedSink();
    await drain(sink);
    expect(sink.rows).toEqual(rowsOf(0, 60));
    await drain(sink);
    expect(sink.rows.length).toBe(60);
  });

  it("recognises the same content under another name and takes nothing of it", async () => {
    await deliver("a.ndjson", lines(0, 12));
    const sink = new MarkedSink();
    await drain(sink);
    const mark = sink.committed;
    await deliver("a.ndjson", lines(0, 12));
    expect((await drain(sink)).recognised).toEqual(["landing/orders/a.ndjson"]);
    await deliver("again.ndjson", lines(0, 12));
    const landing = await drain(sink);
    expect(landing.recognised.length).toBe(1);
    expect(sink.committed).toBe(mark);
    expect(sink.rows.length).toBe(12);
  });

  it("never takes a name that begins with a dot or ends in .part", async () => {
    await mkdir(inZone(""), { recursive: true });
    await writeFile(inZone(".hidden.ndjson"), lines(0, 3));
    await writeFile(inZone("late.ndjson.part"), lines(3, 6));
    const sink = new MarkedSink();
    await drain(sink);
    expect(sink.rows).toEqual([]);
  });

  it.each([0, 1, 2, 3, 4, 5, 6])("goes on exactly where the mark is after a crash at plan %i", async (crashAt) => {
    await deliver("a.ndjson", lines(0, 35));
    await deliver("b.ndjson", lines(35, 60));
    const sink = new MarkedSink("never");
    const landing = source();
    const push = sink.push.bind(sink);
    let pushes = 0;
    sink.push = (group) => {
      if (pushes++ === crashAt) throw new Error("the process dies here");
      return push(group);
    };
    await landing.run(sink, new AbortController().signal).catch(() => undefined);
    // Of what was pushed only a prefix was committed.
    sink.pushed = sink.pushed.slice(0, Math.floor(crashAt / 2));
    sink.commit();
    sink.push = push;
    const after = new MarkedSink("push");
    after.committed = sink.committed;
    after.rows.push(...sink.rows);
    await drain(after);
    expect(after.rows).toEqual(rowsOf(0, 60));
  });

  it("keeps a file in place until its last plan is committed, also when it is seen again after a restart", async () => {
    await deliver("a.ndjson", lines(0, 35));
    await deliver("b.ndjson", lines(35, 60));
    const first = new MarkedSink("never");
    await pushWithoutCommit(first, 7);
    const second = new MarkedSink("never");
    await pushWithoutCommit(second, 7);
    expect((await left()).sort()).toEqual(["a.ndjson", "b.ndjson"]);
    const third = new MarkedSink("push");
    await drain(third);
    expect(third.rows).toEqual(rowsOf(0, 60));
  });

  it("does not put aside new content that replaced a consumed file before its commit", async () => {
    await deliver("a.ndjson", lines(0, 5));
    const sink = new MarkedSink("never");
    let replaced = false;
    await watch(sink, async () => {
      if (sink.pushed.length > 0 && !replaced) {
        replaced = true;
        await deliver("a.ndjson", lines(5, 9));
        sink.commit();
      }
      if (replaced) sink.commit();
      return sink.rows.length >= 9;
    });
    expect(sink.rows).toEqual(rowsOf(0, 9));
  });

  it("keeps both when two files of one name are put aside on one day", async () => {
    const sink = new MarkedSink();
    await deliver("a.ndjson", lines(0, 5));
    await watch(sink, async () => (await left()).some((path) => path.startsWith("_taken/")));
    await deliver("a.ndjson", lines(5, 9));
    await watch(sink, async () => (await left()).length === 2 && !(await left()).includes("a.ndjson"));
    expect(sink.rows).toEqual(rowsOf(0, 9));
    expect((await left()).every((path) => path.startsWith("_taken/"))).toBe(true);
  });

  it("reads a lost batch again even when no new file arrives", async () => {
    await deliver("a.ndjson", lines(0, 5));
    const sink = new MarkedSink("never");
    let lost = false;
    await watch(
      sink,
      () => {
        if (sink.pushed.length > 0 && !lost) {
          lost = true;
          sink.lose();
        } else if (lost && sink.pushed.length > 0) sink.commit();
        return sink.rows.length === 5;
      },
      { reseekMs: 50 },
    );
    expect(sink.rows).toEqual(rowsOf(0, 5));
  });

  it("does not end a one-shot run while a pushed batch is lost", async () => {
    await deliver("a.ndjson", lines(0, 5));
    const sink = new MarkedSink("flush");
    const flush = sink.flush.bind(sink);
    let lost = false;
    sink.flush = () => {
      if (!lost && sink.pushed.length > 0) {
        lost = true;
        sink.lose();
      }
      return flush();
    };
    await drain(sink);
    expect(sink.rows).toEqual(rowsOf(0, 5));
  });
});

/** Reads and pushes until `plans` were pushed, none committed, then dies. */
async function pushWithoutCommit(sink: MarkedSink, plans: number): Promise<void> {
  const stop = new AbortController();
  const landing = source({ once: false });
  const running = landing.run(sink, stop.signal);
  await vi.waitFor(() => expect(sink.pushed.length).toBe(plans), { timeout: 5_000 });
  await new Promise((resolve) => setTimeout(resolve, 60));
  stop.abort();
  await running;
}

describe("files the landing source cannot take", () => {
  it("refuses a truncated gzip whole, says so, and takes it when it is delivered again", async () => {
    const whole = gzipSync(lines(0, 5_000));
    await deliver("a.ndjson.gz", whole.subarray(0, whole.length - 100));
    await deliver("b.ndjson", lines(5_000, 5_003));
    const sink = new MarkedSink();
    const refused = await drain(sink);
    expect(sink.rows).toEqual(rowsOf(5_000, 5_003));
    expect(refused.status()).toMatchObject({ code: "truncated_gzip" });
    expect(refused.status().remedy).toMatch(/again under the same name/);
    await deliver("a.ndjson.gz", whole);
    await drain(sink);
    expect(sink.rows.length).toBe(5_003);
  });

  it("clears the refusal once the file is gone", async () => {
    await deliver("a.ndjson.gz", Buffer.from("not gzip at all"));
    const sink = new MarkedSink();
    const landing = source({ once: false });
    const stop = new AbortController();
    const running = landing.run(sink, stop.signal);
    await vi.waitFor(() => expect(landing.status().code).toBe("bad_gzip"));
    await rm(inZone("a.ndjson.gz"));
    await vi.waitFor(() => expect(landing.status().code).toBe(null));
    stop.abort();
    await running;
  });

  it("stops with landing_file_changed when a planned file is not what it was, and goes on when it is put back", async () => {
    await deliver("a.ndjson", lines(0, 25));
    const sink = new MarkedSink("never");
    await pushWithoutCommit(sink, 3);
    sink.pushed = [];
    await rename(inZone("a.ndjson"), join(root, "aside"));
    await deliver("a.ndjson", lines(90, 95));
    const failed = await drain(new MarkedSink());
    expect(failed.status()).toMatchObject({ state: "failed", code: "landing_file_changed" });
    expect(failed.status().remedy).toMatch(/SHA-256/);
    await rename(join(root, "aside"), inZone("a.ndjson"));
    const after = new MarkedSink();
    await drain(after);
    expect(after.rows).toEqual(rowsOf(0, 25));
  });

  it("goes on without a restart when a planned file that vanished comes back", async () => {
    await deliver("a.ndjson", lines(0, 25));
    await pushWithoutCommit(new MarkedSink("never"), 3);
    await rename(inZone("a.ndjson"), join(root, "aside"));
    const sink = new MarkedSink();
    const landing = source({ once: false });
    const stop = new AbortController();
    const running = landing.run(sink, stop.signal);
    await vi.waitFor(() => expect(landing.status().code).toBe("landing_file_changed"));
    await rename(join(root, "aside"), inZone("a.ndjson"));
    await vi.waitFor(() => expect(sink.rows).toEqual(rowsOf(0, 25)), { timeout: 5_000 });
    // Said a moment after the last row is there.
    await vi.waitFor(() => expect(landing.status().code).toBe(null), { timeout: 20_000 });
    stop.abort();
    await running;
  });

  it("is failed, not thrown, where the header of a half-read file no longer fits the mapping", async () => {
    await deliver("a.csv", `n,m\n${"1,2\n".repeat(25)}`);
    const csv = { quoted: true, delimiter: ",", keepBytesMax: 1 << 20 };
    const sink = new MarkedSink("never");
    const stop = new AbortController();
    const push = sink.push.bind(sink);
    sink.push = (group) => {
      stop.abort();
      return push(group);
    };
    await source({ format: { ...csv, header: ["n", "m"] } }).run(sink, stop.signal);
    const failed = await drain(new MarkedSink(), { format: { ...csv, header: ["n", "x"] } });
    expect(failed.status()).toMatchObject({ state: "failed", code: "csv_header_differs" });
  });

  it("says what to do about an input that is a directory", async () => {
    const landing = await drain(new MarkedSink(), {}, givenFiles([root]));
    expect(landing.status()).toMatchObject({ code: "input_unreadable" });
    expect(landing.status().remedy).toMatch(/file/);
  });

  it.each([
    ["empty", ""],
    ["header only", "n,m\n"],
    ["header without a newline", "n,m"],
  ])("takes nothing from a file that is %s", async (_, content) => {
    await deliver("a.csv", content);
    const sink = new MarkedSink();
    const format = { quoted: true, header: ["n", "m"], delimiter: ",", keepBytesMax: 1 << 20 };
    const landing = await drain(sink, { format });
    expect(sink.rows).toEqual([]);
    expect(landing.refused.size).toBe(0);
  });

  it("hands over a 50 MB line as its beginning and its length, and the records after it", async () => {
    await deliver("a.ndjson", Buffer.concat([Buffer.alloc(50_000_000, 0x78), Buffer.from(`\n${lines(0, 2)}`)]));
    const sink = new MarkedSink();
    await drain(sink);
    const records = sink.all.flatMap((group) => group.batches.flatMap((batch) => batch.records));
    expect(records[0]).toMatchObject({ bytesTotal: 50_000_000 });
    expect(records[0]?.bytes.length).toBeLessThanOrEqual((1 << 20) + 1);
    expect(records.length).toBe(3);
  });

  it("names a given file by its absolute path, so that the working directory does not matter", async () => {
    await writeFile(join(root, "in.ndjson"), lines(0, 5));
    const sink = new MarkedSink();
    await drain(sink, {}, givenFiles([relative(process.cwd(), join(root, "in.ndjson"))]));
    expect(sink.all.map((group) => group.batches[0]?.partition)).toEqual([
      expect.stringMatching(/in\.ndjson#[0-9a-f]{12}$/),
    ]);
  });
});
