import type { Database } from "../db/connect";
import { beat, HEARTBEAT_EVERY_MS, type HeartbeatDetail, type ProcessState } from "../db/heartbeats";
import type { Logger } from "../observability/log";

export interface HeartbeatOptions {
  readonly process: string;
  readonly instance: string;
  readonly restarts: number;
  readonly database: Database;
  readonly report: () => { readonly state: ProcessState; readonly detail: HeartbeatDetail };
  readonly log: Logger;
  readonly everyMs?: number;
}

export interface HeartbeatLoop {
  /** Writes a beat now, beside the timer's. */
  now(): Promise<void>;
  /** Stops the timer and says goodbye with the given state. */
  stop(state: ProcessState): Promise<void>;
}

/** Says every five seconds that the process lives and how. Postgres being away never disturbs the process's own work. */
export function startHeartbeat(options: HeartbeatOptions): HeartbeatLoop {
  const startedAtMs = Date.now();
  let away = false;
  const write = async (state: ProcessState, detail: HeartbeatDetail): Promise<void> => {
    const { process: name, instance, restarts } = options;
    try {
      await beat(options.database.db, {
        process: name,
        instance,
        pid: process.pid,
        startedAtMs,
        state,
        detail: { restarts, memoryBytes: process.memoryUsage.rss(), ...detail },
      });
      if (away) options.log.info({}, "heartbeats are written again");
      away = false;
    } catch (error) {
      if (!away) options.log.warn({ err: error }, "heartbeats cannot be written; the work itself goes on");
      away = true;
    }
  };
  let turn: Promise<void> = Promise.resolve();
  const now = (): Promise<void> => {
    const { state, detail } = options.report();
    turn = turn.then(() => write(state, detail));
    return turn;
  };
  const timer = setInterval(() => void now(), options.everyMs ?? HEARTBEAT_EVERY_MS);
  timer.unref();
  void now();
  return {
    now,
    stop: async (state) => {
      clearInterval(timer);
      await turn;
      await write(state, {});
    },
  };
}
