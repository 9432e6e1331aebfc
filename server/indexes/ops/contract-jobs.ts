import { z } from "zod";
import { AsOf, DateText, InstantText } from "../../domain/answer";
import { DATES_PER_ACT_MAX, OVERRIDE_CHARS_MIN } from "../../jobs/limits";
import { RUN_MODES, RUN_STATES, RUN_TRIGGERS, RunControls, RunDiff, RunFault, RunLine, Wait } from "../../jobs/model";

export const RunSummary = z.object({
  id: z.string(),
  index: z.string(),
  businessDate: DateText,
  mode: z.enum(RUN_MODES),
  state: z.enum(RUN_STATES),
  trigger: z.enum(RUN_TRIGGERS),
  askedBy: z.string(),
  /** Asked for by the person who reads this. */
  mine: z.boolean(),
  askedAt: InstantText,
  startedAt: InstantText.nullable(),
  endedAt: InstantText.nullable(),
  tries: z.number().int(),
  outcome: z.enum(["committed", "unchanged", "compared"]).nullable(),
  step: z.object({ name: z.string(), number: z.number().int(), count: z.number().int() }).nullable(),
  waits: z.array(Wait),
  fault: RunFault.nullable(),
  rows: z.number().int().nullable(),
  cancelAsked: z.boolean(),
});
export type RunSummary = z.infer<typeof RunSummary>;

/** What the cell of an index and date says; `open`: it has input and was never closed. */
export const CELL_STATES = ["empty", "open", "closed", "changed", "queued", "blocked", "running", "failed"] as const;
export const JobCell = z.object({
  index: z.string(),
  businessDate: DateText,
  state: z.enum(CELL_STATES),
  /** Rows of the date in the inputs; null where nobody has looked yet. */
  inputRows: z.number().int().nullable(),
  /** How often the date was closed, as the lake says; null where it never was. */
  closes: z.number().int().nullable(),
  changed: z.object({ lateRows: z.record(z.string(), z.number()), closedLater: z.string().nullable() }).nullable(),
  latest: RunSummary.nullable(),
  /** The newest dry run that has not been followed by a close. */
  dryRun: RunSummary.nullable(),
});
export type JobCell = z.infer<typeof JobCell>;

export const JobsQuery = z
  .object({
    until: DateText.nullable().default(null),
    days: z.number().int().min(1).max(DATES_PER_ACT_MAX).default(14),
  })
  .prefault({});
export type JobsQuery = z.infer<typeof JobsQuery>;

export const JobIndex = z.object({
  index: z.string(),
  title: z.string(),
  /** As a batch worker has set it; null where the index has no nightly run, or no worker reports. */
  schedule: z.object({ at: z.string(), zone: z.string(), nextAt: InstantText }).nullable(),
});
export type JobIndex = z.infer<typeof JobIndex>;

export const Jobs = z.object({
  indexes: z.array(JobIndex),
  /** Newest first. */
  dates: z.array(DateText),
  cells: z.array(JobCell),
  /** Of all dates, also those not shown: what failed for good and what has changed since its close; the oldest first. */
  attention: z.array(JobCell),
  /** Batch workers that report that they run. */
  workers: z.number().int(),
  /** The newest date that has ended everywhere: what "run" offers. */
  newestDate: DateText,
  asOf: AsOf,
});
export type Jobs = z.infer<typeof Jobs>;

export const RunQuery = z.object({ runId: z.string().min(1).max(100) });
export const RunDetail = z.object({
  run: RunSummary,
  reason: z.string().nullable(),
  override: z.string().nullable(),
  ofRunId: z.string().nullable(),
  engine: z.string(),
  worker: z.string().nullable(),
  ruleVersion: z.string().nullable(),
  inputs: z.array(z.object({ table: z.string(), version: z.number().int(), files: z.number().int() })),
  controls: RunControls.nullable(),
  diff: RunDiff.nullable(),
  log: z.array(RunLine),
  /** A dry run whose very inputs can be committed now. */
  committable: z.boolean(),
});
export type RunDetail = z.infer<typeof RunDetail>;

export const RunsQuery = z.object({
  index: z.string().max(100).nullable().default(null),
  businessDate: DateText.nullable().default(null),
  limit: z.number().int().min(1).max(200).default(50),
});
export type RunsQuery = z.infer<typeof RunsQuery>;
export const Runs = z.object({ runs: z.array(RunSummary) });

/** Work under way for everybody, and one's own that ended lately. */
export const RunningWork = z.object({
  open: z.number().int(),
  runs: z.array(RunSummary),
  endedMine: z.array(RunSummary),
});
export type RunningWork = z.infer<typeof RunningWork>;

export const StartRunsCommand = z.object({
  index: z.string().min(1).max(100),
  from: DateText,
  to: DateText,
  mode: z.enum(RUN_MODES),
  reason: z.string().trim().max(500).default(""),
  /** Given: the runs wait neither for the streams nor for other indexes; why is kept in the audit. */
  override: z.string().trim().min(OVERRIDE_CHARS_MIN).max(500).nullable().default(null),
});
export type StartRunsCommand = z.infer<typeof StartRunsCommand>;
export const RunsStarted = z.object({
  started: z.array(z.object({ id: z.string(), businessDate: DateText })),
  /** Dates that have a run of this kind under way already. */
  open: z.array(DateText),
});
export type RunsStarted = z.infer<typeof RunsStarted>;

export const CommitRunCommand = z.object({
  runId: z.string().min(1).max(100),
  reason: z.string().trim().max(500).default(""),
});
export type CommitRunCommand = z.infer<typeof CommitRunCommand>;
export const CancelRunCommand = z.object({ runId: z.string().min(1).max(100) });
export type CancelRunCommand = z.infer<typeof CancelRunCommand>;
export const RunCancelled = z.object({ outcome: z.enum(["cancelled", "asked"]) });
