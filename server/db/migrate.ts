import { createHash } from "node:crypto";
import { ConcordanceError } from "../domain/errors";
import type { Database } from "./connect";
import { postgresFault } from "./errors";
import { MIGRATIONS } from "./migrations";

/** Any number that no other user of the same database takes. */
const LOCK = 7_241_903_115;
const CREATE = `CREATE TABLE IF NOT EXISTS concordance_migrations (
  name text PRIMARY KEY, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;

export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/**
 * Brings the schema up to date: all missing migrations in one transaction, one process at a time.
 * Throws `migration_changed` where an applied migration is not the one this program has.
 */
export async function migrateDb(
  database: Database,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<readonly string[]> {
  const client = await database.pool.connect().catch((error: unknown) => {
    throw postgresFault(error) ?? error;
  });
  const applied: string[] = [];
  try {
    await client.query("BEGIN");
    await client.query("SET LOCAL statement_timeout = 0");
    await client.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
    await client.query(CREATE);
    const { rows } = await client.query<{ name: string; hash: string }>(
      "SELECT name, hash FROM concordance_migrations",
    );
    const known = new Map(rows.map((row) => [row.name, row.hash]));
    for (const { name, sql } of migrations) {
      const hash = createHash("sha256").update(sql).digest("hex");
      const before = known.get(name);
      if (before !== undefined && before !== hash) throw changed(name);
      if (before !== undefined) continue;
      for (const statement of sql.split("--> statement-breakpoint")) await client.query(statement);
      await client.query("INSERT INTO concordance_migrations (name, hash) VALUES ($1, $2)", [name, hash]);
      applied.push(name);
    }
    await client.query("COMMIT");
    return applied;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

const changed = (name: string) =>
  new ConcordanceError({
    kind: "corrupt",
    code: "migration_changed",
    message: `Migration ${name} was applied to this database with another text than this program's.`,
    remedy: "Run the version that created the database, or write a new migration instead of changing one.",
    at: { migration: name },
  });
