import type { DuckDBValue } from "@duckdb/node-api";
import type { z } from "zod";
import type { LakeReader, LakeView } from "../../query/reader";
import { flag, type Row, text, textOrNull } from "../../query/values";
import type { HoldRow, HoldsPage } from "./contract";
import { asOfClose, type PinnedClose, pinClose } from "./queries-closes";
import { SETTLEMENT_HOLDS } from "./tables";

const DIM_MERCHANTS = "dim_merchants";

/** Every hold ever placed, those in force first. */
export async function readHolds(reader: LakeReader, signal?: AbortSignal): Promise<z.infer<typeof HoldsPage>> {
  return reader.read({ name: "settlement.holds", signal }, async (view) => {
    const pinned = await pinClose(reader, view, null, null);
    return { holds: await holdRows(view, pinned, "true", {}), asOf: asOfClose(view, pinned) };
  });
}

/** Holds that concern a merchant's payouts in a currency. */
export const readHoldsOf = (view: LakeView, pinned: PinnedClose, merchantId: string, currency: string) =>
  holdRows(view, pinned, "p.merchant_id = $merchant AND (p.currency IS NULL OR p.currency = $currency)", {
    merchant: merchantId,
    currency,
  });

async function holdRows(
  view: LakeView,
  { pendingActs }: PinnedClose,
  where: string,
  parameters: Record<string, DuckDBValue>,
): Promise<HoldRow[]> {
  const holds = await view.scan(SETTLEMENT_HOLDS.name);
  const rows = await view.rows(
    `SELECT p.hold_id, p.merchant_id, d.name AS merchant_name, p.currency, p.effective_on AS held_from, r.effective_on AS held_until, p.reason,
            p.decided_by AS placed_by, p.decided_at AS placed_at, r.decided_by AS released_by, r.decided_at AS released_at, r.reason AS release_reason,
            EXISTS (SELECT 1 FROM ${pendingActs} a WHERE a.hold_id = p.hold_id AND a.act = 'place') AS is_new,
            EXISTS (SELECT 1 FROM ${pendingActs} a WHERE a.hold_id = p.hold_id AND a.act = 'release') AS is_ending
       FROM ${holds} p
       LEFT JOIN ${holds} r ON r.hold_id = p.hold_id AND r.act = 'release'
       LEFT JOIN ${await view.scan(DIM_MERCHANTS)} d ON d.merchant_id = p.merchant_id
      WHERE p.act = 'place' AND ${where} ORDER BY r.hold_id IS NOT NULL, p.decided_at DESC LIMIT 1000`,
    parameters,
  );
  return rows.map(holdOf);
}

const holdOf = (row: Row): HoldRow => ({
  holdId: text(row, "hold_id"),
  merchantId: text(row, "merchant_id"),
  merchantName: textOrNull(row, "merchant_name"),
  currency: textOrNull(row, "currency"),
  from: text(row, "held_from"),
  until: textOrNull(row, "held_until"),
  reason: text(row, "reason"),
  placedBy: text(row, "placed_by"),
  placedAt: text(row, "placed_at"),
  releasedBy: textOrNull(row, "released_by"),
  releasedAt: textOrNull(row, "released_at"),
  releaseReason: textOrNull(row, "release_reason"),
  state: flag(row, "is_ending")
    ? "released_next_run"
    : row.released_at !== null
      ? "released"
      : flag(row, "is_new")
        ? "placed_next_run"
        : "active",
});
