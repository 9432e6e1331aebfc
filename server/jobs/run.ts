import { z } from "zod";
import { JobSpec } from "../batch/spec";
import type { Executor } from "../db/connect";
import type { runs } from "../db/schema";
import type { BusinessDate } from "../domain/time";
import {
  RUN_MODES,
  RUN_STATES,
  RUN_TRIGGERS,
  RunControls,
  RunDiff,
  RunFault,
  RunLine,
  type RunMode,
  type RunState,
  type RunTrigger,
  Wait,
} from "./model";

export interface Run {
  readonly id: string;
  readonly index: string;
  readonly businessDate: BusinessDate;
  readonly mode: RunMode;
  readonly state: RunState;
  readonly trigger: RunTrigger;
  readonly priority: number;
  readonly askedBy: { readonly id: string; readonly name: string };
  readonly reason: string | null;
  readonly override: string | null;
  readonly ofRunId: string | null;
  readonly spec: JobSpec | null;
  readonly specId: string | null;
  readonly engine: string;
  readonly tries: number;
  readonly jobId: string | null;
  readonly worker: string | null;
  readonly step: { readonly name: string; readonly number: number; readonly count: number } | null;
  readonly waits: readonly Wait[];
  /** committed: the date holds its rows; unchanged: it held them already; compared: a dry run's diff is there. */
  readonly outcome: "committed" | "unchanged" | "compared" | null;
  readonly rows: number | null;
  readonly controls: RunControls | null;
  readonly diff: RunDiff | null;
  readonly fault: RunFault | null;
  readonly log: readonly RunLine[];
  readonly cancelAsked: boolean;
  readonly askedAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
}

const Outcome = z.enum(["committed", "unchanged", "compared"]).nullable();

/** A row of the table as what it means. Throws where a row is not what this release writes. */
export function runOf(row: typeof runs.$inferSelect): Run {
  const { step, stepNumber, stepCount } = row;
  return {
    id: row.id,
    index: row.index,
    businessDate: row.businessDate as BusinessDate,
    mode: z.enum(RUN_MODES).parse(row.mode),
    state: z.enum(RUN_STATES).parse(row.state),
    trigger: z.enum(RUN_TRIGGERS).parse(row.trigger),
    priority: row.priority,
    askedBy: { id: row.askedById, name: row.askedByName },
    reason: row.reason,
    override: row.override,
    ofRunId: row.ofRunId,
    spec: row.spec === null ? null : (JobSpec.parse(row.spec) as JobSpec),
    specId: row.specId,
    engine: row.engine,
    tries: row.tries,
    jobId: row.jobId,
    worker: row.worker,
    step: step === null ? null : { name: step, number: stepNumber ?? 0, count: stepCount ?? 0 },
    waits: row.waits === null ? [] : z.array(Wait).parse(row.waits),
    outcome: Outcome.parse(row.outcome),
    rows: row.rows,
    controls: row.controls === null ? null : RunControls.parse(row.controls),
    diff: row.diff === null ? null : RunDiff.parse(JSON.parse(row.diff)),
    fault: row.fault === null ? null : RunFault.parse(row.fault),
    log: z.array(RunLine).parse(row.log),
    cancelAsked: row.cancelById !== null,
    askedAtMs: row.askedAt.getTime(),
    startedAtMs: row.startedAt?.getTime() ?? null,
    endedAtMs: row.endedAt?.getTime() ?? null,
  };
}

/** What a run's own writes need. */
export type RunDb = Pick<Executor, "select" | "insert" | "update" | "delete" | "execute">;
