import type { z } from "zod";
import type { AuthorizedScope } from "../../auth/scope";
import { peopleWithRoles } from "../../db/people";
import { addComment, assignBreaks, snoozeBreaks } from "../../db/reconciliation";
import { ConcordanceError } from "../../domain/errors";
import { INDEX_WRITERS } from "../names";
import type { AssignBreaksCommand, CommentCommand, SnoozeBreaksCommand } from "./contract-decisions";
import type { ReconciliationSources } from "./queries-breaks";

const SNOOZE_DAYS_MAX = 90;

/** People a break can be given to. */
export const readWorkers = async ({ database }: ReconciliationSources) => ({
  people: await peopleWithRoles(database.db, INDEX_WRITERS.reconciliation),
});

/** Gives breaks to a person, or to nobody. Throws `not_a_worker`. */
export async function assign(
  sources: ReconciliationSources,
  { person }: AuthorizedScope,
  { breakIds, assignee }: z.infer<typeof AssignBreaksCommand>,
): Promise<{ changed: number }> {
  const assigneeId = assignee === "me" ? person.id : assignee;
  const { people } = await readWorkers(sources);
  if (assigneeId !== null && !people.some(({ id }) => id === assigneeId)) {
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "not_a_worker",
      message: "Breaks can be given to finance and administrators only.",
      remedy: "Choose another person.",
    });
  }
  const ids = [...new Set(breakIds)];
  await assignBreaks(sources.database.db, person, ids, assigneeId);
  return { changed: ids.length };
}

/** Lets breaks rest: they leave the open list until then, and stay in every close. */
export async function snooze(
  { database }: ReconciliationSources,
  { person }: AuthorizedScope,
  { breakIds, until, reason }: z.infer<typeof SnoozeBreaksCommand>,
): Promise<{ changed: number }> {
  const untilMs = until === null ? null : Date.parse(until);
  if (untilMs !== null && (untilMs <= Date.now() || untilMs > Date.now() + SNOOZE_DAYS_MAX * 86_400_000)) {
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "bad_snooze",
      message: `A snooze ends between now and ${SNOOZE_DAYS_MAX} days ahead.`,
      remedy: "Choose another instant.",
    });
  }
  const ids = [...new Set(breakIds)];
  await snoozeBreaks(database.db, person, { breakIds: ids, untilMs, reason });
  return { changed: ids.length };
}

export const comment = (
  { database }: ReconciliationSources,
  { person }: AuthorizedScope,
  { breakId, text }: z.infer<typeof CommentCommand>,
) => addComment(database.db, person, breakId, text);
