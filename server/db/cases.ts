import { asc, eq, gt, inArray, sql } from "drizzle-orm";
import { ConcordanceError } from "../domain/errors";
import { newId } from "../domain/ids";
import { formatInstant } from "../domain/time";
import { type Actor, type AuditEntry, writeAudit } from "./audit";
import type { Queries } from "./connect";
import { caseNotes, cases, snoozes, user } from "./schema";

export type CaseState = "new" | "assigned" | "confirmed" | "false_positive" | "inconclusive";

export interface Case {
  readonly alertId: string;
  readonly status: CaseState;
  readonly assigneeId: string | null;
  readonly version: number;
  readonly updatedAtMs: number;
}

/** Longer than any transaction may take: a change committed late is still seen by the next look. */
const OVERLAP_MS = 30_000;
/** Changes read in one look. */
export const CHANGES_MAX = 200_000;

const caseOf = (row: typeof cases.$inferSelect): Case => ({
  alertId: row.alertId,
  status: row.status as CaseState,
  assigneeId: row.assigneeId,
  version: row.version,
  updatedAtMs: row.updatedAt.getTime(),
});

/** Cases changed since a look that saw `sinceMs` as its newest change, oldest first; some come twice. Null reads all. */
export async function changedCases(db: Queries, sinceMs: number | null): Promise<Case[]> {
  const rows = await db
    .select()
    .from(cases)
    .where(sinceMs === null ? undefined : gt(cases.updatedAt, new Date(sinceMs - OVERLAP_MS)))
    .orderBy(asc(cases.updatedAt))
    .limit(CHANGES_MAX);
  return rows.map(caseOf);
}

export interface CaseChange {
  readonly alertIds: readonly string[];
  /** For a single case: the version the person saw. */
  readonly expectedVersion: number | null;
  /** Cases changed at or after it (epoch milliseconds) are left alone: an act over a selection made then. */
  readonly unlessChangedSinceMs?: number;
  readonly note: string | null;
  readonly action: string;
  /** The new state; null leaves the case as it is. */
  readonly next: (before: Case | null) => { status: CaseState; assigneeId: string | null } | null;
}

export interface ChangedCases {
  readonly changed: readonly Case[];
  readonly unchanged: number;
  readonly leftAlone: number;
}

/** Any number that no other user of the same database takes. */
const LOCK = 7_241_903_117;

/** Changes cases in one transaction with their notes and audit rows. Throws `case_changed` where somebody else was faster. */
export async function changeCases(db: Queries, actor: Actor, change: CaseChange): Promise<ChangedCases> {
  const ids = [...new Set(change.alertIds)].sort();
  return db.transaction(async (tx) => {
    // A case nobody touched has no row to lock: without this the first two verdicts would both believe to be the first.
    await tx.execute(sql`SELECT pg_advisory_xact_lock(${LOCK})`);
    // Locked in the order of their ids, so that two bulk changes cannot wait for each other.
    const locked = await tx
      .select()
      .from(cases)
      .where(inArray(cases.alertId, ids))
      .orderBy(cases.alertId)
      .for("update");
    const before = new Map(locked.map((row) => [row.alertId, caseOf(row)]));
    expectVersion(ids, before, change.expectedVersion);
    const rows: (typeof cases.$inferInsert)[] = [];
    const audit: AuditEntry[] = [];
    const now = new Date();
    const since = change.unlessChangedSinceMs ?? Number.POSITIVE_INFINITY;
    const touched = ids.filter((alertId) => (before.get(alertId)?.updatedAtMs ?? 0) < since);
    for (const alertId of touched) {
      const old = before.get(alertId) ?? null;
      const next = change.next(old);
      if (next === null) continue;
      const decided = next.status !== "new" && next.status !== "assigned";
      rows.push({
        alertId,
        ...next,
        version: (old?.version ?? 0) + 1,
        decidedBy: decided ? actor.id : null,
        decidedAt: decided ? now : null,
        updatedAt: now,
      });
      audit.push({
        action: change.action,
        targetType: "alert",
        target: alertId,
        detail: {
          from: { status: old?.status ?? "new", assigneeId: old?.assigneeId ?? null },
          to: next,
          ...(change.note === null ? {} : { note: change.note }),
        },
      });
    }
    for (const part of partsOf(rows)) {
      await tx
        .insert(cases)
        .values(part)
        .onConflictDoUpdate({
          target: cases.alertId,
          set: {
            status: sql`excluded.status`,
            assigneeId: sql`excluded.assignee_id`,
            version: sql`excluded.version`,
            decidedBy: sql`excluded.decided_by`,
            decidedAt: sql`excluded.decided_at`,
            updatedAt: sql`excluded.updated_at`,
          },
        });
    }
    const { note } = change;
    for (const part of note === null ? [] : partsOf(touched)) {
      await tx
        .insert(caseNotes)
        .values(part.map((alertId) => ({ id: newId(), alertId, authorId: actor.id, text: note ?? "", at: now })));
    }
    await writeAudit(tx, actor, audit);
    const changed = rows.map(({ alertId, status, assigneeId, version }) => ({
      alertId,
      status: status as CaseState,
      assigneeId: assigneeId ?? null,
      version: version ?? 1,
      updatedAtMs: now.getTime(),
    }));
    return { changed, unchanged: touched.length - changed.length, leftAlone: ids.length - touched.length };
  });
}

/** Postgres takes 65,535 values in one statement. */
const ROWS_PER_STATEMENT = 2_000;

function* partsOf<T>(rows: readonly T[]): Generator<T[]> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) yield rows.slice(from, from + ROWS_PER_STATEMENT);
}

function expectVersion(ids: readonly string[], before: ReadonlyMap<string, Case>, expected: number | null): void {
  const [id] = ids;
  if (expected === null || id === undefined || ids.length > 1) return;
  const now = before.get(id)?.version ?? 0;
  if (now === expected) return;
  throw new ConcordanceError({
    kind: "conflict",
    code: "case_changed",
    message: "Somebody else has changed this case in the meantime.",
    remedy: "Look at it again, then decide.",
    at: { alertId: id, expected, now },
  });
}

export interface Note {
  readonly id: string;
  readonly alertId: string;
  readonly at: string;
  readonly authorId: string;
  readonly authorName: string;
  readonly text: string;
}

const NOTES_MAX = 500;

/** Notes of an alert, oldest first. */
export async function readNotes(db: Queries, alertId: string): Promise<Note[]> {
  const rows = await db
    .select({ note: caseNotes, authorName: user.name })
    .from(caseNotes)
    .innerJoin(user, eq(user.id, caseNotes.authorId))
    .where(eq(caseNotes.alertId, alertId))
    .orderBy(asc(caseNotes.at))
    .limit(NOTES_MAX);
  return rows.map(({ note, authorName }) => ({ ...note, at: instantOf(note.at), authorName }));
}

export async function addNote(db: Queries, actor: Actor, alertId: string, text: string): Promise<Note> {
  const note = { id: newId(), alertId, authorId: actor.id, text, at: new Date() };
  await db.transaction(async (tx) => {
    await tx.insert(caseNotes).values(note);
    await writeAudit(tx, actor, [
      { action: "case.note", targetType: "alert", target: alertId, detail: { noteId: note.id } },
    ]);
  });
  return { ...note, at: instantOf(note.at), authorName: actor.name };
}

export interface Snooze {
  readonly rule: string;
  readonly entityId: string;
  readonly until: string;
  readonly reason: string;
  readonly by: string;
}

const SNOOZES_MAX = 10_000;

/** Snoozes that hold now. */
export async function activeSnoozes(db: Queries): Promise<Snooze[]> {
  const rows = await db
    .select({ snooze: snoozes, by: user.name })
    .from(snoozes)
    .innerJoin(user, eq(user.id, snoozes.byId))
    .where(gt(snoozes.until, sql`now()`))
    .limit(SNOOZES_MAX);
  return rows.map(({ snooze, by }) => ({
    rule: snooze.rule,
    entityId: snooze.entityId,
    until: instantOf(snooze.until),
    reason: snooze.reason,
    by,
  }));
}

/** Snoozes a rule for an entity until an instant (milliseconds since the epoch); null ends the snooze. */
export async function setSnooze(
  db: Queries,
  actor: Actor,
  snooze: { rule: string; entityId: string; untilMs: number | null; reason: string },
): Promise<void> {
  const { rule, entityId, untilMs, reason } = snooze;
  await db.transaction(async (tx) => {
    const until = untilMs === null ? new Date() : new Date(untilMs);
    const values = { rule, entityId, until, reason, byId: actor.id, at: new Date() };
    await tx
      .insert(snoozes)
      .values(values)
      .onConflictDoUpdate({ target: [snoozes.rule, snoozes.entityId], set: values });
    await writeAudit(tx, actor, [
      {
        action: untilMs === null ? "rule.unsnooze" : "rule.snooze",
        targetType: "snooze",
        target: `${rule}/${entityId}`,
        detail: { until: instantOf(until), reason },
      },
    ]);
  });
}

const instantOf = (date: Date): string => formatInstant(BigInt(date.getTime()) * 1000n);
