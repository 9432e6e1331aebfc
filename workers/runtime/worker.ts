import { loadSettings, type Settings } from "../../server/config/settings";
import { connectDb, type Database } from "../../server/db/connect";
import type { HeartbeatDetail, ProcessState } from "../../server/db/heartbeats";
import { ConcordanceError } from "../../server/domain/errors";
import { createLogger, type Logger } from "../../server/observability/log";
import { pause } from "../../server/pipeline/pause";
import { startHeartbeat } from "../../server/process/heartbeat";
import { type OpenedLake, openProcessLake } from "../../server/process/open-lake";
import type { WorkerFault } from "./fault";

/** After the signal to stop, work that has not ended is cut off: the supervisor promises ten seconds in all. */
const STOP_WITHIN_MS = 8_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 10_000;

export interface Report {
  readonly state: ProcessState;
  readonly detail: HeartbeatDetail;
}

export interface Worker {
  readonly settings: Settings;
  readonly log: Logger;
  /** Aborted by SIGINT, SIGTERM and the death of the supervisor. */
  readonly signal: AbortSignal;
  /** Null where no DATABASE_URL is given: then nobody sees this process's heartbeat. */
  readonly database: Database | null;
  /** What the heartbeat says from now on. */
  reports(report: () => Report): void;
  /** Opens the lake, with its part of the machine where that is not all the settings allow; a store that does not answer is waited for. */
  openLake(share?: Partial<Pick<Settings, "duckDbThreads" | "duckDbMemoryMb">>): Promise<OpenedLake>;
}

/** Runs a worker process to its end: signals, heartbeat, exit code (0 stopped, 1 crashed, 2 not configured). */
export async function runWorker(name: string, work: (worker: Worker) => Promise<void>): Promise<never> {
  const stop = new AbortController();
  const stopSoon = () => {
    stop.abort();
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  };
  process.once("SIGINT", stopSoon);
  process.once("SIGTERM", stopSoon);
  process.once("disconnect", stopSoon);
  let log: Logger | null = null;
  try {
    const settings = loadSettings();
    log = createLogger(name, settings.logLevel);
    await supervised(name, settings, log, stop.signal, work);
    process.exit(0);
  } catch (error) {
    const fault = faultOf(error);
    log?.error({ err: error }, `${name} failed`);
    if (log === null) process.stderr.write(`${fault.code}: ${fault.message}\n${fault.remedy ?? ""}\n`);
    await tellSupervisor(fault);
    process.exit(error instanceof ConcordanceError && error.kind === "config" ? 2 : 1);
  }
}

async function supervised(
  name: string,
  settings: Settings,
  log: Logger,
  signal: AbortSignal,
  work: (worker: Worker) => Promise<void>,
): Promise<void> {
  let report: () => Report = () => ({ state: "starting", detail: {} });
  const database = settings.databaseUrl === null ? null : connectDb(settings.databaseUrl, log);
  const { instance, restarts } = settings;
  const heartbeat =
    database === null
      ? null
      : startHeartbeat({ process: name, instance, restarts, database, log, report: () => report() });
  let failed = true;
  try {
    await work({
      settings,
      log,
      signal,
      database,
      reports: (next) => {
        report = next;
        void heartbeat?.now();
      },
      openLake: (share = {}) =>
        untilAvailable(
          () => openProcessLake({ ...settings, ...share }, settings.lake),
          signal,
          (error) => {
            report = () => ({ state: "waiting", detail: faultOf(error) });
            log.warn({ err: error }, "the lake is unavailable; trying again");
          },
        ),
    });
    failed = false;
  } finally {
    await heartbeat?.stop(failed ? "failed" : "stopped");
    await database?.close();
  }
}

/** Tries until it works or the signal is aborted; what is not "unavailable" is thrown. */
async function untilAvailable<T>(
  attempt: () => Promise<T>,
  signal: AbortSignal,
  waiting: (error: ConcordanceError) => void,
): Promise<T> {
  for (let delayMs = RETRY_FIRST_MS; ; delayMs = Math.min(delayMs * 2, RETRY_MAX_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || !(error instanceof ConcordanceError) || error.kind !== "unavailable") throw error;
      waiting(error);
      await pause(delayMs, signal);
    }
  }
}

/** Runs parts side by side; when one fails the others are told to stop, waited for, and its error is thrown. */
export async function runTogether(
  signal: AbortSignal,
  parts: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const stop = new AbortController();
  const relay = () => stop.abort();
  if (signal.aborted) stop.abort();
  signal.addEventListener("abort", relay);
  const results = await Promise.allSettled(
    parts.map(async (part) => {
      try {
        await part(stop.signal);
      } catch (error) {
        stop.abort();
        throw error;
      }
    }),
  );
  signal.removeEventListener("abort", relay);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

const faultOf = (error: unknown): WorkerFault =>
  error instanceof ConcordanceError
    ? { code: error.code, message: error.message, remedy: error.remedy }
    : { code: "crashed", message: error instanceof Error ? error.message : String(error), remedy: null };

function tellSupervisor(fault: WorkerFault): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) return resolve();
    process.send({ fault }, () => resolve());
  });
}
