import { type Heartbeat, readHeartbeats } from "../db/heartbeats";
import { ConcordanceError } from "../domain/errors";
import { formatInstant } from "../domain/time";
import type { Health, PartHealth, Process, PromiseFigure } from "../indexes/ops/contract";
import { asOfOps, percentilesOf } from "../indexes/ops/queries";
import { readBalances } from "../indexes/ops/queries-streams";
import { OPS_LATENCY, OPS_MINUTES } from "../indexes/ops/tables";
import type { LakeView } from "../query/reader";
import { text, whole } from "../query/values";
import { knownError } from "../trpc/errors";
import { readFreshness } from "./freshness";
import type { Services } from "./services";

const LATENCY_MINUTES = 5;
const VISIBLE_MS = 2_000;
/** Events older than this when they arrive are late. */
const WATERMARK_MS = 2 * 3_600_000;
const QUERY_P95_MS = 100;

/** Whether each part answers; never throws. */
export async function checkParts(services: Services): Promise<PartHealth[]> {
  const lake = await checkPart("lake", async () => {
    await services.reader.snapshots();
  });
  const postgres = await checkPart("postgres", () => services.database.ping());
  if (!postgres.ok) return [lake, postgres];
  const workers = await checkPart("workers", async () => expectWorkers(await readHeartbeats(services.database.db)));
  return [lake, postgres, workers];
}

const AILING: ReadonlySet<string> = new Set(["lost", "failed", "restarting"]);
/** Without one of these something is not read, not shown or not looked after. */
const NEEDED = ["indexer", "projector", "maintenance", "intake", "batch"] as const;

/** Throws where a process is ailing, and where a needed one has never reported or is stopped. */
function expectWorkers(beats: readonly Heartbeat[]): void {
  const ailing = beats.filter(({ state }) => AILING.has(state));
  const [first] = ailing;
  if (first !== undefined) {
    throw new ConcordanceError({
      kind: "unavailable",
      code: `worker_${first.state}`,
      message: ailing.map((beat) => `${beat.process} (${beat.instance}) is ${beat.state}`).join("; "),
      remedy: first.detail.remedy ?? "Look at the process's log; the supervisor starts it again.",
    });
  }
  const absent = NEEDED.filter((name) => !beats.some(({ process, state }) => process === name && state !== "stopped"));
  if (absent.length === 0) return;
  throw new ConcordanceError({
    kind: "unavailable",
    code: "worker_absent",
    message: `No ${absent.join(", no ")} reports that it runs.`,
    remedy: `Start it: \`npm run worker -- ${absent[0]}\`, with the same DATABASE_URL.`,
  });
}

async function checkPart(part: PartHealth["part"], check: () => Promise<void>): Promise<PartHealth> {
  try {
    await check();
    return { part, ok: true, code: null, message: null, remedy: null };
  } catch (error) {
    const known = knownError(error);
    return {
      part,
      ok: false,
      code: known?.code ?? "internal",
      message: known?.message ?? `The ${part} cannot be read; the reason is in the server's log.`,
      remedy: known?.remedy ?? null,
    };
  }
}

/**
 * Processes with their heartbeats, and the promises of PRODUCT.md section 6 as measured now. Where the lake cannot be read
 * the processes are told all the same, and no figure is measured: that is when this is looked at.
 */
export async function readHealth(services: Services, signal?: AbortSignal): Promise<Health> {
  const [parts, beats] = await Promise.all([checkParts(services), readHeartbeats(services.database.db)]);
  const told = { parts, processes: beats.map(processOf) };
  if (parts.some(({ part, ok }) => part === "lake" && !ok)) {
    const readAt = formatInstant(BigInt(Date.now()) * 1000n);
    return { ...told, promises: [queriesPromise(services)], asOf: { lakeVersions: {}, watermark: null, readAt } };
  }
  const freshness = await readFreshness(services.reader);
  return services.reader.read({ name: "ops.health", signal }, async (view) => ({
    ...told,
    promises: [
      balancePromise([...(await readBalances(services.reader, view))]),
      await visiblePromise(view),
      await throughputPromise(view),
      queriesPromise(services),
      freshnessPromise(freshness),
    ],
    asOf: asOfOps(view, [OPS_LATENCY.name, OPS_MINUTES.name]),
  }));
}

function balancePromise(balances: readonly [string, { readonly balanced: boolean }][]): PromiseFigure {
  const broken = balances.filter(([, { balanced }]) => !balanced).map(([source]) => source);
  return {
    id: "balance",
    title: "Nothing lost, nothing twice",
    promised: "in = accepted + quarantined + duplicates, per source",
    measured: balances.length === 0 ? null : `${balances.length - broken.length} of ${balances.length} sources`,
    met: balances.length === 0 ? null : broken.length === 0,
    window: "everything in the lake",
    detail: broken.length === 0 ? null : `Does not add up: ${broken.join(", ")}`,
  };
}

function freshnessPromise({ indexes }: Awaited<ReturnType<typeof readFreshness>>): PromiseFigure {
  const stale = indexes.filter(({ missed }) => missed);
  return {
    id: "freshness",
    title: "Indexes keep up",
    promised: "every real-time index within 2 s of what is stored",
    measured: `${indexes.length - stale.length} of ${indexes.length} indexes`,
    met: stale.length === 0,
    window: "now",
    detail:
      stale.map(({ index, behindMs }) => `${index} is ${(behindMs / 1000).toFixed(1)} s behind`).join("; ") || null,
  };
}

function processOf(beat: Heartbeat): Process {
  const { detail } = beat;
  return {
    process: beat.process,
    instance: beat.instance,
    pid: beat.pid,
    startedAt: beat.startedAt,
    beatAt: beat.beatAt,
    state: beat.state,
    code: detail.code ?? null,
    message: detail.message ?? null,
    remedy: detail.remedy ?? null,
    restarts: detail.restarts ?? null,
    memoryBytes: detail.memoryBytes ?? null,
    facts: Object.entries(detail.figures ?? {}).flatMap(([name, value]) =>
      value === null ? [] : [{ name, value: String(value) }],
    ),
  };
}

/**
 * The two halves are measured apart; the sum of their 99th percentiles is an upper estimate of the whole's. Events that were
 * already older than the watermark when they arrived (a backfill) tell nothing of Concordance's speed: for them only the
 * way from stored to visible counts, and the answer says so.
 */
async function visiblePromise(view: LakeView): Promise<PromiseFigure> {
  const from = new Date(Date.now() - LATENCY_MINUTES * 60_000).toISOString();
  const rows = await view.rows(
    `SELECT metric, bucket_ms, sum(events)::BIGINT AS events
       FROM ${await view.scan(OPS_LATENCY.name, { column: "minute", min: from })}
      WHERE minute >= $from::TIMESTAMPTZ AND metric IN ('event_to_ingested', 'ingested_to_visible') GROUP BY ALL`,
    { from },
  );
  const bucketsOf = (metric: string) =>
    rows
      .filter((row) => text(row, "metric") === metric)
      .map((row) => ({ bucketMs: whole(row, "bucket_ms"), events: whole(row, "events") }));
  const delays = bucketsOf("event_to_ingested");
  const old = delays.filter(({ bucketMs }) => bucketMs > WATERMARK_MS).reduce((sum, { events }) => sum + events, 0);
  const storedMs = percentilesOf(delays.filter(({ bucketMs }) => bucketMs <= WATERMARK_MS)).p99Ms;
  const shownMs = percentilesOf(bucketsOf("ingested_to_visible")).p99Ms;
  const wholeMs = shownMs === null || (storedMs === null && old === 0) ? null : (storedMs ?? 0) + shownMs;
  const late = old === 0 ? "" : ` ${old} events were more than 2 h old when they arrived: measured from stored on.`;
  return {
    id: "event_to_visible",
    title: "Event to visible in the console",
    promised: "p99 ≤ 2 s",
    measured: wholeMs === null ? null : `p99 ≤ ${wholeMs} ms${storedMs === null ? " from stored to visible" : ""}`,
    met: wholeMs === null ? null : wholeMs <= VISIBLE_MS,
    window: `last ${LATENCY_MINUTES} minutes`,
    detail:
      wholeMs === null
        ? "No events in the window."
        : `${storedMs === null ? "" : `Stored after ${storedMs} ms, `}visible ${shownMs} ms later (p99 each).${late}`,
  };
}

async function throughputPromise(view: LakeView): Promise<PromiseFigure> {
  const from = new Date(Date.now() - 3_600_000).toISOString();
  const [row] = await view.rows(
    `SELECT max(records)::BIGINT AS records FROM (
       SELECT minute, sum(accepted + quarantined + duplicates) AS records
         FROM ${await view.scan(OPS_MINUTES.name, { column: "minute", min: from })}
        WHERE minute >= $from::TIMESTAMPTZ GROUP BY minute)`,
    { from },
  );
  const records = row === undefined || row.records === null ? null : whole(row, "records");
  return {
    id: "throughput",
    title: "Ingest",
    promised: "≥ 100,000 events/s on 2 cores",
    measured: records === null ? null : `${(records / 60).toFixed(1)} events/s`,
    met: null,
    window: "busiest minute of the last hour",
    detail: "What arrived, not what would fit: the capacity is measured by `npm run bench:ingest`.",
  };
}

function queriesPromise({ metrics }: Services): PromiseFigure {
  const recent = metrics.recentQueries();
  return {
    id: "queries",
    title: "Console queries",
    promised: "p95 ≤ 100 ms warm",
    measured: recent.p95Ms === null ? null : `p95 ${recent.p95Ms} ms`,
    met: recent.p95Ms === null ? null : recent.p95Ms <= QUERY_P95_MS,
    window: `last ${recent.count} queries of this process`,
    detail: null,
  };
}
