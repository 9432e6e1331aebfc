import type { DuckDBConnection } from "@duckdb/node-api";
import type { Settings } from "../../server/config/settings";
import { createCardTokenizer } from "../../server/domain/card";
import { invariant } from "../../server/domain/errors";
import { createInlineRules, readActiveBlacklist } from "../../server/indexes/fraud/ingest";
import type { EffectiveSettings } from "../../server/indexes/fraud/settings";
import { ALERTS } from "../../server/indexes/fraud/tables";
import type { Lake } from "../../server/lake/lake";
import { scanSql } from "../../server/lake/scan";
import type { Table } from "../../server/lake/table";
import type { Logger } from "../../server/observability/log";
import { compileDecoder } from "../../server/pipeline/decode/decoder";
import { Indexer } from "../../server/pipeline/indexer";
import type { Mapping } from "../../server/pipeline/mapping/schema";
import type { InlineRules } from "../../server/pipeline/steps";
import { DIM_STOLEN_CARDS } from "../../server/reference/tables";

export const nowMicros = (): bigint => BigInt(Date.now()) * 1000n;

/** The rules with today's lists; `reload` reads again what has changed: a list whose files moved, or the settings. */
export async function createRulesHolder(lake: Lake, current: () => EffectiveSettings) {
  const stolen = listOf([lake.table(DIM_STOLEN_CARDS.name)], (connection) => readStolenCards(connection, lake));
  const parties = listOf([lake.table("blacklist"), lake.table("blacklist_removals")], (connection) =>
    readActiveBlacklist(connection, lake),
  );
  let rules: InlineRules | null = null;
  let inForce: EffectiveSettings | null = null;
  const reload = async (): Promise<void> => {
    const settings = current();
    const moved = await Promise.all([stolen.moved(), parties.moved()]);
    if (rules !== null && settings === inForce && !moved.includes(true)) return;
    const connection = await lake.db.connect();
    try {
      const stolenCards = await stolen.read(connection);
      const blacklist = await parties.read(connection);
      rules = createInlineRules({ stolenCards, blacklist, settings });
      inForce = settings;
    } finally {
      connection.closeSync();
    }
  };
  await reload();
  return {
    rules: (): InlineRules => {
      invariant(rules !== null, "the lists of the rules were never read");
      return rules;
    },
    reload,
  };
}

/** A list kept in tables. Most of their versions only move a mark: the list is read again when their files are others. */
function listOf<T>(tables: readonly Table[], readAll: (connection: DuckDBConnection) => Promise<T>) {
  let known: { readonly files: string; readonly list: T } | null = null;
  let files = "";
  return {
    moved: async (): Promise<boolean> => {
      const snapshots = await Promise.all(tables.map((table) => table.refresh()));
      files = snapshots.map((snapshot) => snapshot.files.map(({ path }) => path).join(",")).join("/");
      return known === null || known.files !== files;
    },
    read: async (connection: DuckDBConnection): Promise<T> => {
      if (known === null || known.files !== files) known = { files, list: await readAll(connection) };
      return known.list;
    },
  };
}

async function readStolenCards(connection: DuckDBConnection, lake: Lake): Promise<Map<string, string | null>> {
  const { files } = lake.table(DIM_STOLEN_CARDS.name).current();
  const reader = await connection.runAndReadAll(
    `SELECT card_token, card_last4 FROM ${await scanSql(lake.store, DIM_STOLEN_CARDS, files)}`,
  );
  return new Map(
    reader.getRowsJS().map(([token, last4]) => [String(token), last4 === null ? null : String(last4)] as const),
  );
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
