import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";
import type { Logger } from "../observability/log";
import { postgresFault } from "./errors";
import * as schema from "./schema";

export type Queries = NodePgDatabase<typeof schema>;
/** Either the pool or an open transaction. */
export type Executor = Pick<Queries, "select" | "insert" | "update" | "delete" | "execute">;

export interface Database {
  readonly db: Queries;
  readonly pool: pg.Pool;
  /** Throws kind "unavailable" with the reason where Postgres does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 12;
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 15_000;

/** A pool of connections; none is opened before the first query. */
export function connectDb(url: string, log: Logger): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: "concordance",
  });
  // An idle connection that breaks must not end the process: the next query opens another.
  pool.on("error", (error) => log.warn({ err: error }, "an idle Postgres connection broke"));
  return {
    db: drizzle(pool, { schema }),
    pool,
    ping: async () => {
      try {
        await pool.query("SELECT 1");
      } catch (error) {
        throw postgresFault(error) ?? error;
      }
    },
    close: () => pool.end(),
  };
}
