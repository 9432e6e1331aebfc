import type { Settings } from "../../server/config/settings";
import { createCardTokenizer } from "../../server/domain/card";
import { formatMinor } from "../../server/domain/money";
import { EffectiveSettings } from "../../server/indexes/fraud/settings";
import { allProjections } from "../../server/indexes/ingest";
import type { Lake } from "../../server/lake/lake";
import { scanSql } from "../../server/lake/scan";
import type { Logger } from "../../server/observability/log";
import { loadMapping } from "../../server/pipeline/mapping/load";
import { INGEST_BALANCE, QUARANTINE, TRANSACTIONS } from "../../server/pipeline/tables";
import { openProcessLake } from "../../server/process/open-lake";
import { Projector } from "../../server/projection/projector";
import { createReferenceLoader } from "../../server/reference/loader";
import { givenFiles } from "../../server/sources/landing/files";
import { createLandingSource } from "../../server/sources/landing/source";
import { createIndexer, createRulesHolder, nowMicros } from "../indexer/parts";
import { recordFormatOf } from "../indexer/sources";

export interface IngestRequest {
  readonly source: string;
  readonly mappingPath: string;
  readonly inputs: readonly string[];
  readonly lake: string;
}

export interface MoneySum {
  readonly currency: string | null;
  readonly exponent: number | null;
  readonly acceptedMinor: string;
  readonly quarantinedMinor: string;
  readonly total: string;
}

export interface IngestReport {
  readonly source: string;
  readonly in: number;
  readonly accepted: number;
  readonly quarantined: number;
  readonly duplicates: number;
  readonly quarantinedByCode: Readonly<Record<string, number>>;
  readonly sums: readonly MoneySum[];
  /** Inputs whose content the lake had already. */
  readonly recognised: readonly string[];
  readonly refused: readonly { readonly path: string; readonly code: string; readonly message: string }[];
  readonly blacklisted: number;
  readonly seconds: number;
}

/** Drains the given files through indexer and projector and says the source's balance as the lake now holds it. */
export async function ingest(request: IngestRequest, settings: Settings, log: Logger): Promise<IngestReport> {
  const startedMs = Date.now();
  const mapping = await loadMapping(request.mappingPath);
  const rulesSettings = await EffectiveSettings.load(settings.rulesPath);
  const { lake, close } = await openProcessLake(settings, request.lake);
  try {
    // Reference files of this lake take effect before the first event is decided.
    await createReferenceLoader({ lake, tokenize: createCardTokenizer(await settings.cardKey()), log }).check();
    const holder = await createRulesHolder(lake, () => rulesSettings);
    const indexer = await createIndexer({
      settings,
      lake,
      sources: [{ name: request.source, mapping }],
      rules: holder.rules,
      log,
    });
    const source = createLandingSource({
      name: request.source,
      store: lake.store,
      files: givenFiles(request.inputs),
      format: recordFormatOf(mapping, settings.recordBytesMax),
      pollMs: 250,
      settleMs: 0,
      recordsPerPlan: settings.planRecords,
      bytesPerPlan: settings.planBytes,
      once: true,
      log,
    });
    const projector = new Projector({
      lake,
      db: lake.db,
      projections: (connection) => allProjections(connection, () => rulesSettings),
      rowsPerTickMax: settings.tickRows,
      nowMicros,
      log,
    });
    indexer.start();
    await source.run(indexer.sinkFor(request.source), new AbortController().signal);
    await indexer.stop();
    await projector.drain();
    projector.close();
    const refused = [...source.refused].map(([path, { error }]) => ({
      path,
      code: error.code,
      message: error.message,
    }));
    const status = source.status();
    if (status.state === "failed") {
      refused.push({
        path: request.source,
        code: status.code ?? "failed",
        message: `${status.message} ${status.remedy}`,
      });
    }
    const balance = await readBalance(lake, request.source);
    return { ...balance, recognised: source.recognised, refused, seconds: (Date.now() - startedMs) / 1000 };
  } finally {
    close();
  }
}

type Balance = Omit<IngestReport, "recognised" | "refused" | "seconds">;

async function readBalance(lake: Lake, source: string): Promise<Balance> {
  const connection = await lake.db.connect();
  const scan = async (name: string) => {
    const table = lake.table(name);
    return scanSql(lake.store, table.spec, (await table.refresh()).files);
  };
  const rows = async (sql: string) => (await connection.runAndReadAll(sql, { source })).getRowsJS();
  try {
    const [totals = []] = await rows(`SELECT coalesce(sum(records_in), 0)::BIGINT, coalesce(sum(accepted), 0)::BIGINT,
        coalesce(sum(quarantined), 0)::BIGINT, coalesce(sum(duplicates), 0)::BIGINT
      FROM ${await scan(INGEST_BALANCE.name)} WHERE source = $source`);
    const codes = await rows(
      `SELECT code, count(*)::INTEGER FROM ${await scan(QUARANTINE.name)} WHERE source = $source GROUP BY code ORDER BY code`,
    );
    const sums = await rows(`SELECT currency, exponent, coalesce(sum(amount_minor) FILTER (accepted), 0)::VARCHAR,
        coalesce(sum(amount_minor) FILTER (NOT accepted), 0)::VARCHAR
      FROM (SELECT source, currency, exponent, amount_minor, true AS accepted FROM ${await scan(TRANSACTIONS.name)} UNION ALL
            SELECT source, currency, exponent, amount_minor, false FROM ${await scan(QUARANTINE.name)})
     WHERE source = $source AND currency IS NOT NULL GROUP BY currency, exponent ORDER BY currency, exponent`);
    const blacklist = await connection.runAndReadAll(`SELECT count(*)::INTEGER FROM ${await scan("blacklist")}`);
    const [records, accepted, quarantined, duplicates] = totals.map(Number);
    return {
      source,
      in: records ?? 0,
      accepted: accepted ?? 0,
      quarantined: quarantined ?? 0,
      duplicates: duplicates ?? 0,
      quarantinedByCode: Object.fromEntries(codes.map(([code, count]) => [String(code), Number(count)])),
      sums: sums.map(([currency, exponent, acceptedMinor, quarantinedMinor]) => ({
        currency: currency === null ? null : String(currency),
        exponent: exponent === null ? null : Number(exponent),
        acceptedMinor: String(acceptedMinor),
        quarantinedMinor: String(quarantinedMinor),
        total: formatMinor(BigInt(String(acceptedMinor)) + BigInt(String(quarantinedMinor)), Number(exponent ?? 0)),
      })),
      blacklisted: Number(blacklist.getRowsJS()[0]?.[0] ?? 0),
    };
  } finally {
    connection.closeSync();
  }
}
