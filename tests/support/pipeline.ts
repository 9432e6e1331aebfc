import { EffectiveSettings } from "../../server/indexes/fraud/settings";
import { ALL_TABLES, allProjections } from "../../server/indexes/ingest";
import { openDuckDb } from "../../server/lake/duckdb";
import { type Lake, openLake } from "../../server/lake/lake";
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
import { smallSettings } from "./world";

const RULES = EffectiveSettings.defaults();
/** How much goes into one batch, plan and tick; left out, so little that few events already make many commits. */
export type Sizes = Readonly<
  Record<"CONCORDANCE_FLUSH_ROWS" | "CONCORDANCE_PLAN_RECORDS" | "CONCORDANCE_TICK_ROWS", string>
>;

/** A lake as one process has it: its own DuckDB and its own view of every table's log. */
export async function openOwnLake(store: ObjectStore, directory: string): Promise<{ lake: Lake; close: () => void }> {
  const db = await openDuckDb({ memoryLimitMb: 512, threads: 2, temporaryDirectory: `${directory}/spill` });
  return { lake: await openLake(store, db, ALL_TABLES), close: () => db.close() };
}

/** Indexes these files once, as the indexer does, without any projection. `mapping` is a name under config/mappings. */
export async function indexFiles(
  lake: Lake,
  directory: string,
  from: { readonly source: string; readonly mapping: string; readonly paths: readonly string[] },
  sizes?: Sizes,
): Promise<void> {
  const settings = smallSettings(directory, sizes);
  const mapping = await loadMapping(`config/mappings/${from.mapping}.yaml`);
  const holder = await createRulesHolder(lake, () => RULES);
  const indexer = await createIndexer({
    settings,
    lake,
    sources: [{ name: from.source, mapping }],
    rules: holder.rules,
    log: silentLogger,
  });
  const source = createLandingSource({
    name: from.source,
    store: lake.store,
    files: givenFiles([...from.paths]),
    format: recordFormatOf(mapping, settings.recordBytesMax),
    pollMs: 10,
    settleMs: 0,
    recordsPerPlan: settings.planRecords,
    bytesPerPlan: settings.planBytes,
    once: true,
    log: silentLogger,
  });
  await source.run(indexer.sinkFor(from.source), new AbortController().signal);
  await indexer.stop();
}

/** A projector with every projection and small ticks. */
export const createProjector = (lake: Lake, directory: string, sizes?: Sizes): Projector =>
  new Projector({
    lake,
    db: lake.db,
    projections: (connection) => allProjections(connection, () => RULES),
    rowsPerTickMax: smallSettings(directory, sizes).tickRows,
    nowMicros,
    log: silentLogger,
  });

/** What must be the same however the work was interrupted or divided: rows without the moments they were written. */
const CONTENT = {
  transactions:
    "SELECT source_partition, source_offset, transaction_id, status, amount_minor, decision, is_late FROM transactions ORDER BY 1, 2",
  quarantine: "SELECT source_partition, source_offset, code FROM quarantine ORDER BY 1, 2",
  balance:
    "SELECT business_date, sum(records_in), sum(accepted), sum(quarantined), sum(duplicates), sum(late) FROM ingest_balance GROUP BY 1 ORDER BY 1",
  alerts:
    "SELECT alert_id, rule, entity_id, party_role, business_date, transaction_id, fraud_signal_id, reasons FROM alerts ORDER BY ALL",
  blacklist: "SELECT party_id, role, rule, business_date, count, previous_count, alert_id FROM blacklist ORDER BY ALL",
  parties:
    "SELECT party_id, role, business_date, sum(payments), bool_or(accelerated) FROM fraud_party_days GROUP BY 1, 2, 3 ORDER BY ALL",
  merchants:
    "SELECT merchant_id, business_date, currency, sum(events), sum(settled), sum(gross_minor), sum(new_customers) FROM merchants_partial GROUP BY 1, 2, 3 ORDER BY ALL",
  customers: "SELECT * FROM merchant_customers ORDER BY ALL",
  ops: "SELECT source, payment_type, sum(accepted), sum(errors), sum(quarantined), sum(duplicates), sum(late), sum(bytes_in) FROM ops_minutes GROUP BY 1, 2 ORDER BY ALL",
};

/** The content of every table as CSV, as a process that opens the lake now sees it, and what `verify` finds. */
export async function contentOf(store: ObjectStore, directory: string) {
  const { lake, close } = await openOwnLake(store, directory);
  try {
    const connection = await lake.db.connect();
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
    close();
  }
}
