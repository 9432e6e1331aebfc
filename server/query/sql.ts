import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { ConcordanceError } from "../domain/errors";
import { parseInstant } from "../domain/time";
import { sqlText } from "../lake/duckdb";
import type { Lake } from "../lake/lake";
import { dataKey } from "../lake/log";
import { type OutputFormat, writeResult } from "./format";
import { createViews, type PinnedSnapshot, pinSnapshot } from "./snapshot";

export interface SqlRequest {
  readonly sql: string;
  /** An ISO 8601 instant, or null for now. */
  readonly asOf: string | null;
  readonly format: OutputFormat;
}

/**
 * Runs one read-only statement over every table as a view of one pinned snapshot. The statement runs in a database of its
 * own that reaches the snapshot's data files and nothing else: no other file, no network, no setting.
 * Throws code `bad_sql` with DuckDB's reason.
 */
export async function runSql(
  lake: Lake,
  request: SqlRequest,
  write: (text: string) => Promise<void> | void,
): Promise<{ rows: number; pinned: PinnedSnapshot }> {
  const pinned = await pinSnapshot(lake, request.asOf === null ? null : { timestampMs: instantMs(request.asOf) });
  const { connection, close } = await openLocked(lake, pinned);
  try {
    const extracted = await connection.extractStatements(request.sql);
    if (extracted.count !== 1) throw badSql(new Error(`one statement is wanted, ${extracted.count} were given`));
    const prepared = await extracted.prepare(0);
    if (!READING.has(prepared.statementType))
      throw badSql(new Error("only SELECT is allowed: the lake changes by commits alone"));
    return { rows: await writeResult(await prepared.stream(), request.format, write), pinned };
  } catch (error) {
    throw error instanceof ConcordanceError ? error : badSql(error);
  } finally {
    close();
  }
}

/** A database that holds the snapshot's views and is then locked. */
async function openLocked(
  lake: Lake,
  pinned: PinnedSnapshot,
): Promise<{ connection: DuckDBConnection; close(): void }> {
  const instance = await DuckDBInstance.create(":memory:", await limitsOf(lake));
  const connection = await instance.connect();
  const close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    await connection.run("SET TimeZone = 'UTC'");
    await createViews(connection, lake, pinned);
    const paths = await Promise.all(
      [...pinned.tables.values()].flatMap(({ spec, files }) =>
        files.map((file) => lake.store.localPath(dataKey(spec.name, file.path))),
      ),
    );
    await connection.run(`SET allowed_paths = [${paths.map(sqlText).join(", ")}]`);
    await connection.run("SET enable_external_access = false");
    await connection.run("SET lock_configuration = true");
    return { connection, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The same memory, threads and place to spill as the lake's own database. */
async function limitsOf(lake: Lake): Promise<Record<string, string>> {
  const names = ["memory_limit", "threads", "temp_directory"];
  const connection = await lake.db.connect();
  try {
    const found = await connection.runAndReadAll(
      `SELECT ${names.map((name) => `current_setting('${name}')::VARCHAR`).join(", ")}`,
    );
    const [row = []] = found.getRowsJS();
    return {
      ...Object.fromEntries(names.map((name, index) => [name, String(row[index])])),
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    };
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
