import { describe, expect, it } from "vitest";
import { EffectiveSettings } from "../../server/indexes/fraud/settings";
import { ALL_TABLES, allProjections } from "../../server/indexes/ingest";
import { openDuckDb } from "../../server/lake/duckdb";
import { openLake } from "../../server/lake/lake";
import { openLocalStore } from "../../server/lake/store/local";
import type { ObjectStore } from "../../server/lake/store/store";
import { verifyLake } from "../../server/lake/verify";
import { silentLogger } from "../../server/observability/log";
import { loadMapping } from "../../server/pipeline/mapping/load";
import { Projector } from "../../server/projection/projector";
import { writeResult } from "../../server/query/format";
import { createViews, pinSnapshot } from "../../server/query/snapshot";
import { givenFiles } from "../../server/sources/landing/files";
import { createLandingSource } from "../../server/sources/landing/source";
import { createIndexer, createRulesHolder, nowMicros } from "../../workers/indexer/parts";
import { recordFormatOf } from "../../workers/indexer/sources";
import { smallSettings, temporaryDirectory, writeWorld } from "../support/world";

/** Odd, so that deaths before and after a write take turns. `CRASH_POINTS=all` tries every write. */
const STRIDE = 7;

class Died extends Error {}

/** A store whose process dies before or after its n-th write: from then on nothing answers. */
function dyingStore(store: ObjectStore, dieAt: number, after: boolean): { store: ObjectStore; writes: () => number } {
  let writes = 0;
  const dies =
    <T extends unknown[], R>(work: (...args: T) => Promise<R>, counts: boolean) =>
    async (...args: T): Promise<R> => {
      if (writes >= dieAt + 1) throw new Died();
      if (!counts) return work(...args);
      writes++;
      if (writes === dieAt + 1 && !after) throw new Died();
      const answer = await work(...args);
      if (writes >= dieAt + 1) throw new Died();
      return answer;
    };
  const dying: ObjectStore = Object.create(store, {
    get: { value: dies((key: string) => store.get(key), false) },
    putIfAbsent: { value: dies((key: string, bytes: Uint8Array) => store.putIfAbsent(key, bytes), true) },
    put: { value: dies((key: string, bytes: Uint8Array) => store.put(key, bytes), true) },
    putFile: { value: dies((key: string, path: string) => store.putFile(key, path), true) },
  });
  return { store: dying, writes: () => writes };
}

async function ingestOnce(store: ObjectStore, directory: string, path: string): Promise<void> {
  const settings = smallSettings(directory);
  const db = await openDuckDb({ memoryLimitMb: 512, threads: 2, temporaryDirectory: `${directory}/spill` });
  try {
    const lake = await openLake(store, db, ALL_TABLES);
    const mapping = await loadMapping("config/mappings/concordance-transactions.yaml");
    const rules = EffectiveSettings.defaults();
    const holder = await createRulesHolder(lake, () => rules);
    const indexer = await createIndexer({
      settings,
      lake,
      sources: [{ name: "test", mapping }],
      rules: holder.rules,
      log: silentLogger,
    });
    const source = createLandingSource({
      name: "test",
      store,
      files: givenFiles([path]),
      format: recordFormatOf(mapping, settings.recordBytesMax),
      pollMs: 10,
      settleMs: 0,
      recordsPerPlan: settings.planRecords,
      bytesPerPlan: settings.planBytes,
      once: true,
      log: silentLogger,
    });
    const projector = new Projector({
      lake,
      db,
      projections: (connection) => allProjections(connection, () => rules),
      rowsPerTickMax: settings.tickRows,
      nowMicros,
      log: silentLogger,
    });
    await source.run(indexer.sinkFor("test"), new AbortController().signal);
    await indexer.stop();
    await projector.drain();
  } finally {
    db.close();
  }
}

/** What must be the same however often the process died: rows without the moments they were written. */
const CONTENT = {
  transactions:
    "SELECT source_offset, transaction_id, status, amount_minor, decision, is_late FROM transactions ORDER BY 1",
  quarantine: "SELECT source_offset, code FROM quarantine ORDER BY 1",
  balance:
    "SELECT business_date, sum(records_in), sum(accepted), sum(quarantined), sum(duplicates), sum(late) FROM ingest_balance GROUP BY 1 ORDER BY 1",
  alerts: "SELECT rule, entity_id, party_role, business_date, transaction_id FROM alerts ORDER BY ALL",
  blacklist: "SELECT party_id, role, rule, business_date, count, previous_count FROM blacklist ORDER BY ALL",
  parties: "SELECT party_id, role, business_date, sum(payments) FROM fraud_party_days GROUP BY 1, 2, 3 ORDER BY ALL",
  merchants:
    "SELECT merchant_id, business_date, currency, sum(events), sum(settled), sum(gross_minor), sum(new_customers) FROM merchants_partial GROUP BY 1, 2, 3 ORDER BY ALL",
  customers: "SELECT * FROM merchant_customers ORDER BY ALL",
  ops: "SELECT source, payment_type, sum(accepted), sum(errors), sum(quarantined), sum(duplicates), sum(late), sum(bytes_in) FROM ops_minutes GROUP BY 1, 2 ORDER BY ALL",
};

async function contentOf(store: ObjectStore, directory: string) {
  const db = await openDuckDb({ memoryLimitMb: 512, threads: 2, temporaryDirectory: `${directory}/spill` });
  try {
    const lake = await openLake(store, db, ALL_TABLES);
    const connection = await db.connect();
    await createViews(connection, lake, await pinSnapshot(lake, null));
    const content: Record<string, string> = {};
    for (const [name, sql] of Object.entries(CONTENT)) {
      content[name] = "";
      await writeResult(await connection.stream(sql), "csv", (text) => {
        content[name] += text;
      });
    }
    return { content, differences: (await verifyLake(lake)).differences };
  } finally {
    db.close();
  }
}

describe("a process that dies at any write", () => {
  it("leaves, after a restart, the tables of a process that did not", async () => {
    const { path: directory, remove } = await temporaryDirectory();
    try {
      const world = await writeWorld(directory, "w", 400, 2);
      const whole = dyingStore(await openLocalStore(`${directory}/whole`), Number.MAX_SAFE_INTEGER, false);
      await ingestOnce(whole.store, directory, world.path);
      const expected = await contentOf(whole.store, directory);
      expect(expected.differences).toEqual([]);
      expect(expected.content.blacklist?.split("\n").length).toBeGreaterThan(4);
      // Version 0 of each table comes first; deaths there are covered by the first few points.
      const stride = process.env.CRASH_POINTS === "all" ? 1 : STRIDE;
      const points = Array.from({ length: whole.writes() }, (_, point) => point).filter(
        (point) => point % stride === 0 && (point < 3 || point >= ALL_TABLES.length),
      );
      expect(points.length).toBeGreaterThan(15);
      for (const point of points) {
        const after = point % 2 === 1;
        const store = await openLocalStore(`${directory}/lake-${point}`);
        await expect(ingestOnce(dyingStore(store, point, after).store, directory, world.path)).rejects.toThrow(Died);
        await ingestOnce(store, directory, world.path);
        expect(await contentOf(store, directory), `died ${after ? "after" : "before"} write ${point}`).toEqual(
          expected,
        );
      }
    } finally {
      await remove();
    }
  }, 300_000);
});
