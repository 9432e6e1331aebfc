import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { and, desc, eq, isNull, sql } from "drizzle-orm";
import { ConcordanceError } from "../domain/errors";
import { type Actor, writeAudit } from "./audit";
import type { Database, Queries } from "./connect";
import { user } from "./schema";
import { apiKeys } from "./schema-api-keys";

const ID_BYTES = 6;
const SECRET_BYTES = 32;
/** "cck" tells secret scanners what it is. */
const KEY = /^cck_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
/** When a key was last used is told to about this. */
const USED_EVERY_MS = 60_000;
const KEYS_MAX = 1_000;

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

/** Makes a key for a person, audited. The key itself is answered once and kept nowhere. Throws `no_such_account`. */
export async function createApiKey(
  database: Database,
  request: { readonly email: string; readonly name: string; readonly expiresAt: Date | null },
  actor: Actor,
): Promise<{ readonly id: string; readonly key: string }> {
  const id = randomBytes(ID_BYTES).toString("hex");
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  await database.db.transaction(async (tx) => {
    const [person] = await tx.select({ id: user.id }).from(user).where(eq(user.email, request.email.toLowerCase()));
    if (person === undefined) {
      throw new ConcordanceError({
        kind: "not_found",
        code: "no_such_account",
        message: `Nobody signs in with ${request.email}.`,
        remedy: "Make the account first: concordance account add.",
      });
    }
    const { name, expiresAt } = request;
    await tx.insert(apiKeys).values({
      ...{ id, userId: person.id, name, expiresAt, createdBy: actor.name },
      secretHash: hashOf(secret),
    });
    const detail = { name, email: request.email.toLowerCase(), expiresAt: expiresAt?.toISOString() ?? null };
    await writeAudit(tx, actor, [{ action: "api_key.create", targetType: "api_key", target: id, detail }]);
  });
  return { id, key: `cck_${id}_${secret}` };
}

/** Ends a key at once, audited. False where it had ended already. Throws `no_such_key`. */
export async function revokeApiKey(database: Database, id: string, actor: Actor): Promise<boolean> {
  return database.db.transaction(async (tx) => {
    const [known] = await tx.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.id, id));
    if (known === undefined) {
      throw new ConcordanceError({
        kind: "not_found",
        code: "no_such_key",
        message: `There is no API key ${id}.`,
        remedy: "concordance account keys lists them by their ids.",
      });
    }
    const ended = await tx
      .update(apiKeys)
      .set({ revokedAt: new Date(), revokedBy: actor.name })
      .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
      .returning({ id: apiKeys.id });
    if (ended.length === 0) return false;
    await writeAudit(tx, actor, [{ action: "api_key.revoke", targetType: "api_key", target: id, detail: {} }]);
    return true;
  });
}

/** Every key, newest first, without secrets; at most 1,000. */
export async function listApiKeys(db: Queries): Promise<ApiKey[]> {
  return db
    .select({
      id: apiKeys.id,
      name: apiKeys.name,
      email: user.email,
      createdBy: apiKeys.createdBy,
      createdAt: apiKeys.createdAt,
      expiresAt: apiKeys.expiresAt,
      lastUsedAt: apiKeys.lastUsedAt,
      revokedAt: apiKeys.revokedAt,
    })
    .from(apiKeys)
    .innerJoin(user, eq(user.id, apiKeys.userId))
    .orderBy(desc(apiKeys.createdAt))
    .limit(KEYS_MAX);
}

export interface KeyHolder {
  readonly keyId: string;
  readonly keyName: string;
  readonly userId: string;
  readonly name: string;
  readonly email: string;
}

/** Whose key this is; null for one that is unknown, wrong, expired or revoked. */
export async function holderOf(db: Queries, key: string): Promise<KeyHolder | null> {
  const [, id, secret] = KEY.exec(key) ?? [];
  if (id === undefined || secret === undefined) return null;
  const [found] = await db
    .select({
      ...{ secretHash: apiKeys.secretHash, revokedAt: apiKeys.revokedAt, expiresAt: apiKeys.expiresAt },
      ...{ keyName: apiKeys.name, userId: user.id, name: user.name, email: user.email, used: apiKeys.lastUsedAt },
    })
    .from(apiKeys)
    .innerJoin(user, eq(user.id, apiKeys.userId))
    .where(eq(apiKeys.id, id));
  if (found === undefined || found.revokedAt !== null) return null;
  if (found.expiresAt !== null && found.expiresAt.getTime() <= Date.now()) return null;
  if (!timingSafeEqual(Buffer.from(found.secretHash, "hex"), Buffer.from(hashOf(secret), "hex"))) return null;
  if (found.used === null || Date.now() - found.used.getTime() > USED_EVERY_MS) {
    await db.update(apiKeys).set({ lastUsedAt: sql`now()` }).where(eq(apiKeys.id, id));
  }
  const { keyName, userId, name, email } = found;
  return { keyId: id, keyName, userId, name, email };
}

/** 256 random bits need no slow hash. */
const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");
