import { asc, eq, inArray, sql } from "drizzle-orm";
import { ROLES, type Role } from "../indexes/names";
import type { Executor, Queries } from "./connect";
import { cases, personRoles, user } from "./schema";

/** Roles of a person; an unknown word in the table grants nothing. */
export async function rolesOf(db: Queries, userId: string): Promise<Role[]> {
  const rows = await db.select({ role: personRoles.role }).from(personRoles).where(eq(personRoles.userId, userId));
  return ROLES.filter((role) => rows.some((row) => row.role === role));
}

/** Gives roles to a person; returns those they did not have before. */
export async function grantRoles(
  tx: Executor,
  userId: string,
  roles: readonly Role[],
  grantedBy: string,
): Promise<Role[]> {
  if (roles.length === 0) return [];
  const granted = await tx
    .insert(personRoles)
    .values(roles.map((role) => ({ userId, role, grantedBy })))
    .onConflictDoNothing()
    .returning({ role: personRoles.role });
  return roles.filter((role) => granted.some((row) => row.role === role));
}

/** Names of people by id. */
export async function namesOf(db: Queries, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({ id: user.id, name: user.name })
    .from(user)
    .where(inArray(user.id, [...new Set(ids)]));
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** People with one of the roles, with how many cases each holds open. */
export async function peopleWithRoles(
  db: Queries,
  roles: readonly Role[],
): Promise<{ id: string; name: string; openCases: number }[]> {
  const rows = await db
    .selectDistinct({
      id: user.id,
      name: user.name,
      openCases: sql<string>`(SELECT count(*) FROM ${cases} WHERE ${cases.assigneeId} = ${user.id} AND ${cases.status} = 'assigned')`,
    })
    .from(user)
    .innerJoin(personRoles, eq(personRoles.userId, user.id))
    .where(inArray(personRoles.role, [...roles]))
    .orderBy(asc(user.name));
  return rows.map(({ openCases, ...row }) => ({ ...row, openCases: Number(openCases) }));
}
