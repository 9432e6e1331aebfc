import type { BusinessDiff } from "../batch/diff";
import { dryRun, type Ready, type RunOptions, runFinal } from "../batch/run";
import { type JobSpec, pinJob, specId } from "../batch/spec";
import { ConcordanceError } from "../domain/errors";
import { type Hold, holdRun } from "./hold";
import type { RunDiff, RunFault } from "./model";
import { finalIn, passes, type RunParts } from "./parts";
import { type RunJob, TRIES_MAX } from "./queue";
import type { Run } from "./run";
import { claimRun, endRun, noteRun, requeueRun, tellRun } from "./runs";

const LOOK_EVERY_MS = 300;
/** These come out the same however often they are tried. */
const LASTING = new Set(["control_total_mismatch", "no_such_final", "invariant_broken", "bad_settings"]);
/** The pinned inputs can no longer be used: another try pins the newest, unless they are what somebody looked at. */
const PIN_ANEW = new Set(["run_overtaken", "version_gone", "input_changed", "other_rules"]);

type Ended = "stopping" | "cancelled" | "lost";

/** Carries one job out: takes its run, computes, commits or compares, and says in the run's row what became of it. */
export async function executeJob(parts: RunParts, job: RunJob, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  let why: Ended | null = null;
  const end = (reason: Ended) => {
    why ??= reason;
    stop.abort();
  };
  const hold = await holdRun(parts.database, job.runId, () => end("lost"));
  // Held: its worker is alive and at it. What is left of this job is cleared away with the run's end.
  if (hold === null) return;
  const stopping = () => end("stopping");
  signal.addEventListener("abort", stopping);
  try {
    if (signal.aborted) end("stopping");
    await carryOut(parts, job, { hold, signal: stop.signal, cancel: () => end("cancelled"), why: () => why });
  } finally {
    signal.removeEventListener("abort", stopping);
    await hold.release();
  }
}

interface Carrying {
  readonly hold: Hold;
  readonly signal: AbortSignal;
  readonly cancel: () => void;
  readonly why: () => Ended | null;
}

async function carryOut(parts: RunParts, job: RunJob, carrying: Carrying): Promise<void> {
  const { database, queue, log, instance } = parts;
  const run = await claimRun(database.db, job.runId, job.jobId, instance);
  if (run === null) return queue.done(job.jobId);
  const facts = { runId: run.id, index: run.index, businessDate: run.businessDate, mode: run.mode };
  const startedMs = Date.now();
  await tellRun(database.db, run.id, `begun by ${instance}, try ${run.tries}`);
  const watch = watchRun(parts, run, carrying.cancel);
  try {
    const end = await compute(parts, run, watch, carrying.signal);
    await watch.end();
    await tellRun(database.db, run.id, `${end.outcome}${end.rows === null ? "" : `: ${end.rows} rows`}`);
    await endRun(database.db, run.id, { state: "succeeded", ...end });
    await queue.done(job.jobId);
    log.info({ ...facts, ...end, durationMs: Date.now() - startedMs }, "run");
  } catch (error) {
    await watch.end();
    await afterFault(parts, run, job, { error, why: carrying.why() });
  }
}

async function compute(parts: RunParts, run: Run, watch: Watch, signal: AbortSignal) {
  const { lake, database } = parts;
  const definition = finalIn(parts, run.index);
  if (definition === null) throw noSuchFinal(run.index);
  const spec =
    run.spec ?? (await pinJob(lake, definition, run.businessDate, await parts.settingsOf(run.index, run.businessDate)));
  if (run.spec === null) await noteRun(database.db, run.id, { spec, specId: specId(spec) });
  await tellRun(database.db, run.id, pinnedText(spec, run.spec !== null));
  const options: RunOptions = {
    observe: watch.observe,
    signal,
    ready: (ready) => watch.ready(ready, signal),
  };
  if (run.mode === "dry_run") {
    await dryRun(lake, definition, spec, options);
    return { outcome: "compared", rows: null } as const;
  }
  const { outcome, record } = await runFinal(lake, definition, spec, options);
  // A try before this one may have committed the same pinned inputs and died before it could say so.
  return { outcome: outcome === "unchanged" && run.diff !== null ? "committed" : outcome, rows: record.rows } as const;
}

const pinnedText = ({ inputs }: JobSpec, kept: boolean): string =>
  `${kept ? "inputs as they were pinned" : "inputs pinned"}: ${inputs
    .map(({ table, version, files }) => `${table} version ${version} (${files.length} files)`)
    .join(", ")}`;

interface Watch {
  readonly observe: NonNullable<RunOptions["observe"]>;
  readonly ready: (facts: Ready, signal: AbortSignal) => Promise<void>;
  end(): Promise<void>;
}

/** Writes the run's progress as it goes, and looks whether somebody has cancelled it. */
function watchRun({ database, log }: RunParts, run: Run, cancel: () => void): Watch {
  let step: { name: string; number: number; count: number } | null = null;
  let told = 0;
  let turn: Promise<void> = Promise.resolve();
  const look = (): Promise<void> => {
    turn = turn.then(async () => {
      const now = step;
      try {
        const facts = now === null || now.number === told ? {} : { step: now };
        const { cancelAsked } = await noteRun(database.db, run.id, facts);
        if (cancelAsked) cancel();
        if (now !== null) told = now.number;
      } catch (error) {
        log.debug({ err: error, runId: run.id }, "the progress of a run cannot be told now");
      }
    });
    return turn;
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return {
    observe: (name, number, count) => {
      step = { name, number, count };
    },
    ready: async ({ rows, controls, diff }, signal) => {
      const { cancelAsked } = await noteRun(database.db, run.id, { rows, controls, diff: diffText(diff) });
      await tellRun(
        database.db,
        run.id,
        `${rows} rows; ${diff.gained} gained, ${diff.lost} lost, ${diff.changed} changed`,
      );
      if (cancelAsked) cancel();
      signal.throwIfAborted();
    },
    end: async () => {
      clearInterval(timer);
      await turn;
    },
  };
}

const diffText = ({ lines, ...diff }: BusinessDiff): RunDiff => ({
  ...diff,
  lines: lines.map((line) => ({
    ...line,
    valueBeforeMinor: line.valueBeforeMinor === null ? null : String(line.valueBeforeMinor),
    valueAfterMinor: line.valueAfterMinor === null ? null : String(line.valueAfterMinor),
  })),
});

interface Failure {
  readonly error: unknown;
  readonly why: Ended | null;
}

async function afterFault(parts: RunParts, run: Run, job: RunJob, { error, why }: Failure): Promise<void> {
  const { database, queue, log } = parts;
  if (why === "cancelled") {
    await tellRun(database.db, run.id, "cancelled; nothing was changed");
    await endRun(database.db, run.id, { state: "cancelled" });
    return queue.done(job.jobId);
  }
  if (why === "stopping") {
    await requeueRun(database.db, run.id, { jobId: null, fault: null, uncounted: true });
    await tellRun(database.db, run.id, "handed back: the worker was told to stop");
    return queue.drop(job.jobId);
  }
  // Without its lock the run is anybody's: whoever finds it so takes it up.
  if (why === "lost") throw lockLost(error);
  const fault = faultOf(error);
  const lasting = LASTING.has(fault.code) || (run.ofRunId !== null && PIN_ANEW.has(fault.code));
  const againAt = lasting || run.tries >= TRIES_MAX ? null : await queue.failed(job.jobId, fault.code);
  if (againAt === null) return failForGood(parts, run, job, fault);
  await tellRun(database.db, run.id, `failed (${fault.code}): ${fault.message} Again at ${againAt.toISOString()}.`);
  log.warn({ runId: run.id, err: error, againAt }, "a run failed and is tried again");
  await requeueRun(database.db, run.id, {
    jobId: job.jobId,
    fault: { ...fault, againAt: againAt.toISOString() },
    pinAnew: PIN_ANEW.has(fault.code),
  });
}

/** The alert: the run stands as failed at the head of the jobs page until the date is run again, and in the log. */
export async function failForGood(parts: RunParts, run: Run, job: RunJob | null, fault: RunFault): Promise<void> {
  const { database, queue, log } = parts;
  await tellRun(database.db, run.id, `failed for good (${fault.code}): ${fault.message}`);
  await endRun(database.db, run.id, { state: "failed", fault });
  if (job !== null) await queue.drop(job.jobId);
  const { index, businessDate, tries } = run;
  log.error({ runId: run.id, index, businessDate, tries, ...fault }, "a run failed for good");
}

const faultOf = (error: unknown): RunFault =>
  error instanceof ConcordanceError
    ? { code: error.code, message: error.message, remedy: error.remedy, againAt: null }
    : {
        code: passes(error) ? "postgres_unreachable" : "crashed",
        message: error instanceof Error ? error.message : String(error),
        remedy: "Look at the batch worker's log; nothing of the date was changed.",
        againAt: null,
      };

const lockLost = (cause: unknown) =>
  new ConcordanceError({
    kind: "unavailable",
    code: "postgres_unreachable",
    message: "The connection that held a run broke; the run was stopped.",
    remedy: "It is taken up again once Postgres answers.",
    cause,
  });

const noSuchFinal = (index: string) =>
  new ConcordanceError({
    kind: "invalid_input",
    code: "no_such_final",
    message: `This release has no final index ${index}.`,
    remedy: "Run it with the release that asked for it.",
  });
