import type { AuthorizedScope } from "../../auth/scope";
import { writeAudit } from "../../db/audit";
import type { Database } from "../../db/connect";
import { addDays } from "../../domain/calendar/business-days";
import { ConcordanceError } from "../../domain/errors";
import { type BusinessDate, dayNumber } from "../../domain/time";
import { DATES_PER_ACT_MAX } from "../../jobs/limits";
import { askRun, cancelRun, readRun } from "../../jobs/runs";
import { finalOf } from "../finals";
import type { CancelRunCommand, CommitRunCommand, RunsStarted, StartRunsCommand } from "./contract-jobs";

interface Sources {
  readonly database: Database;
}

/** Queues a run for each date of the range that has none under way; with their audit rows, or not at all. */
export async function startRuns(
  { database }: Sources,
  { person }: AuthorizedScope,
  command: StartRunsCommand,
): Promise<RunsStarted> {
  const { index, mode, reason, override } = command;
  finalOf(index);
  const dates = datesOf(command);
  return database.db.transaction(async (tx) => {
    const started: RunsStarted["started"] = [];
    const open: string[] = [];
    for (const businessDate of dates) {
      const why = { reason: reason === "" ? null : reason, override };
      const id = await askRun(tx, { index, businessDate, mode, trigger: "person", askedBy: person, ...why });
      if (id === null) open.push(businessDate);
      else started.push({ id, businessDate });
    }
    await writeAudit(
      tx,
      person,
      started.map(({ id, businessDate }) => ({
        action: mode === "dry_run" ? "run.dry_run" : "run.start",
        targetType: "run",
        target: id,
        detail: { index, businessDate, reason, override },
      })),
    );
    if (started.length === 0) throw runOpen(index, open);
    return { started, open };
  });
}

function datesOf({ from, to }: StartRunsCommand): BusinessDate[] {
  const days = dayNumber(to) - dayNumber(from) + 1;
  if (days < 1 || days > DATES_PER_ACT_MAX) {
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "bad_date_range",
      message: `The range from ${from} to ${to} is empty or longer than ${DATES_PER_ACT_MAX} days.`,
      remedy: "Give the earlier date first.",
    });
  }
  return Array.from({ length: days }, (_, day) => addDays(from as BusinessDate, day));
}

/** Queues the commit of what a dry run has shown, from the very inputs it pinned. */
export async function commitDryRun(
  { database }: Sources,
  { person }: AuthorizedScope,
  { runId, reason }: CommitRunCommand,
): Promise<RunsStarted> {
  return database.db.transaction(async (tx) => {
    const looked = await readRun(tx, runId);
    if (looked === null || looked.mode !== "dry_run" || looked.outcome !== "compared" || looked.spec === null) {
      throw new ConcordanceError({
        kind: "conflict",
        code: "nothing_to_commit",
        message: "This is not a dry run that has come to its end.",
        remedy: "Make a dry run of the date and look at its diff first.",
        at: { runId },
      });
    }
    const { index, businessDate } = looked;
    const request = { index, businessDate, mode: "commit", trigger: "person", askedBy: person } as const;
    const pinned = { ofRunId: runId, spec: looked.spec };
    const id = await askRun(tx, { ...request, reason: reason === "" ? null : reason, pinned });
    if (id === null) throw runOpen(index, [businessDate]);
    const detail = { index, businessDate, reason, dryRun: runId, specId: looked.specId };
    await writeAudit(tx, person, [{ action: "run.commit", targetType: "run", target: id, detail }]);
    return { started: [{ id, businessDate }], open: [] };
  });
}

/** Cancels a run that has not committed: at once where it waits, within a second or so where it runs. */
export async function cancelOpenRun(
  { database }: Sources,
  { person }: AuthorizedScope,
  { runId }: CancelRunCommand,
): Promise<{ outcome: "cancelled" | "asked" }> {
  return database.db.transaction(async (tx) => {
    const outcome = await cancelRun(tx, runId, person);
    if (outcome === "ended") {
      throw new ConcordanceError({
        kind: "conflict",
        code: "run_ended",
        message: "The run has ended already; there is nothing to cancel.",
        remedy: "Look at it again.",
        at: { runId },
      });
    }
    const run = await readRun(tx, runId);
    const detail = { index: run?.index ?? null, businessDate: run?.businessDate ?? null, outcome };
    await writeAudit(tx, person, [{ action: "run.cancel", targetType: "run", target: runId, detail }]);
    return { outcome };
  });
}

const runOpen = (index: string, dates: readonly string[]) =>
  new ConcordanceError({
    kind: "conflict",
    code: "run_open",
    message: `A run of ${index} for ${dates.slice(0, 3).join(", ")}${dates.length > 3 ? " and others" : ""} is under way already.`,
    remedy: "Wait for it, or cancel it first.",
  });
