import { join } from "node:path";
import type { Settings } from "../config/settings";
import { ALL_TABLES } from "../indexes/ingest";
import { openDuckDb } from "../lake/duckdb";
import { type Lake, openLake } from "../lake/lake";
import { openStore } from "../lake/store/open";

export interface OpenedLake {
  readonly lake: Lake;
  close(): void;
}

/** The lake of a process: store probed, DuckDB started, every table opened. */
export async function openProcessLake(settings: Settings, address: string): Promise<OpenedLake> {
  const store = await openStore(address, settings.s3);
  const db = await openDuckDb({
    memoryLimitMb: settings.duckDbMemoryMb,
    threads: settings.duckDbThreads,
    temporaryDirectory: join(settings.cacheDirectory, "spill"),
  });
  return { lake: await openLake(store, db, ALL_TABLES), close: () => db.close() };
}
