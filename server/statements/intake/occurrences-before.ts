import type { DuckDBConnection } from "@duckdb/node-api";
import { invariant } from "../../domain/errors";
import { sqlText } from "../../lake/duckdb";
import type { Lake } from "../../lake/lake";
import { readStatements } from "../reader";
import { chainBefore, type Known, type Related } from "./known";
import { rawKey, readOptions, readPlan } from "./plan";

interface Work {
  readonly lake: Lake;
  readonly connection: DuckDBConnection;
  /** The temporary table with the lines of the file under way. */
  readonly stage: string;
}

/**
 * How often the bookings of a day that two statements share stand in the earlier one, for statements that go on where a
 * known one ended within that day: their equal bookings are further ones. It is counted in the kept bytes of the earlier
 * statements, for other deliveries may have booked their lines. Empty where no booking falls on a shared day.
 */
export async function occurrencesBefore(
  work: Work,
  related: readonly Related[],
  known: readonly Known[],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const seen = new Set<string>();
  for (const { identity, relation, to } of related) {
    const key = `${identity.account}|${identity.currency}`;
    // Only the first of an account in the file goes on from a known one; those after it go on from each other.
    if (seen.has(key)) continue;
    seen.add(key);
    if (relation !== "continues" || to === null || to.to === null) continue;
    const wanted = await sharedDigests(work, identity.account, to.to);
    if (wanted.size === 0) continue;
    for (const statement of chainBefore(known, to, identity.from)) {
      for (const [digest, count] of await countsOf(work.lake, statement, wanted)) {
        counts.set(digest, (counts.get(digest) ?? 0) + count);
      }
    }
  }
  return counts;
}

async function sharedDigests({ connection, stage }: Work, account: string, upTo: string): Promise<Set<string>> {
  const reader = await connection.runAndReadAll(`
    SELECT DISTINCT content_digest FROM ${stage}
    WHERE detail = 0 AND account = ${sqlText(account)} AND booking_date <= DATE '${upTo}'`);
  return new Set(reader.getRows().map(([digest]) => String(digest)));
}

async function countsOf(lake: Lake, statement: Known, wanted: ReadonlySet<string>): Promise<Map<string, number>> {
  const plan = await readPlan(lake.store, statement.intake);
  invariant(plan !== null, `the plan of delivery ${statement.intake} is gone`);
  // Reports of providers fill several statements at a time.
  const byStatement = new Map<number, Map<string, number>>();
  const reading = readStatements(await lake.store.openRead(rawKey(statement.fileHash)), readOptions(plan));
  for await (const item of reading) {
    if (item.kind === "entry" && wanted.has(item.entry.contentDigest)) {
      const counts = byStatement.get(item.entry.statement) ?? new Map<string, number>();
      counts.set(item.entry.contentDigest, (counts.get(item.entry.contentDigest) ?? 0) + 1);
      byStatement.set(item.entry.statement, counts);
    } else if (item.kind === "totals" && item.totals.statementKey === statement.statementKey) {
      return byStatement.get(item.totals.statement) ?? new Map();
    }
  }
  invariant(false, `delivery ${statement.intake} no longer holds statement ${statement.statementKey}`);
}
