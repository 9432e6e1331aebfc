import { setTimeout as sleep } from "node:timers/promises";
import { drizzle } from "drizzle-orm/node-postgres";
import type pg from "pg";
import PgBoss from "pg-boss";
import { z } from "zod";
import type { Database } from "../db/connect";
import { postgresFault } from "../db/errors";
import * as schema from "../db/schema";
import { newId } from "../domain/ids";
import type { Logger } from "../observability/log";
import { assignJob } from "./runs";
import { cronOf, type NightlySchedule, nightlyOf } from "./schedule";

/** Tries of a run in all, and the first pause between two of them; it doubles. */
export const TRIES_MAX = 4;
const RETRY_FIRST_SECONDS = 10;
/** The longest a run may take: the most the queue allows. */
const EXPIRE_HOURS = 23;
const AGAIN_MS = 500;
const RUNS_QUEUE = "final_runs";
const nightlyQueue = (index: string): string => `nightly_${index}`;

const Data = z.object({ runId: z.string() });

/** A job as a worker takes it. */
export interface RunJob {
  readonly jobId: string;
  readonly runId: string;
}

/** The queue of runs: pg-boss on the product's own Postgres, in its schema `pgboss`. */
export interface RunQueue {
  /** Hands a run to the queue, in one transaction with its row. False where it has a job already. */
  send(runId: string, priority: number): Promise<boolean>;
  take(): Promise<RunJob | null>;
  done(jobId: string): Promise<void>;
  /** The try failed; when the next one is due, or null where there is none. */
  failed(jobId: string, code: string): Promise<Date | null>;
  drop(jobId: string): Promise<void>;
  /** Whether a job still waits for a worker or is with one. */
  lives(jobId: string): Promise<boolean>;
  /** Indexes whose nightly moment has come since the last look; `taken` keeps the moment where it throws. */
  nightly(indexes: readonly string[], taken: (index: string) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export interface QueueOptions {
  readonly database: Database;
  readonly log: Logger;
  readonly schedule: NightlySchedule;
  readonly indexes: readonly string[];
  /** First pause between two tries, seconds. */
  readonly retrySeconds?: number;
  /** After it nothing is waited for any more. */
  readonly signal: AbortSignal;
}

/** Opens the queue, makes its tables where they are missing, and sets the nightly schedule of each index. */
export async function openRunQueue(options: QueueOptions): Promise<RunQueue> {
  const { database, log, schedule, indexes } = options;
  const stop = new AbortController();
  options.signal.addEventListener("abort", () => stop.abort());
  const boss = new PgBoss({ db: patientDb(database.pool, stop.signal), schema: "pgboss" });
  boss.on("error", (error) => log.warn({ err: error }, "the queue of runs has a fault"));
  await boss.start();
  await boss.createQueue(RUNS_QUEUE, { name: RUNS_QUEUE, policy: "standard" });
  for (const index of indexes) {
    const name = nightlyQueue(index);
    // Several workers set the same schedule; one moment makes one job.
    await boss.createQueue(name, { name, policy: "short" });
    const at = nightlyOf(schedule, index);
    if (at === null) await boss.unschedule(name);
    else await boss.schedule(name, cronOf(at), {}, { tz: at.zone });
  }
  return queueOn(boss, database, options.retrySeconds ?? RETRY_FIRST_SECONDS, stop);
}

function queueOn(boss: PgBoss, database: Database, retrySeconds: number, stop: AbortController): RunQueue {
  return {
    send: (runId, priority) => sendRun(boss, database.pool, { runId, priority, retrySeconds }),
    take: async () => {
      const [job] = await boss.fetch<unknown>(RUNS_QUEUE, { batchSize: 1 });
      return job === undefined ? null : { jobId: job.id, runId: Data.parse(job.data).runId };
    },
    done: (jobId) => boss.complete(RUNS_QUEUE, jobId),
    failed: async (jobId, code) => {
      await boss.fail(RUNS_QUEUE, jobId, { code });
      const job = await boss.getJobById(RUNS_QUEUE, jobId);
      return job?.state === "retry" ? job.startAfter : null;
    },
    drop: (jobId) => boss.cancel(RUNS_QUEUE, jobId),
    lives: async (jobId) => {
      const job = await boss.getJobById(RUNS_QUEUE, jobId);
      return job !== null && (job.state === "created" || job.state === "retry" || job.state === "active");
    },
    nightly: async (indexes, taken) => {
      for (const index of indexes) {
        for (const { id } of await boss.fetch(nightlyQueue(index), { batchSize: 10 })) {
          await taken(index);
          await boss.complete(nightlyQueue(index), id);
        }
      }
    },
    close: async () => {
      stop.abort();
      // The pool is not its own; what it holds of the queue, it has given back.
      await boss.stop({ graceful: false, wait: false, close: false });
    },
  };
}

/** The run's row says which job carries it, and the job is there: both or neither. */
async function sendRun(
  boss: PgBoss,
  pool: pg.Pool,
  {
    runId,
    priority,
    retrySeconds,
  }: { readonly runId: string; readonly priority: number; readonly retrySeconds: number },
): Promise<boolean> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const jobId = newId();
    const assigned = await assignJob(drizzle(client, { schema }), runId, jobId);
    if (assigned) {
      const db = { executeSql: (text: string, values: unknown[]) => client.query(text, values) };
      const retry = { retryLimit: TRIES_MAX - 1, retryDelay: retrySeconds, retryBackoff: true };
      await boss.send(RUNS_QUEUE, { runId }, { id: jobId, priority, ...retry, expireInHours: EXPIRE_HOURS, db });
    }
    await client.query("COMMIT");
    return assigned;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

/**
 * Statements of the queue wait for a Postgres that is away: the library leaves some of its promises unwatched, and one
 * that is rejected ends the process. A statement whose answer was lost is sent again; a job taken twice is found by `lives`.
 */
function patientDb(pool: pg.Pool, signal: AbortSignal): PgBoss.Db {
  return {
    executeSql: async (text, values) => {
      for (;;) {
        try {
          return await pool.query(text, values);
        } catch (error) {
          if (signal.aborted) return { rows: [] };
          if (postgresFault(error)?.kind !== "unavailable") throw error;
          await sleep(AGAIN_MS);
        }
      }
    },
  };
}
