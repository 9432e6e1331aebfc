import type { z } from "zod";
import type { AuthorizedScope } from "../../auth/scope";
import { readComments } from "../../db/reconciliation";
import { addDays } from "../../domain/calendar/business-days";
import { ConcordanceError } from "../../domain/errors";
import type { BusinessDate } from "../../domain/time";
import { sqlText } from "../../lake/duckdb";
import type { LakeView } from "../../query/reader";
import { big, type Row, text, textOrNull } from "../../query/values";
import type { BreakDetail, BreakQuery } from "./contract";
import { breakRows, DECIDED_KEY, type ReconciliationSources, workListSql } from "./queries-breaks";
import { asOfClose, type PinnedClose, pinClose } from "./queries-closes";
import { decisionsAbout } from "./queries-decisions";
import { itemOf, seesCounterparties, WATERFALL_KEY, waterfallsOf } from "./rows-items";
import { RECONCILIATION } from "./tables";

const ITEMS_SHOWN = 200;
const CANDIDATES_SHOWN = 8;
/** Items whose decisions are looked up; those of the break itself come anyway. */
const DECISIONS_OF_MAX = 20;
const CLOSES_LOOKED_AT_DAYS = 90;
const CLOSES_SHOWN = 30;

/** Everything needed to decide one break. Throws `no_such_break`. */
export async function readBreak(
  sources: ReconciliationSources,
  scope: AuthorizedScope,
  query: z.infer<typeof BreakQuery>,
  signal?: AbortSignal,
): Promise<z.infer<typeof BreakDetail>> {
  const { breakId } = query;
  const seesParties = seesCounterparties(scope);
  const found = await sources.reader.read({ name: "reconciliation.break", signal }, async (view) => {
    const pinned = await pinClose(sources.reader, view, query.close);
    const [summary] = await view.rows(
      `SELECT * FROM (${await workListSql(sources, view, pinned)}) WHERE break_id = $id`,
      { id: breakId },
    );
    if (summary === undefined) throw noSuchBreak(breakId, pinned);
    const items = await view.rows(
      `SELECT *, ${DECIDED_KEY} AS decided_key FROM ${pinned.rows} WHERE break_id = $id AND state = 'break' ORDER BY side = 'internal' DESC, side, row_key LIMIT ${ITEMS_SHOWN}`,
      { id: breakId },
    );
    return {
      pinned,
      summary,
      items,
      candidates: await candidatesOf(view, pinned, breakId),
      waterfall: await waterfallOf(view, pinned, textOrNull(summary, "payout_key")),
      closes: await closesOf(view, pinned, items),
      asOf: asOfClose(view, pinned),
    };
  });
  const [summary] = await breakRows(sources, scope, [found.summary]);
  const [first] = found.items;
  if (summary === undefined || first === undefined) throw noSuchBreak(breakId, found.pinned);
  return {
    close: found.pinned.close,
    summary,
    items: found.items.map((row) => itemOf(row, seesParties)),
    evidence: textOrNull(first, "evidence"),
    ruleVersion: text(first, "rule_version"),
    candidates: found.candidates.map((row) => ({
      item: itemOf(row, seesParties),
      why: text(row, "why"),
      differenceMinor: big(row, "apart_minor"),
    })),
    waterfall: found.waterfall,
    closes: found.closes,
    decisions: await decisionsAbout(sources.database.db, scope.person.id, {
      breakIds: [breakId],
      itemKeys: found.items.slice(0, DECISIONS_OF_MAX).map((row) => text(row, "decided_key")),
    }),
    comments: await readComments(sources.database.db, breakId),
    asOf: found.asOf,
  };
}

const noSuchBreak = (breakId: string, { close }: PinnedClose) =>
  new ConcordanceError({
    kind: "not_found",
    code: "no_such_break",
    message: `The close of ${close.businessDate} tells of no such break: it may have been resolved since.`,
    remedy: "Read the list again, or open an earlier close.",
    at: { breakId, businessDate: close.businessDate },
  });

/**
 * Open items of the other side in the same currency: of the very amount first, then those that share a word of reference
 * or party, then the nearest amounts within a tenth; near in time before far.
 */
function candidatesOf(view: LakeView, { rows }: PinnedClose, breakId: string): Promise<Row[]> {
  const amount = (alias: string) => `coalesce(${alias}.gross_minor, ${alias}.amount_minor)`;
  const internal = (alias: string) => `(${alias}.side = 'internal' OR ${alias}.role = 'payout')`;
  const shared = (column: string) => `(m.${column} IS NOT NULL AND c.${column} = m.${column})`;
  return view.rows(
    `WITH mine AS (SELECT * FROM ${rows} WHERE break_id = $id AND state = 'break' AND row_kind = 'item' LIMIT ${ITEMS_SHOWN}),
     near AS (
       SELECT c.*, ${amount("c")} - ${amount("m")} AS apart_minor,
         ${shared("reference")} OR ${shared("transaction_id")} AS same_reference,
         CASE WHEN m.counterparty IS NULL OR c.counterparty IS NULL THEN 0
              ELSE jaro_winkler_similarity(lower(m.counterparty), lower(c.counterparty)) END AS likeness,
         abs(c.item_date - m.item_date) AS days
       FROM mine m JOIN ${rows} c ON c.currency = m.currency AND c.state IN ('break', 'in_flight') AND c.row_kind = 'item'
         AND c.break_id IS DISTINCT FROM m.break_id AND ${internal("c")} <> ${internal("m")}
         AND (m.role <> 'payout' OR c.side = 'bank') AND (c.role <> 'payout' OR m.side = 'bank') AND c.role IN ('payment', 'payout')
       WHERE abs(${amount("c")} - ${amount("m")}) * 10 <= abs(${amount("m")}) OR ${shared("reference")} OR ${shared("transaction_id")}
     )
     SELECT *, CASE WHEN same_reference AND apart_minor = 0 THEN 'same reference and amount'
                    WHEN same_reference THEN 'same reference'
                    WHEN apart_minor = 0 AND likeness >= 0.85 THEN 'same amount and a like name'
                    WHEN apart_minor = 0 THEN 'same amount'
                    WHEN likeness >= 0.85 THEN 'like name, near amount' ELSE 'near amount' END || ', ' ||
               CASE WHEN days = 0 THEN 'same day' WHEN days = 1 THEN '1 day apart' ELSE CAST(days AS VARCHAR) || ' days apart' END AS why
     FROM near QUALIFY row_number() OVER (PARTITION BY item_key ORDER BY abs(apart_minor), days) = 1
     ORDER BY same_reference DESC, (apart_minor = 0) DESC, likeness >= 0.85 DESC, days, abs(apart_minor), item_key LIMIT ${CANDIDATES_SHOWN}`,
    { id: breakId },
  );
}

async function waterfallOf(view: LakeView, { rows }: PinnedClose, payoutKey: string | null) {
  if (payoutKey === null) return null;
  const parts = await view.rows(
    `SELECT *, ${WATERFALL_KEY} AS wkey FROM ${rows} WHERE row_kind = 'waterfall' AND payout_key = $payout`,
    { payout: payoutKey },
  );
  return waterfallsOf(parts)[0] ?? null;
}

/** What the closes before told of the same items. */
async function closesOf(view: LakeView, { close }: PinnedClose, items: readonly Row[]) {
  const keys = items.flatMap((row) => textOrNull(row, "item_key") ?? []);
  if (keys.length === 0) return [];
  const from = addDays(close.businessDate as BusinessDate, -CLOSES_LOOKED_AT_DAYS);
  const scan = await view.scan(RECONCILIATION.name, { column: "business_date", min: from, max: close.businessDate });
  const rows = await view.rows(
    `SELECT business_date, max(state) AS state, max(kind) AS kind FROM ${scan}
      WHERE row_kind = 'item' AND business_date >= DATE '${from}' AND business_date <= DATE '${close.businessDate}'
        AND item_key IN (${keys.map(sqlText).join(", ")})
      GROUP BY business_date ORDER BY business_date DESC LIMIT ${CLOSES_SHOWN}`,
  );
  return rows.map((row) => ({
    businessDate: text(row, "business_date"),
    state: text(row, "state"),
    kind: textOrNull(row, "kind"),
  }));
}
