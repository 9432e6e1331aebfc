import { createHash } from "node:crypto";
import { and, asc, desc, eq, gt, inArray, sql } from "drizzle-orm";
import { formatInstant } from "../domain/time";
import type { Executor, Queries } from "./connect";
import { auditLog } from "./schema";

export interface Actor {
  readonly id: string;
  readonly name: string;
}

export interface AuditEntry {
  /** verb, e.g. case.verdict, blacklist.remove, export.download. */
  readonly action: string;
  readonly targetType: string;
  readonly target: string;
  /** What changed, before and after. Never card or account data. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface AuditRow extends AuditEntry {
  readonly seq: bigint;
  readonly at: string;
  readonly actor: Actor;
}

const LOCK = 7_241_903_116;
const GENESIS = "0".repeat(64);
const ROWS_PER_STATEMENT = 2_000;
const VERIFY_BATCH = 5_000;

/**
 * Appends rows to the audit chain, inside the transaction of the change they tell of: both happen or neither.
 * Each row's hash covers its content and the hash before it, so a removed or altered row breaks every later one.
 */
export async function writeAudit(tx: Executor, actor: Actor, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.execute(sql`SELECT pg_advisory_xact_lock(${LOCK})`);
  const [last] = await tx
    .select({ seq: auditLog.seq, hash: auditLog.hash })
    .from(auditLog)
    .orderBy(desc(auditLog.seq))
    .limit(1);
  let [seq, previousHash] = [last?.seq ?? 0n, last?.hash ?? GENESIS];
  const at = new Date();
  const rows = entries.map((entry) => {
    seq += 1n;
    const row = {
      seq,
      at,
      actorId: actor.id,
      actorName: actor.name,
      action: entry.action,
      targetType: entry.targetType,
      target: entry.target,
      detail: JSON.stringify(entry.detail),
      previousHash,
    };
    const hash = hashOf(row);
    previousHash = hash;
    return { ...row, hash };
  });
  // Postgres takes 65,535 values in one statement.
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    await tx.insert(auditLog).values(rows.slice(from, from + ROWS_PER_STATEMENT));
  }
}

interface Hashed {
  readonly seq: bigint;
  readonly at: Date;
  readonly actorId: string;
  readonly actorName: string;
  readonly action: string;
  readonly targetType: string;
  readonly target: string;
  readonly detail: string;
  readonly previousHash: string;
}

function hashOf(row: Hashed): string {
  const parts = [
    row.previousHash,
    String(row.seq),
    row.at.toISOString(),
    row.actorId,
    row.actorName,
    row.action,
    row.targetType,
    row.target,
    row.detail,
  ];
  const digest = createHash("sha256");
  // Length-prefixed, so that text cannot move from one field to the next.
  for (const part of parts) digest.update(`${Buffer.byteLength(part)}:${part}`);
  return digest.digest("hex");
}

export type AuditVerdict =
  | { readonly ok: true; readonly rows: number; readonly lastHash: string }
  | { readonly ok: false; readonly rows: number; readonly brokenAt: bigint; readonly reason: string };

/** Walks the whole chain and says where it breaks first. */
export async function verifyAudit(db: Queries): Promise<AuditVerdict> {
  let [previousHash, seq, rows] = [GENESIS, 0n, 0];
  for (;;) {
    const batch = await db
      .select()
      .from(auditLog)
      .where(gt(auditLog.seq, seq))
      .orderBy(asc(auditLog.seq))
      .limit(VERIFY_BATCH);
    for (const row of batch) {
      if (row.seq !== seq + 1n) return { ok: false, rows, brokenAt: row.seq, reason: `row ${seq + 1n} is missing` };
      if (row.previousHash !== previousHash || hashOf(row) !== row.hash) {
        return { ok: false, rows, brokenAt: row.seq, reason: "the row is not what was written" };
      }
      [seq, previousHash, rows] = [row.seq, row.hash, rows + 1];
    }
    if (batch.length < VERIFY_BATCH) return { ok: true, rows, lastHash: previousHash };
  }
}

const HISTORY_MAX = 500;

/** What people did to these targets, newest first; at most 500 rows. */
export async function auditOf(db: Queries, targetType: string, targets: readonly string[]): Promise<AuditRow[]> {
  if (targets.length === 0) return [];
  const rows = await db
    .select()
    .from(auditLog)
    .where(and(eq(auditLog.targetType, targetType), inArray(auditLog.target, [...targets])))
    .orderBy(desc(auditLog.seq))
    .limit(HISTORY_MAX);
  return rows.map((row) => ({
    seq: row.seq,
    at: formatInstant(BigInt(row.at.getTime()) * 1000n),
    actor: { id: row.actorId, name: row.actorName },
    action: row.action,
    targetType: row.targetType,
    target: row.target,
    detail: JSON.parse(row.detail),
  }));
}
