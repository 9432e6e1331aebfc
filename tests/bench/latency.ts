/**
 * `npm run bench:latency -- [--minutes 5] [--tps 5000] [--warm-up 30]`: everything of `npm start` with the simulator at a
 * pace, and an observer that asks the console's own API as a browser would. Event to visible = the moment an answer first
 * holds an alert, less the event's own time.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../../infra/stack/s3";

const POLL_MS = 100;
const PAGE = 200;
/** Older events are the simulator's late ones and its history, not delay of ours: counted apart. */
const LATE_MS = 3_600_000;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    tps: { type: "string", default: "5000" },
    "warm-up": { type: "string", default: "30" },
  },
});
const minutes = Number(values.minutes);
const tps = Number(values.tps);
const warmUpMs = Number(values["warm-up"]) * 1_000;

interface Sample {
  readonly atMs: number;
  readonly delayMs: number;
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;

const directory = await mkdtemp(join(tmpdir(), "concordance-latency-"));
const port = await freePort();
const child = spawn(
  process.execPath,
  ["scripts/start.mjs", "--data", directory, "--port", String(port), "--tps", String(tps)],
  { stdio: ["ignore", "pipe", "inherit"] },
);
try {
  await measure();
} finally {
  await stop(child);
  await rm(directory, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const cookie = await signIn();
  const call = async (procedure: string, input: unknown) => {
    const query = encodeURIComponent(JSON.stringify({ json: input }));
    const response = await fetch(`http://127.0.0.1:${port}/api/trpc/${procedure}?input=${query}`, {
      headers: { cookie },
    });
    if (!response.ok) throw new Error(`${procedure}: ${response.status} ${(await response.text()).slice(0, 300)}`);
    const { result } = await response.json();
    return result.data.json;
  };
  const samples: Sample[] = [];
  const memory = new Map<string, number[]>();
  const answered: number[] = [];
  const seen = new Set<string>();
  let late = 0;
  const startedMs = Date.now();
  const endMs = startedMs + warmUpMs + minutes * 60_000;
  let nextLookMs = 0;
  let before: Counted | null = null;
  while (Date.now() < endMs) {
    const askedMs = Date.now();
    const page = await call("fraud.queue", { status: [], sort: "newest", limit: PAGE });
    const shownMs = Date.now();
    const warm = shownMs - startedMs > warmUpMs;
    if (warm) answered.push(shownMs - askedMs);
    if (warm) before ??= await counted(call);
    for (const row of page.rows) {
      if (seen.has(row.alertId)) continue;
      seen.add(row.alertId);
      const delayMs = shownMs - Date.parse(row.eventTime);
      if (!warm) continue;
      if (delayMs > LATE_MS) late++;
      else samples.push({ atMs: shownMs, delayMs });
    }
    if (shownMs > nextLookMs) {
      nextLookMs = shownMs + 5_000;
      for (const { process, memoryBytes } of (await call("ops.health", {})).processes) {
        const series = memory.get(process) ?? [];
        series.push(Math.round(memoryBytes / 1_048_576));
        memory.set(process, series);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, POLL_MS - (Date.now() - askedMs))));
  }
  if (before === null) throw new Error("nothing was measured: the warm-up was longer than the run");
  report({ samples, memory, answered, late, before, after: await counted(call) });
}

interface Counted {
  readonly atMs: number;
  readonly records: number;
  readonly lagSeconds: number;
}

/** Records the lake holds, and how long the oldest unread one has been waiting. */
async function counted(call: (procedure: string, input: unknown) => Promise<Streams>): Promise<Counted> {
  const { streams } = await call("ops.streams", {});
  const transactions = streams.find((stream) => stream.source === "simulated-transactions");
  return {
    atMs: Date.now(),
    records: Number(transactions?.balance?.recordsIn ?? Number.NaN),
    lagSeconds: Math.max(0, ...streams.flatMap((s) => s.partitions.map((p) => p.lagSeconds ?? 0))),
  };
}

interface Streams {
  readonly streams: readonly {
    readonly source: string;
    readonly balance: { readonly recordsIn: number | string } | null;
    readonly partitions: readonly { readonly lagSeconds: number | null }[];
  }[];
}

interface Measured {
  readonly samples: readonly Sample[];
  readonly memory: ReadonlyMap<string, readonly number[]>;
  readonly answered: readonly number[];
  readonly late: number;
  readonly before: Counted;
  readonly after: Counted;
}

function report({ samples, memory, answered, late, before, after }: Measured): void {
  const sorted = samples.map(({ delayMs }) => delayMs).sort((a, b) => a - b);
  const answers = [...answered].sort((a, b) => a - b);
  const line = (name: string, text: string) => console.log(`${name.padEnd(34)} ${text}`);
  const p99 = percentile(sorted, 0.99);
  const perSecond = ((after.records - before.records) * 1_000) / (after.atMs - before.atMs);
  line("machine", `${cpus().length} x ${cpus()[0]?.model ?? "?"}, node ${process.version}`);
  line("pace asked", `${tps} events/s for ${minutes} min after ${warmUpMs / 1000} s`);
  line("stored meanwhile", `${perSecond.toFixed(0)} events/s`);
  line("alerts observed", `${sorted.length} (and ${late} of events over an hour old, left out)`);
  line(
    "event to visible, ms",
    `p50 ${percentile(sorted, 0.5)}  p95 ${percentile(sorted, 0.95)}  p99 ${p99}  max ${sorted.at(-1) ?? Number.NaN}  (promise: p99 <= 2000)`,
  );
  const third = Math.ceil(samples.length / 3);
  const p99Of = (part: readonly Sample[]) =>
    percentile(
      part.map(({ delayMs }) => delayMs).sort((a, b) => a - b),
      0.99,
    );
  line("  p99 by third of the run", [0, 1, 2].map((n) => p99Of(samples.slice(n * third, (n + 1) * third))).join("  "));
  line(
    "lag of the oldest unread, s",
    `${before.lagSeconds.toFixed(1)} at the start, ${after.lagSeconds.toFixed(1)} at the end`,
  );
  line("queue page asked while so, ms", `p50 ${percentile(answers, 0.5)}  p95 ${percentile(answers, 0.95)}`);
  for (const [name, series] of memory) {
    line(`memory of ${name}, MB`, `max ${Math.max(...series)}, last ${series.at(-1)}`);
  }
  if (!(p99 <= 2_000)) process.exitCode = 1;
}

async function signIn(): Promise<string> {
  const base = `http://127.0.0.1:${port}`;
  for (;;) {
    if (child.exitCode !== null) throw new Error("the product did not start");
    const health = await fetch(`${base}/api/health`).catch(() => null);
    if (health?.status === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const password = (await readFile(join(directory, "secrets", "demo-password"), "utf8")).trim();
  const response = await fetch(`${base}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: base },
    body: JSON.stringify({ email: "admin@demo.concordance.local", password }),
  });
  if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
}

async function stop(running: ChildProcess): Promise<void> {
  if (running.exitCode !== null) return;
  const gone = new Promise((resolve) => running.once("close", resolve));
  running.kill("SIGTERM");
  await gone;
}
