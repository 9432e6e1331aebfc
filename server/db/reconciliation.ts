import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, ne, or, sql } from "drizzle-orm";
import { ConcordanceError } from "../domain/errors";
import { newId } from "../domain/ids";
import { formatInstant } from "../domain/time";
import { type Actor, type AuditEntry, writeAudit } from "./audit";
import type { Executor, Queries } from "./connect";
import { user } from "./schema";
import {
  reconciliationComments as comments,
  reconciliationRequestItems as requestItems,
  reconciliationRequests as requests,
  reconciliationWork as work,
} from "./schema-reconciliation";

/** Assigned or resting breaks looked at in one list. */
const WORK_MAX = 20_000;
const OPEN_ITEMS_MAX = 50_000;
const REQUESTS_SHOWN = 200;
const COMMENTS_MAX = 500;

export interface RequestItem {
  readonly itemKey: string;
  readonly side: string;
  readonly reference: string | null;
  readonly currency: string | null;
  readonly exponent: number | null;
  /** Minor units as text. */
  readonly amountMinor: string | null;
}

export interface RequestValue {
  readonly currency: string;
  readonly exponent: number;
  readonly amountMinor: string;
}

export interface NewRequest {
  readonly id: string;
  readonly kind: string;
  readonly businessDate: string;
  readonly breakId: string;
  readonly items: readonly RequestItem[];
  readonly residualMinor: bigint | null;
  readonly supersedes: string | null;
  readonly value: readonly RequestValue[];
  readonly needsApproval: boolean;
  readonly seenSequence: bigint;
  readonly reason: string;
}

export type Request = Omit<NewRequest, "residualMinor"> & {
  readonly residualMinor: bigint | null;
  readonly state: string;
  readonly requestedBy: string;
  readonly requestedAtMs: number;
  readonly decidedBy: string | null;
  readonly decidedAtMs: number | null;
  readonly answer: string | null;
};

const requestOf = (row: typeof requests.$inferSelect): Request => ({
  id: row.id,
  kind: row.kind,
  state: row.state,
  businessDate: row.businessDate,
  breakId: row.breakId,
  items: row.items as RequestItem[],
  residualMinor: row.residualMinor === null ? null : BigInt(row.residualMinor),
  supersedes: row.supersedes,
  value: row.value as RequestValue[],
  needsApproval: row.needsApproval,
  seenSequence: row.seenSequence,
  reason: row.reason,
  requestedBy: row.requestedBy,
  requestedAtMs: row.requestedAt.getTime(),
  decidedBy: row.decidedBy,
  decidedAtMs: row.decidedAt?.getTime() ?? null,
  answer: row.answer,
});

const auditOf = (
  action: string,
  request: Pick<NewRequest, "id" | "kind" | "breakId" | "value" | "items">,
  reason: string,
) =>
  ({
    action: `reconciliation.${action}`,
    targetType: "break",
    target: request.breakId,
    detail: {
      decisionId: request.id,
      kind: request.kind,
      items: request.items.map(({ itemKey }) => itemKey),
      value: request.value,
      reason,
    },
  }) satisfies AuditEntry;

/** Asks for decisions: all of them with their audit rows, or none. Throws `item_waiting` where an item is in an open one already. */
export async function askFor(db: Queries, actor: Actor, asked: readonly NewRequest[]): Promise<void> {
  await db.transaction(async (tx) => {
    for (const request of asked) {
      const { seenSequence, residualMinor, ...rest } = request;
      await tx.insert(requests).values({
        ...rest,
        items: request.items,
        value: request.value,
        seenSequence,
        residualMinor: residualMinor === null ? null : String(residualMinor),
        state: request.needsApproval ? "pending" : "approved",
        requestedBy: actor.id,
      });
      const keys = request.items.map(({ itemKey }) => ({ itemKey, requestId: request.id }));
      const taken = await tx.insert(requestItems).values(keys).onConflictDoNothing().returning();
      if (taken.length !== keys.length) throw waiting(request.breakId);
    }
    await writeAudit(
      tx,
      actor,
      asked.map((request) => auditOf(request.needsApproval ? "ask" : "decide", request, request.reason)),
    );
  });
}

const waiting = (breakId: string) =>
  new ConcordanceError({
    kind: "conflict",
    code: "item_waiting",
    message: "Somebody has already asked for a decision about this, and it waits for its second person.",
    remedy: "Look at the approvals; once that one is answered, decide anew.",
    at: { breakId },
  });

export type Answer = "approve" | "reject" | "withdraw";
const STATES = { approve: "approved", reject: "rejected", withdraw: "withdrawn" } as const;

/**
 * Answers a request: one statement decides, so of any number of people at once one is heard. Whoever asked may only take
 * it back. Throws `own_request`, `not_own_request`, `request_answered` or `no_such_request`.
 */
export async function answerRequest(
  db: Queries,
  actor: Actor,
  answered: {
    readonly id: string;
    readonly answer: Answer;
    readonly reason: string;
    /** The first close that obeys it, once agreed; null keeps the one it was asked for. */
    readonly businessDate: string | null;
  },
): Promise<Request> {
  const { id, answer, reason, businessDate } = answered;
  const first = businessDate === null ? {} : { businessDate };
  return db.transaction(async (tx) => {
    const person = answer === "withdraw" ? eq(requests.requestedBy, actor.id) : ne(requests.requestedBy, actor.id);
    const [row] = await tx
      .update(requests)
      .set({ state: STATES[answer], decidedBy: actor.id, decidedAt: new Date(), answer: reason, ...first })
      .where(and(eq(requests.id, id), eq(requests.state, "pending"), person))
      .returning();
    if (row === undefined) throw await whyNot(tx, id, actor, answer);
    const request = requestOf(row);
    if (answer !== "approve") await tx.delete(requestItems).where(eq(requestItems.requestId, id));
    await writeAudit(tx, actor, [auditOf(answer, request, reason)]);
    return request;
  });
}

async function whyNot(tx: Executor, id: string, actor: Actor, answer: Answer): Promise<ConcordanceError> {
  const [row] = await tx.select().from(requests).where(eq(requests.id, id)).limit(1);
  if (row === undefined) {
    return new ConcordanceError({
      kind: "not_found",
      code: "no_such_request",
      message: "There is no such decision to answer.",
      remedy: "Read the approvals again.",
    });
  }
  if (row.state !== "pending") {
    return new ConcordanceError({
      kind: "conflict",
      code: "request_answered",
      message: `This decision was already ${row.state}.`,
      remedy: "Read the approvals again.",
      at: { decisionId: id },
    });
  }
  const own = row.requestedBy === actor.id;
  return new ConcordanceError({
    kind: "forbidden",
    code: own ? "own_request" : "not_own_request",
    message: own
      ? `You asked for this decision yourself: a second person has to ${answer} it.`
      : "Only the person who asked can take it back.",
    remedy: own ? "Ask a colleague, or take it back." : "Reject it instead.",
  });
}

export async function readRequest(db: Queries, id: string): Promise<Request | null> {
  const [row] = await db.select().from(requests).where(eq(requests.id, id)).limit(1);
  return row === undefined ? null : requestOf(row);
}

/** Agreed, but not known to be in the lake yet: oldest first. A process that died in between left them. */
export async function unrecorded(db: Queries): Promise<Request[]> {
  const rows = await db
    .select()
    .from(requests)
    .where(and(eq(requests.state, "approved"), isNull(requests.recordedAt)))
    .orderBy(asc(requests.requestedAt))
    .limit(REQUESTS_SHOWN * 5);
  return rows.map(requestOf);
}

/** The lake has them: their items are free for the next decision. */
export async function markRecorded(db: Queries, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.transaction(async (tx) => {
    await tx
      .update(requests)
      .set({ recordedAt: new Date() })
      .where(inArray(requests.id, [...ids]));
    await tx.delete(requestItems).where(inArray(requestItems.requestId, [...ids]));
  });
}

/** What was asked for no longer fits the lake: said in its answer, and in the audit under who asked. */
export async function markFailed(db: Queries, actor: Actor, request: Request, why: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.update(requests).set({ state: "failed", answer: why }).where(eq(requests.id, request.id));
    await tx.delete(requestItems).where(eq(requestItems.requestId, request.id));
    await writeAudit(tx, actor, [auditOf("failed", request, why)]);
  });
}

/** Items of decisions that wait for a person, or for the lake. */
export async function openItems(db: Queries): Promise<{ itemKey: string; requestId: string }[]> {
  return db
    .select({ itemKey: requestItems.itemKey, requestId: requestItems.requestId })
    .from(requestItems)
    .limit(OPEN_ITEMS_MAX);
}

/** Newest first. */
export async function readRequests(
  db: Queries,
  wanted:
    | { readonly pending: boolean }
    | { readonly breakIds: readonly string[]; readonly itemKeys: readonly string[] },
): Promise<Request[]> {
  const { breakIds, itemKeys } = "pending" in wanted ? { breakIds: [], itemKeys: [] } : wanted;
  const about = or(
    inArray(requests.breakId, breakIds.length === 0 ? [""] : [...breakIds]),
    ...itemKeys.map((itemKey) => sql`${requests.items} @> ${JSON.stringify([{ itemKey }])}::jsonb`),
  );
  const state = (pending: boolean) =>
    pending ? eq(requests.state, "pending") : and(eq(requests.needsApproval, true), ne(requests.state, "pending"));
  const rows = await db
    .select()
    .from(requests)
    .where("pending" in wanted ? state(wanted.pending) : about)
    .orderBy(desc(requests.requestedAt))
    .limit(REQUESTS_SHOWN);
  return rows.map(requestOf);
}

export async function countPending(db: Queries): Promise<number> {
  const [row] = await db.select({ pending: sql<string>`count(*)` }).from(requests).where(eq(requests.state, "pending"));
  return Number(row?.pending ?? 0);
}

export interface Work {
  readonly breakId: string;
  readonly assigneeId: string | null;
  readonly snoozedUntilMs: number | null;
}

/** Breaks somebody works on, or that rest until an instant to come. */
export async function workOf(db: Queries): Promise<Work[]> {
  const rows = await db
    .select()
    .from(work)
    .where(or(isNotNull(work.assigneeId), gt(work.snoozedUntil, sql`now()`)))
    .orderBy(desc(work.updatedAt))
    .limit(WORK_MAX);
  return rows.map(({ breakId, assigneeId, snoozedUntil }) => ({
    breakId,
    assigneeId,
    snoozedUntilMs: snoozedUntil?.getTime() ?? null,
  }));
}

/** Gives breaks to a person, or to nobody. */
export async function assignBreaks(
  db: Queries,
  actor: Actor,
  breakIds: readonly string[],
  assigneeId: string | null,
): Promise<void> {
  const values = breakIds.map((breakId) => ({ breakId, assigneeId, updatedAt: new Date() }));
  await changeWork(db, actor, { values, set: { assigneeId }, action: "reconciliation.assign", detail: { assigneeId } });
}

/** Lets breaks rest until an instant; null ends it. */
export async function snoozeBreaks(
  db: Queries,
  actor: Actor,
  snooze: { readonly breakIds: readonly string[]; readonly untilMs: number | null; readonly reason: string },
): Promise<void> {
  const set = {
    snoozedUntil: snooze.untilMs === null ? null : new Date(snooze.untilMs),
    snoozeReason: snooze.reason,
  };
  const values = snooze.breakIds.map((breakId) => ({ breakId, ...set, updatedAt: new Date() }));
  const detail = { until: set.snoozedUntil?.toISOString() ?? null, reason: snooze.reason };
  await changeWork(db, actor, { values, set, action: "reconciliation.snooze", detail });
}

interface WorkChange {
  readonly values: readonly (typeof work.$inferInsert)[];
  readonly set: Partial<typeof work.$inferInsert>;
  readonly action: string;
  readonly detail: AuditEntry["detail"];
}

async function changeWork(db: Queries, actor: Actor, { values, set, action, detail }: WorkChange): Promise<void> {
  // In the order of their ids, so that two bulk changes cannot wait for each other.
  const ordered = [...values].sort((a, b) => (a.breakId < b.breakId ? -1 : 1));
  await db.transaction(async (tx) => {
    await tx
      .insert(work)
      .values(ordered)
      .onConflictDoUpdate({ target: work.breakId, set: { ...set, updatedAt: new Date() } });
    await writeAudit(
      tx,
      actor,
      ordered.map(({ breakId }) => ({ action, targetType: "break", target: breakId, detail })),
    );
  });
}

/** Oldest first. */
export async function readComments(db: Queries, breakId: string) {
  const rows = await db
    .select({ comment: comments, authorName: user.name })
    .from(comments)
    .innerJoin(user, eq(user.id, comments.authorId))
    .where(eq(comments.breakId, breakId))
    .orderBy(asc(comments.at))
    .limit(COMMENTS_MAX);
  return rows.map(({ comment, authorName }) => ({
    id: comment.id,
    authorName,
    text: comment.text,
    at: formatInstant(BigInt(comment.at.getTime()) * 1000n),
  }));
}

export async function addComment(db: Queries, actor: Actor, breakId: string, text: string) {
  const comment = { id: newId(), breakId, authorId: actor.id, text, at: new Date() };
  await db.transaction(async (tx) => {
    await tx.insert(comments).values(comment);
    await writeAudit(tx, actor, [
      { action: "reconciliation.comment", targetType: "break", target: breakId, detail: { commentId: comment.id } },
    ]);
  });
  return { id: comment.id, authorName: actor.name, text, at: formatInstant(BigInt(comment.at.getTime()) * 1000n) };
}
