import type { FinalDefinition } from "../../server/batch/definition";
import type { Database } from "../../server/db/connect";
import type { RunParts } from "../../server/jobs/parts";
import { openRunQueue } from "../../server/jobs/queue";
import { parseNightly } from "../../server/jobs/schedule";
import { createRunWorker, type RunWorker } from "../../server/jobs/worker";
import { openDuckDb } from "../../server/lake/duckdb";
import { type Lake, openLake } from "../../server/lake/lake";
import type { ObjectStore } from "../../server/lake/store/store";
import type { TableSpec } from "../../server/lake/types";
import { silentLogger } from "../../server/observability/log";
import { DEFINITION, SALES, SHOP_DAYS } from "../batch/world";

export interface TestWorker {
  readonly lake: Lake;
  readonly parts: RunParts;
  readonly worker: RunWorker;
  /** Begins to work; resolves when `stop` has been called and all is handed back. */
  readonly working: Promise<void>;
  stop(): Promise<void>;
}

export interface TestWorkerOptions {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly directory: string;
  readonly instance?: string;
  readonly finals?: readonly FinalDefinition<unknown>[];
  readonly more?: Partial<RunParts>;
  /** False: the test calls the parts itself. */
  readonly works?: boolean;
}

export const SHOPS: FinalDefinition<unknown> = DEFINITION;

const TOTALS_TABLE: TableSpec = { ...SHOP_DAYS, name: "shop_totals" };
/** A final that reads the other one's rows of its date. */
export const TOTALS: FinalDefinition<unknown> = {
  ...SHOPS,
  index: "totals",
  table: TOTALS_TABLE,
  inputs: (date) => [{ table: SHOP_DAYS.name, dateColumn: "business_date", from: date, to: date }],
  plan: (date) => ({
    auxiliary: [],
    steps: [],
    output: `SELECT * FROM shop_days WHERE business_date = DATE '${date}'`,
    controls: `
      SELECT 'shops' AS control, CAST(NULL AS VARCHAR) AS currency, count(*) AS rows_in,
             (SELECT count(*) FROM final_output) AS rows_out, NULL AS minor_in, NULL AS minor_out
      FROM shop_days WHERE business_date = DATE '${date}'`,
  }),
};

/** A batch worker as its process wires it, over the small world of sales; it makes up for no dates unless told. */
export async function startRunWorker(options: TestWorkerOptions): Promise<TestWorker> {
  const { database, store, directory, finals = [SHOPS], instance = "one" } = options;
  const stop = new AbortController();
  const db = await openDuckDb({ memoryLimitMb: 256, threads: 1, temporaryDirectory: `${directory}/spill` });
  const lake = await openLake(store, db, [SALES, SHOP_DAYS, TOTALS_TABLE]);
  const schedule = parseNightly("02:00 Europe/London");
  const indexes = finals.map(({ index }) => index);
  const queue = await openRunQueue({
    database,
    log: silentLogger,
    schedule,
    indexes,
    retrySeconds: 1,
    signal: stop.signal,
  });
  const parts: RunParts = {
    lake,
    database,
    queue,
    finals,
    settingsOf: async () => ({}),
    schedule,
    sources: [],
    zones: ["UTC"],
    catchUpDays: 0,
    rerunChanged: false,
    instance,
    log: silentLogger,
    nowMs: Date.now,
    ...options.more,
  };
  const worker = createRunWorker(parts);
  const working = options.works === false ? Promise.resolve() : worker.run(stop.signal);
  // Seen by whoever awaits `stop`.
  working.catch(() => undefined);
  return {
    lake,
    parts,
    worker,
    working,
    stop: async () => {
      stop.abort();
      await working.finally(async () => {
        await queue.close();
        db.close();
      });
    },
  };
}
