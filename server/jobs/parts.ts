import type { FinalDefinition } from "../batch/definition";
import type { Database } from "../db/connect";
import { postgresFault } from "../db/errors";
import { ConcordanceError } from "../domain/errors";
import type { BusinessDate } from "../domain/time";
import type { Lake } from "../lake/lake";
import type { Logger } from "../observability/log";
import type { RunQueue } from "./queue";
import type { NightlySchedule } from "./schedule";

/** What a batch worker works with. */
export interface RunParts {
  readonly lake: Lake;
  readonly database: Database;
  readonly queue: RunQueue;
  /** Each after those whose finals of the same date it reads. */
  readonly finals: readonly FinalDefinition<unknown>[];
  /** The settings of an index in force on a date. */
  readonly settingsOf: (index: string, date: BusinessDate) => Promise<unknown>;
  readonly schedule: NightlySchedule;
  /** Declared sources: a date is closed once all of them are past its end. */
  readonly sources: readonly string[];
  /** Zones their events are dated in. */
  readonly zones: readonly string[];
  /** Dates without a close are made up for so far back; 0 makes up for none. */
  readonly catchUpDays: number;
  /** Whether the nightly run also re-runs dates that have changed since they were closed. */
  readonly rerunChanged: boolean;
  /** Names this worker. */
  readonly instance: string;
  readonly log: Logger;
  readonly nowMs: () => number;
}

/** The final of that name; null where this release has none. */
export const finalIn = ({ finals }: Pick<RunParts, "finals">, index: string): FinalDefinition<unknown> | null =>
  finals.find((final) => final.index === index) ?? null;

/** Errors that pass by themselves: somebody did not answer. */
export const passes = (error: unknown): boolean =>
  postgresFault(error) !== null || (error instanceof ConcordanceError && error.kind === "unavailable");

/** Who acts where no person does. */
export const SYSTEM = { id: "system", name: "schedule" } as const;
