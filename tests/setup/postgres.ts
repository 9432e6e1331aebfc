import { rm } from "node:fs/promises";
import { join } from "node:path";
import { connectDb, type Database } from "../../server/db/connect";
import { startEmbeddedPostgres } from "../../server/db/embedded";
import { migrateDb } from "../../server/db/migrate";
import { silentLogger } from "../../server/observability/log";

export interface TestPostgres {
  readonly url: string;
  readonly database: Database;
  /** Ends the server; the database goes on answering again after `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** A real Postgres of its own in a directory, with the product's schema. */
export async function openTestPostgres(directory: string): Promise<TestPostgres> {
  const options = { directory: join(directory, "postgres"), log: silentLogger };
  let server = await startEmbeddedPostgres(options);
  const database = connectDb(server.url, silentLogger);
  await migrateDb(database);
  const shown = await database.pool.query<{ data: string }>("SELECT current_setting('data_directory') AS data");
  return {
    url: server.url,
    database,
    stop: () => server.stop(),
    start: async () => {
      server = await startEmbeddedPostgres(options);
    },
    close: async () => {
      await database.close();
      await server.stop();
      // It may lie elsewhere, where the server's own user can reach it.
      for (const { data } of shown.rows) await rm(data, { recursive: true, force: true });
    },
  };
}
