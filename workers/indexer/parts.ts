import type { Settings } from "../../server/config/settings";
import { createCardTokenizer } from "../../server/domain/card";
import { createInlineRules, readActiveBlacklist } from "../../server/indexes/fraud/ingest";
import type { EffectiveSettings } from "../../server/indexes/fraud/settings";
import { ALERTS } from "../../server/indexes/fraud/tables";
import type { Lake } from "../../server/lake/lake";
import { scanSql } from "../../server/lake/scan";
import type { Logger } from "../../server/observability/log";
import { compileDecoder } from "../../server/pipeline/decode/decoder";
import { Indexer } from "../../server/pipeline/indexer";
import type { Mapping } from "../../server/pipeline/mapping/schema";
import type { InlineRules } from "../../server/pipeline/steps";
import { DIM_STOLEN_CARDS } from "../../server/reference/tables";

export const nowMicros = (): bigint => BigInt(Date.now()) * 1000n;

/** The rules with today's lists; `reload` reads them again where their tables or the settings have moved. */
export async function createRulesHolder(lake: Lake, current: () => EffectiveSettings) {
  let versions = "";
  let inForce = current();
  let rules: InlineRules = createInlineRules({ stolenCards: new Map(), blacklist: new Map(), settings: inForce });
  const reload = async (): Promise<void> => {
    const tables = [lake.table("blacklist"), lake.table("blacklist_removals"), lake.table(DIM_STOLEN_CARDS.name)];
    const now = (await Promise.all(tables.map((table) => table.refresh())))
      .map((snapshot) => snapshot.version)
      .join("/");
    const settings = current();
    if (now === versions && settings === inForce) return;
    const connection = await lake.db.connect();
    try {
      const cards = lake.table(DIM_STOLEN_CARDS.name).current();
      const reader = await connection.runAndReadAll(
        `SELECT card_token, card_last4 FROM ${await scanSql(lake.store, DIM_STOLEN_CARDS, cards.files)}`,
      );
      const stolenCards = new Map(
        reader.getRowsJS().map(([token, last4]) => [String(token), last4 === null ? null : String(last4)] as const),
      );
      rules = createInlineRules({ stolenCards, blacklist: await readActiveBlacklist(connection, lake), settings });
      versions = now;
      inForce = settings;
    } finally {
      connection.closeSync();
    }
  };
  await reload();
  return { rules: () => rules, reload };
}

export interface IndexerPartsOptions {
  readonly settings: Settings;
  readonly lake: Lake;
  readonly sources: readonly { readonly name: string; readonly mapping: Mapping }[];
  readonly rules: () => InlineRules;
  readonly log: Logger;
}

/** An indexer with one compiled decoder per source. */
export async function createIndexer({ settings, lake, sources, rules, log }: IndexerPartsOptions): Promise<Indexer> {
  const tokenize = createCardTokenizer(await settings.cardKey());
  const { recordBytesMax } = settings;
  return new Indexer({
    lake,
    db: lake.db,
    alertsSpec: ALERTS,
    sources: sources.map(({ name, mapping }) => ({
      name,
      ...compileDecoder({ mapping, tokenize, recordBytesMax, nowMicros }),
    })),
    rules,
    limits: {
      flushAgeMs: settings.flushAgeMs,
      flushRows: settings.flushRows,
      flushBytes: settings.flushBytes,
      dedupeBytesMax: settings.dedupeBytesMax,
    },
    nowMicros,
    log,
  });
}
