import type pg from "pg";
import type { Database } from "../db/connect";

/** Tells this product's locks from others on the same database. */
const keyOf = (runId: string): string => `concordance/run/${runId}`;

export interface Hold {
  release(): Promise<void>;
}

/**
 * Holds a run for as long as this process and its connection live: Postgres lets go of a dead holder's lock by itself,
 * so a run that says it is running and is held by nobody has lost its worker. Null where somebody holds it.
 */
export async function holdRun(database: Database, runId: string, onLost: () => void): Promise<Hold | null> {
  const client = await database.pool.connect();
  let lost = false;
  const lose = () => {
    lost = true;
    onLost();
  };
  client.on("error", lose);
  const end = (broken: boolean) => {
    client.removeListener("error", lose);
    client.release(broken);
  };
  try {
    const held = await asks(client, "SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS yes", runId);
    if (!held) {
      end(false);
      return null;
    }
  } catch (error) {
    end(true);
    throw error;
  }
  return {
    // The connection goes with its lock, also where it does not answer any more.
    release: async () => {
      const freed = lost
        ? false
        : await asks(client, "SELECT pg_advisory_unlock(hashtextextended($1, 0)) AS yes", runId).catch(() => false);
      end(!freed);
    },
  };
}

/** Runs the work if nobody holds the run, and lets nobody take it meanwhile. */
export async function ifNotHeld<T>(database: Database, runId: string, work: () => Promise<T>): Promise<T | null> {
  const hold = await holdRun(database, runId, () => undefined);
  if (hold === null) return null;
  try {
    return await work();
  } finally {
    await hold.release();
  }
}

async function asks(client: pg.PoolClient, text: string, runId: string): Promise<boolean> {
  const { rows } = await client.query<{ yes: boolean }>(text, [keyOf(runId)]);
  return rows[0]?.yes === true;
}
