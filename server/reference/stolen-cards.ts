import type { Lake } from "../lake/lake";
import { scanSql } from "../lake/scan";
import { DIM_STOLEN_CARDS } from "./tables";

/** The stolen-card list as of now: card token to its last four digits (null where not known). */
export async function loadStolenCardTokens(lake: Lake): Promise<ReadonlyMap<string, string | null>> {
  const table = lake.table(DIM_STOLEN_CARDS.name);
  const { files } = await table.refresh();
  const connection = await lake.db.connect();
  try {
    const reader = await connection.runAndReadAll(
      `SELECT card_token, card_last4 FROM ${await scanSql(lake.store, table.spec, files)}`,
    );
    return new Map(
      reader.getRowsJS().map(([token, last4]) => [String(token), typeof last4 === "string" ? last4 : null]),
    );
  } finally {
    connection.closeSync();
  }
}
