import { and, asc, desc, eq, getTableColumns, gte, inArray, isNull, lt, sql } from "drizzle-orm";
import { type JobSpec, specId } from "../batch/spec";
import type { Actor } from "../db/audit";
import type { Queries } from "../db/connect";
import { runs } from "../db/schema";
import { newId } from "../domain/ids";
import type { BusinessDate } from "../domain/time";
import {
  DRY_RUN_PRIORITY,
  OPEN_STATES,
  PRIORITIES,
  type RunControls,
  type RunDiff,
  type RunFault,
  type RunMode,
  type RunTrigger,
  type Wait,
} from "./model";
import { type Run, type RunDb, runOf } from "./run";

/** Lines kept of a run's log; the oldest go first. */
const LOG_LINES_MAX = 200;
/** Open runs looked at in one plan: ten years of dates and more. */
const OPEN_MAX = 5_000;
/** Ended runs older than this are forgotten; what they closed is in the lake. */
const KEPT_DAYS = 400;

export interface RunRequest {
  readonly index: string;
  readonly businessDate: BusinessDate;
  readonly mode: RunMode;
  readonly trigger: RunTrigger;
  readonly askedBy: Actor;
  readonly reason?: string | null;
  readonly override?: string | null;
  /** A dry run's pinned inputs, to commit exactly what was looked at. */
  readonly pinned?: { readonly ofRunId: string; readonly spec: JobSpec } | null;
}

/** Puts a run in the queue. Null where one of this index, date and mode is still open. */
export async function askRun(db: RunDb, request: RunRequest): Promise<string | null> {
  const { index, businessDate, mode, trigger, askedBy, pinned } = request;
  const [made] = await db
    .insert(runs)
    .values({
      id: newId(),
      index,
      businessDate,
      mode,
      trigger,
      state: "queued",
      priority: mode === "dry_run" ? DRY_RUN_PRIORITY : PRIORITIES[trigger],
      askedById: askedBy.id,
      askedByName: askedBy.name,
      reason: request.reason ?? null,
      override: request.override ?? null,
      ofRunId: pinned?.ofRunId ?? null,
      spec: pinned?.spec ?? null,
      specId: pinned == null ? null : specId(pinned.spec),
      engine: "embedded",
    })
    .onConflictDoNothing()
    .returning({ id: runs.id });
  return made?.id ?? null;
}

/** A run without what is large: its pinned files, diff, control totals and log. */
export const BRIEF = {
  ...getTableColumns(runs),
  spec: sql<unknown>`null`,
  controls: sql<unknown>`null`,
  diff: sql<string | null>`null`,
  log: sql<unknown>`'[]'::jsonb`,
};

export async function readRun(db: RunDb, id: string): Promise<Run | null> {
  const [row] = await db.select().from(runs).where(eq(runs.id, id));
  return row === undefined ? null : runOf(row);
}

/** Runs that have something to do, brief, in the order they go: by priority, then the oldest date. */
export async function readOpenRuns(db: RunDb): Promise<Run[]> {
  const rows = await db
    .select(BRIEF)
    .from(runs)
    .where(inArray(runs.state, OPEN_STATES))
    .orderBy(desc(runs.priority), asc(runs.businessDate), asc(runs.askedAt))
    .limit(OPEN_MAX);
  return rows.map(runOf);
}

export interface DateTries {
  readonly index: string;
  readonly businessDate: string;
}

/** Every index and date that a committing run was ever asked for, from a date on. */
export async function readTriedDates(db: Queries, from: BusinessDate): Promise<DateTries[]> {
  return db
    .selectDistinct({ index: runs.index, businessDate: runs.businessDate })
    .from(runs)
    .where(and(eq(runs.mode, "commit"), gte(runs.businessDate, from)));
}

/** Takes a run for this job. Null where it is no longer to be run, or by another job. */
export async function claimRun(db: RunDb, id: string, jobId: string, worker: string): Promise<Run | null> {
  const [row] = await db
    .update(runs)
    .set({
      state: "running",
      worker,
      tries: sql`${runs.tries} + 1`,
      startedAt: sql`now()`,
      updatedAt: sql`now()`,
      fault: null,
      waits: null,
    })
    .where(and(eq(runs.id, id), eq(runs.jobId, jobId), eq(runs.state, "queued")))
    .returning();
  return row === undefined ? null : runOf(row);
}

/** What a running run learns on its way. */
export interface RunFacts {
  readonly spec?: JobSpec | null;
  readonly specId?: string | null;
  readonly step?: { readonly name: string; readonly number: number; readonly count: number };
  readonly rows?: number;
  readonly controls?: RunControls;
  readonly diff?: RunDiff;
}

/** Writes what a running run has learned; says whether somebody has asked to cancel it. */
export async function noteRun(db: RunDb, id: string, facts: RunFacts): Promise<{ cancelAsked: boolean }> {
  const { step, diff, ...rest } = facts;
  const [row] = await db
    .update(runs)
    .set({
      ...rest,
      ...(step === undefined ? {} : { step: step.name, stepNumber: step.number, stepCount: step.count }),
      ...(diff === undefined ? {} : { diff: JSON.stringify(diff) }),
      updatedAt: sql`now()`,
    })
    .where(and(eq(runs.id, id), eq(runs.state, "running")))
    .returning({ cancelById: runs.cancelById });
  return { cancelAsked: row !== undefined && row.cancelById !== null };
}

/** Adds a line to a run's log; of more than 200 the oldest goes. */
export async function tellRun(db: RunDb, id: string, text: string): Promise<void> {
  const line = JSON.stringify([{ at: new Date().toISOString(), text }]);
  await db
    .update(runs)
    .set({
      log: sql`(CASE WHEN jsonb_array_length(${runs.log}) >= ${LOG_LINES_MAX} THEN ${runs.log} - 0 ELSE ${runs.log} END) || ${line}::jsonb`,
    })
    .where(eq(runs.id, id));
}

export type RunEnd =
  | { readonly state: "succeeded"; readonly outcome: NonNullable<Run["outcome"]>; readonly rows?: number | null }
  | { readonly state: "failed"; readonly fault: RunFault }
  | { readonly state: "cancelled" };

/** Ends a run that is still open. */
export async function endRun(db: RunDb, id: string, end: RunEnd): Promise<void> {
  const { state } = end;
  await db
    .update(runs)
    .set({
      state,
      jobId: null,
      waits: null,
      endedAt: sql`now()`,
      updatedAt: sql`now()`,
      ...(end.state === "succeeded" ? { outcome: end.outcome, fault: null } : {}),
      ...(end.state === "succeeded" && end.rows != null ? { rows: end.rows } : {}),
      ...(end.state === "failed" ? { fault: end.fault } : {}),
    })
    .where(and(eq(runs.id, id), inArray(runs.state, OPEN_STATES)));
}

export interface BackInQueue {
  /** The job that will carry it again; null lets the plan send a new one. */
  readonly jobId: string | null;
  readonly fault: RunFault | null;
  /** Pins its inputs anew. */
  readonly pinAnew?: boolean;
  /** The try does not count: it was stopped, it did not fail. */
  readonly uncounted?: boolean;
}

/** Gives a running run back to the queue. */
export async function requeueRun(db: RunDb, id: string, back: BackInQueue): Promise<void> {
  await db
    .update(runs)
    .set({
      state: "queued",
      jobId: back.jobId,
      fault: back.fault,
      worker: null,
      step: null,
      stepNumber: null,
      stepCount: null,
      updatedAt: sql`now()`,
      ...(back.pinAnew === true ? { spec: null, specId: null } : {}),
      ...(back.uncounted === true ? { tries: sql`greatest(${runs.tries} - 1, 0)` } : {}),
    })
    .where(and(eq(runs.id, id), eq(runs.state, "running")));
}

/** Says what a run waits for. */
export async function blockRun(db: RunDb, id: string, waits: readonly Wait[]): Promise<void> {
  await db
    .update(runs)
    .set({ state: "blocked", waits, updatedAt: sql`now()` })
    .where(and(eq(runs.id, id), inArray(runs.state, ["queued", "blocked"]), isNull(runs.jobId)));
}

/** Gives a run to a job of the queue; false where it has one, or has ended meanwhile. */
export async function assignJob(db: RunDb, id: string, jobId: string): Promise<boolean> {
  const changed = await db
    .update(runs)
    .set({ state: "queued", waits: null, jobId, updatedAt: sql`now()` })
    .where(and(eq(runs.id, id), inArray(runs.state, ["queued", "blocked"]), isNull(runs.jobId)))
    .returning({ id: runs.id });
  return changed.length > 0;
}

/** Takes its job from a run that nobody runs. */
export async function forgetJob(db: RunDb, id: string, jobId: string): Promise<void> {
  await db
    .update(runs)
    .set({ jobId: null, updatedAt: sql`now()` })
    .where(and(eq(runs.id, id), eq(runs.jobId, jobId), eq(runs.state, "queued")));
}

/**
 * Cancels a run: at once where it has not begun, else its worker is told. "ended" where it had ended already.
 */
export async function cancelRun(db: RunDb, id: string, by: Actor): Promise<"cancelled" | "asked" | "ended"> {
  const [row] = await db.select({ state: runs.state }).from(runs).where(eq(runs.id, id)).for("update");
  if (row === undefined) return "ended";
  if (row.state === "queued" || row.state === "blocked") {
    await db.update(runs).set({ cancelById: by.id }).where(eq(runs.id, id));
    await endRun(db, id, { state: "cancelled" });
    return "cancelled";
  }
  if (row.state !== "running") return "ended";
  await db.update(runs).set({ cancelById: by.id }).where(eq(runs.id, id));
  return "asked";
}

/** Removes ended runs not looked at for more than a year. */
export async function forgetRuns(db: Queries): Promise<void> {
  const before = new Date(Date.now() - KEPT_DAYS * 86_400_000);
  await db.delete(runs).where(and(lt(runs.endedAt, before), inArray(runs.state, ["succeeded", "failed", "cancelled"])));
}
