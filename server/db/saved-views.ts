import { and, asc, count, eq, inArray, or } from "drizzle-orm";
import { ConcordanceError } from "../domain/errors";
import { newId } from "../domain/ids";
import type { Role } from "../indexes/names";
import { type Actor, writeAudit } from "./audit";
import type { Executor, Queries } from "./connect";
import { savedViewDefaults, savedViews, user } from "./schema";

/** Views one person may keep of one table. */
const VIEWS_MAX = 100;
const LISTED_MAX = 500;
const UNIQUE_VIOLATION = "23505";

type Stored = typeof savedViews.$inferSelect;
export interface StoredView extends Stored {
  readonly owner: string;
}

/** Views of a table this person made or shares by one of the roles, by name; and the id of the one the table opens with. */
export async function viewsOf(
  db: Queries,
  { personId, roles, table }: { personId: string; roles: readonly Role[]; table: string },
): Promise<{ views: StoredView[]; defaultId: string | null }> {
  const seen = or(
    eq(savedViews.userId, personId),
    roles.length === 0 ? undefined : inArray(savedViews.sharedWith, [...roles]),
  );
  const [rows, [chosen]] = await Promise.all([
    db
      .select({ view: savedViews, owner: user.name })
      .from(savedViews)
      .innerJoin(user, eq(user.id, savedViews.userId))
      .where(and(eq(savedViews.page, table), seen))
      .orderBy(asc(savedViews.name), asc(savedViews.id))
      .limit(LISTED_MAX),
    db
      .select({ viewId: savedViewDefaults.viewId })
      .from(savedViewDefaults)
      .where(and(eq(savedViewDefaults.userId, personId), eq(savedViewDefaults.page, table))),
  ]);
  return { views: rows.map(({ view, owner }) => ({ ...view, owner })), defaultId: chosen?.viewId ?? null };
}

/** Null where there is none. */
export async function viewById(db: Executor, id: string): Promise<Stored | null> {
  const [row] = await db.select().from(savedViews).where(eq(savedViews.id, id));
  return row ?? null;
}

export type NewView = Pick<Stored, "page" | "name" | "query" | "columns" | "sharedWith">;

/** Throws `view_name_taken` where the person has one of that name, `too_many_views` past a hundred of a table. */
export async function insertView(db: Queries, actor: Actor, view: NewView): Promise<string> {
  const id = newId();
  await namedOnce(view.name, () =>
    db.transaction(async (tx) => {
      const [kept] = await tx
        .select({ views: count() })
        .from(savedViews)
        .where(and(eq(savedViews.userId, actor.id), eq(savedViews.page, view.page)));
      if ((kept?.views ?? 0) >= VIEWS_MAX) throw tooMany();
      await tx.insert(savedViews).values({ ...view, id, userId: actor.id });
      await writeAudit(tx, actor, [{ ...targetOf(id), action: "view.save", detail: { ...view } }]);
    }),
  );
  return id;
}

/** Changes what is given, with what it was before in the audit. A view no longer shared is nobody else's default. */
export async function updateView(
  db: Queries,
  actor: Actor,
  before: Stored,
  change: Partial<Omit<NewView, "page">>,
): Promise<void> {
  const after = { ...before, ...change };
  await namedOnce(after.name, () =>
    db.transaction(async (tx) => {
      await tx
        .update(savedViews)
        .set({ ...change, at: new Date() })
        .where(eq(savedViews.id, before.id));
      if (after.sharedWith !== before.sharedWith) await dropForeignDefaults(tx, before);
      const from = Object.fromEntries(Object.keys(change).map((key) => [key, before[key as keyof typeof change]]));
      await writeAudit(tx, actor, [{ ...targetOf(before.id), action: "view.change", detail: { from, to: change } }]);
    }),
  );
}

/** Whoever opened the table with it opens it as it was made again. */
export async function deleteView(db: Queries, actor: Actor, view: Stored): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.delete(savedViews).where(eq(savedViews.id, view.id));
    const { page, name, query, sharedWith } = view;
    const detail = { page, name, query, sharedWith };
    await writeAudit(tx, actor, [{ ...targetOf(view.id), action: "view.remove", detail }]);
  });
}

/** The view this person's table opens with; null: as it was made. */
export async function setDefaultView(db: Queries, actor: Actor, table: string, viewId: string | null): Promise<void> {
  await db.transaction(async (tx) => {
    const { userId, page } = savedViewDefaults;
    await tx.delete(savedViewDefaults).where(and(eq(userId, actor.id), eq(page, table)));
    if (viewId !== null) await tx.insert(savedViewDefaults).values({ userId: actor.id, page: table, viewId });
    await writeAudit(tx, actor, [
      { action: "view.default", targetType: "table", target: table, detail: { view: viewId } },
    ]);
  });
}

async function dropForeignDefaults(tx: Executor, { id, userId }: Stored): Promise<void> {
  const kept = await tx
    .select({ userId: savedViewDefaults.userId })
    .from(savedViewDefaults)
    .where(eq(savedViewDefaults.viewId, id));
  const foreign = kept.flatMap((row) => (row.userId === userId ? [] : [row.userId]));
  if (foreign.length === 0) return;
  await tx
    .delete(savedViewDefaults)
    .where(and(eq(savedViewDefaults.viewId, id), inArray(savedViewDefaults.userId, foreign)));
}

const targetOf = (id: string) => ({ targetType: "view", target: id });

async function namedOnce<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new ConcordanceError({
      kind: "conflict",
      code: "view_name_taken",
      message: `You have a view called “${name}” of this table already.`,
      remedy: "Choose another name, or change that view.",
    });
  }
}

function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ("code" in error && error.code === UNIQUE_VIOLATION) || isUniqueViolation(error.cause);
}

const tooMany = () =>
  new ConcordanceError({
    kind: "conflict",
    code: "too_many_views",
    message: `You keep ${VIEWS_MAX} views of this table already.`,
    remedy: "Remove one you no longer use.",
  });
