import type { DuckDBValue } from "@duckdb/node-api";
import { decodeCursor, encodeCursor } from "../../query/cursor";
import type { LakeReader } from "../../query/reader";
import { text, whole } from "../../query/values";
import type { PayoutsPage, PayoutsQuery } from "./contract";
import { asOfClose, pinClose } from "./queries-closes";
import { WATERFALL_KEY, waterfallsOf } from "./rows-items";

/** Payouts, or the days of accounts, each explained to zero; keyset by name. */
export async function readPayouts(reader: LakeReader, query: PayoutsQuery, signal?: AbortSignal): Promise<PayoutsPage> {
  return reader.read({ name: "reconciliation.payouts", signal }, async (view) => {
    const pinned = await pinClose(reader, view, query.close);
    const parts = [query.of === "payouts" ? "payout_key IS NOT NULL" : "payout_key IS NULL"];
    const parameters: Record<string, DuckDBValue> = {};
    if (query.currency !== null && query.currency !== "") {
      parts.push("currency = $currency");
      parameters.currency = query.currency;
    }
    if (query.text !== null && query.text !== "") {
      parts.push(`contains(lower(${WATERFALL_KEY} || ' ' || account), $text)`);
      parameters.text = query.text.toLowerCase();
    }
    const rows = `(SELECT *, ${WATERFALL_KEY} AS wkey FROM ${pinned.rows} WHERE row_kind = 'waterfall' AND ${parts.join(" AND ")})`;
    const keys = `SELECT wkey, bool_or(field = 'residual') AS unexplained FROM ${rows} GROUP BY wkey`;
    const [counts] = await view.rows(
      `SELECT count(*) AS total, count(*) FILTER (unexplained) AS unexplained FROM (${keys})`,
      parameters,
    );
    const after: Record<string, DuckDBValue> =
      query.cursor === null ? {} : { cursor: decodeCursor(query.cursor, 1)[0] ?? "" };
    const page = await view.rows(
      `SELECT wkey FROM (${keys}) WHERE ${query.onlyUnexplained ? "unexplained" : "true"} AND ${query.cursor === null ? "true" : "wkey > $cursor"}
        ORDER BY wkey LIMIT ${query.limit + 1}`,
      { ...parameters, ...after },
    );
    const shown = page.slice(0, query.limit).map((row) => text(row, "wkey"));
    const wanted = await view.texts("reconciliation_payouts", shown);
    const found = waterfallsOf(
      await view.rows(`SELECT * FROM ${rows} WHERE wkey IN (SELECT value FROM ${wanted})`, parameters),
    );
    const byKey = new Map(found.map((row) => [row.key, row]));
    const last = shown.at(-1);
    return {
      close: pinned.close,
      rows: shown.flatMap((key) => byKey.get(key) ?? []),
      nextCursor: page.length > query.limit && last !== undefined ? encodeCursor([last]) : null,
      total: counts === undefined ? 0 : whole(counts, query.onlyUnexplained ? "unexplained" : "total"),
      unexplained: counts === undefined ? 0 : whole(counts, "unexplained"),
      asOf: asOfClose(view, pinned),
    };
  });
}
