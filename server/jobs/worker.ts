import { addDays } from "../domain/calendar/business-days";
import { ConcordanceError } from "../domain/errors";
import type { BusinessDate } from "../domain/time";
import { pause } from "../pipeline/pause";
import { type FinalDate, lookAtDates, writeDates } from "./dates";
import { executeJob } from "./execute";
import type { RunTrigger } from "./model";
import { passes, type RunParts, SYSTEM } from "./parts";
import { planOnce } from "./plan";
import { recoverRuns } from "./recover";
import { askRun, forgetRuns, readTriedDates } from "./runs";
import { lastEndedDate } from "./schedule";

const PLAN_EVERY_MS = 500;
const TAKE_EVERY_MS = 300;
const RECOVER_EVERY_MS = 3_000;
const DATES_EVERY_MS = 60_000;
/** Dates are told of so far back even where none is made up for. */
const LOOK_BACK_DAYS = 35;
/** After a run the dates are looked at sooner. */
const DATES_SOON_MS = 2_000;
const AGAIN_MS = 2_000;

export interface RunWorkerStatus {
  readonly running: string | null;
  readonly ended: number;
  /** What the worker waits for; null while all goes well. */
  readonly fault: ConcordanceError | null;
}

export interface RunWorker {
  /** Works until the signal; a run under way is handed back. */
  run(signal: AbortSignal): Promise<void>;
  status(): RunWorkerStatus;
}

/** A batch worker: plans what may begin, carries runs out one at a time, takes up those of dead workers, and makes up for dates. */
export function createRunWorker(parts: RunParts): RunWorker {
  let status: RunWorkerStatus = { running: null, ended: 0, fault: null };
  let datesDue = true;
  const take = async (signal: AbortSignal): Promise<boolean> => {
    const job = await parts.queue.take();
    if (job === null) return false;
    status = { ...status, running: job.runId };
    try {
      await executeJob(parts, job, signal);
    } finally {
      status = { ...status, running: null, ended: status.ended + 1 };
      datesDue = true;
    }
    return true;
  };
  const guarded = (everyMs: number, work: (signal: AbortSignal) => Promise<unknown>) => async (signal: AbortSignal) => {
    while (!signal.aborted) {
      let waitMs = everyMs;
      try {
        const more = await work(signal);
        status = { ...status, fault: null };
        if (more === true) continue;
      } catch (error) {
        // A faulty file of settings stops runs, not the worker: it is read anew each time.
        if (!passes(error) && !(error instanceof ConcordanceError && error.kind === "config")) throw error;
        if (!signal.aborted) parts.log.warn({ err: error }, "a batch worker waits for what does not answer");
        status = { ...status, fault: error instanceof ConcordanceError ? error : unreachable(error) };
        waitMs = AGAIN_MS;
      }
      await pause(waitMs, signal);
    }
  };
  let datesAtMs = 0;
  const loops = [
    guarded(PLAN_EVERY_MS, async () => {
      await parts.queue.nightly(
        parts.finals.map(({ index }) => index),
        (index) => askNightly(parts, index),
      );
      await planOnce(parts);
    }),
    guarded(TAKE_EVERY_MS, take),
    guarded(RECOVER_EVERY_MS, () => recoverRuns(parts)),
    guarded(PLAN_EVERY_MS, async () => {
      if (Date.now() - datesAtMs < (datesDue ? DATES_SOON_MS : DATES_EVERY_MS)) return;
      datesAtMs = Date.now();
      datesDue = false;
      await makeUpForDates(parts);
    }),
  ];
  return { run: (signal) => runAll(loops, signal), status: () => status };
}

/** When one part fails for a reason that does not pass, the others stop and its error is thrown. */
async function runAll(loops: readonly ((signal: AbortSignal) => Promise<void>)[], signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const relay = () => stop.abort();
  if (signal.aborted) relay();
  signal.addEventListener("abort", relay);
  const ends = await Promise.allSettled(
    loops.map((loop) =>
      loop(stop.signal).catch((error: unknown) => {
        relay();
        throw error;
      }),
    ),
  );
  signal.removeEventListener("abort", relay);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** The nightly moment of an index: its newest ended date, and where the setting says so what has changed since its close. */
export async function askNightly(parts: RunParts, index: string): Promise<void> {
  const date = lastEndedDate(parts.nowMs(), parts.zones);
  await ask(parts, index, date, "nightly");
  if (!parts.rerunChanged) return;
  const definition = parts.finals.find((final) => final.index === index);
  if (definition === undefined) return;
  const window = { from: addDays(date, -parts.catchUpDays), to: date };
  const { dates } = await lookAtDates(
    parts.lake,
    { definition, finals: parts.finals },
    await parts.settingsOf(index, date),
    window,
  );
  for (const { businessDate, changed } of dates) if (changed !== null) await ask(parts, index, businessDate, "changed");
}

async function ask(parts: RunParts, index: string, businessDate: BusinessDate, trigger: RunTrigger): Promise<void> {
  const { log, database } = parts;
  const id = await askRun(database.db, { index, businessDate, mode: "commit", trigger, askedBy: SYSTEM });
  if (id !== null) log.info({ runId: id, index, businessDate, trigger }, "run queued");
}

/** Looks at every index's dates, keeps what was found for the console, and queues dates that have input and were never run. */
export async function makeUpForDates(parts: RunParts): Promise<void> {
  const { lake, database, finals } = parts;
  const to = lastEndedDate(parts.nowMs(), parts.zones);
  const from = addDays(to, 1 - Math.max(parts.catchUpDays, LOOK_BACK_DAYS));
  const madeUpFrom = addDays(to, 1 - parts.catchUpDays);
  const tried = await readTriedDates(database.db, from);
  const known = new Set(tried.map(({ index, businessDate }) => `${index}/${businessDate}`));
  for (const final of finals) {
    const { dates, closed } = await lookAtDates(
      lake,
      { definition: final, finals },
      await parts.settingsOf(final.index, to),
      { from, to },
    );
    await writeDates(database, final.index, dates);
    const missing = ({ businessDate: date, inputRows }: FinalDate) =>
      date >= madeUpFrom && date <= to && inputRows > 0 && !closed.has(date) && !known.has(`${final.index}/${date}`);
    for (const { businessDate } of dates.filter(missing)) await ask(parts, final.index, businessDate, "catch_up");
  }
  await forgetRuns(database.db);
}

const unreachable = (cause: unknown) =>
  new ConcordanceError({
    kind: "unavailable",
    code: "postgres_unreachable",
    message: "Postgres does not answer.",
    remedy: "Check DATABASE_URL and that the server runs; work goes on by itself once it answers.",
    cause,
  });
