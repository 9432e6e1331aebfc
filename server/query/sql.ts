import { ConcordanceError } from "../domain/errors";
import { parseInstant } from "../domain/time";
import type { Lake } from "../lake/lake";
import { type OutputFormat, writeResult } from "./format";
import { createViews, type PinnedSnapshot, pinSnapshot } from "./snapshot";

export interface SqlRequest {
  readonly sql: string;
  /** An ISO 8601 instant, or null for now. */
  readonly asOf: string | null;
  readonly format: OutputFormat;
}

/** Runs one read-only statement over every table as a view of one pinned snapshot. Throws code `bad_sql` with DuckDB's reason. */
export async function runSql(
  lake: Lake,
  request: SqlRequest,
  write: (text: string) => Promise<void> | void,
): Promise<{ rows: number; pinned: PinnedSnapshot }> {
  const pinned = await pinSnapshot(lake, request.asOf === null ? null : { timestampMs: instantMs(request.asOf) });
  const connection = await lake.db.connect();
  try {
    await createViews(connection, lake, pinned);
    const extracted = await connection.extractStatements(request.sql);
    if (extracted.count !== 1) throw badSql(new Error(`one statement is wanted, ${extracted.count} were given`));
    const prepared = await extracted.prepare(0);
    if (!READING.has(prepared.statementType))
      throw badSql(new Error("only SELECT is allowed: the lake changes by commits alone"));
    return { rows: await writeResult(await prepared.stream(), request.format, write), pinned };
  } catch (error) {
    throw error instanceof ConcordanceError ? error : badSql(error);
  } finally {
    connection.closeSync();
  }
}

/** DuckDB's StatementType: SELECT and EXPLAIN. */
const READING: ReadonlySet<number> = new Set([1, 4]);

function instantMs(text: string): number {
  const parsed = parseInstant(text);
  if (parsed.ok) return Number(parsed.value / 1000n);
  throw new ConcordanceError({
    kind: "invalid_input",
    code: "bad_as_of",
    message: `"${text}" ${parsed.error}.`,
    remedy: "Write an instant such as 2026-11-20T08:00:00Z.",
  });
}

const badSql = (cause: unknown) =>
  new ConcordanceError({
    kind: "invalid_input",
    code: "bad_sql",
    message: cause instanceof Error ? cause.message : String(cause),
    remedy: "Correct the statement; `concordance tables` lists the tables.",
    cause,
  });
