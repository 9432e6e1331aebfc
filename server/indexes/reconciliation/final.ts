import type { FinalDefinition, FinalPlan } from "../../batch/definition";
import { addDays } from "../../domain/calendar/business-days";
import type { BusinessDate } from "../../domain/time";
import { breakSteps } from "./rows-breaks";
import { matchSteps } from "./rows-matches";
import { outputSql } from "./rows-output";
import { stateSteps } from "./rows-states";
import { waterfallSteps } from "./rows-waterfall";
import { auxiliaryTables, datesOf, RULE_VERSION } from "./rules";
import { ReconciliationSettings } from "./settings";
import { itemSteps } from "./steps";
import { RECONCILIATION } from "./tables";

/** The nightly reconciliation: what of both sides belongs together, what does not, and why. Rules: docs/reconciliation.md. */
export const RECONCILIATION_FINAL: FinalDefinition<ReconciliationSettings> = {
  index: "reconciliation",
  table: RECONCILIATION,
  ruleVersion: RULE_VERSION,
  settings: ReconciliationSettings,
  inputs: (date, settings) => {
    const { readFrom, close } = datesOf(date, settings);
    return [
      { table: "transactions", dateColumn: "business_date", from: readFrom, to: close },
      { table: "statement_lines", dateColumn: "booking_date", from: readFrom, to: close },
      { table: "statement_files", dateColumn: null, from: null, to: null },
      { table: "reconciliation_decisions", dateColumn: "business_date", from: readFrom, to: close },
      { table: "reconciliation", dateColumn: "business_date", from: readFrom, to: addDays(close, -1) },
    ];
  },
  plan: planOf,
  diff: {
    key: ["row_key"],
    ignore: ["rule_version"],
    group:
      "CASE WHEN row_kind = 'waterfall' THEN 'waterfall' WHEN kind IS NOT NULL THEN kind WHEN stage IS NOT NULL THEN 'matched at stage ' || CAST(stage AS STRING) ELSE state END",
    valueMinor: "coalesce(difference_minor, amount_minor)",
    currency: "currency",
  },
};

function planOf(date: BusinessDate, settings: ReconciliationSettings): FinalPlan {
  const dates = datesOf(date, settings);
  return {
    auxiliary: auxiliaryTables(dates, settings),
    steps: [
      ...itemSteps(dates),
      ...matchSteps(dates, settings),
      ...breakSteps(),
      ...stateSteps(dates, settings),
      ...waterfallSteps(dates),
    ],
    output: outputSql(dates, RULE_VERSION),
    controls: CONTROLS,
  };
}

/** Every item that went in has exactly one state; each waterfall adds up to zero. */
const CONTROLS = `
  SELECT i.side || ' ' || i.role AS control, i.currency, i.items AS rows_in, o.items AS rows_out, i.minor AS minor_in, o.minor AS minor_out
  FROM (
    SELECT side, role, currency, count(*) AS items, sum(CAST(amount_minor AS DECIMAL(38,0))) AS minor FROM r_items GROUP BY side, role, currency
  ) i
  LEFT JOIN (
    SELECT side, role, currency, count(*) AS items, sum(CAST(amount_minor AS DECIMAL(38,0))) AS minor
    FROM r_states WHERE state IS NOT NULL GROUP BY side, role, currency
  ) o ON o.side = i.side AND o.role = i.role AND o.currency = i.currency
  UNION ALL
  SELECT 'decided by people', i.currency, i.items, coalesce(o.items, 0), i.minor, coalesce(o.minor, CAST(0 AS DECIMAL(38,0)))
  FROM (
    SELECT i.currency, count(*) AS items, sum(CAST(i.amount_minor AS DECIMAL(38,0))) AS minor
    FROM r_items i JOIN r_decided_items d ON d.item_key = i.item_key GROUP BY i.currency
  ) i
  LEFT JOIN (
    SELECT currency, count(*) AS items, sum(CAST(amount_minor AS DECIMAL(38,0))) AS minor
    FROM r_states WHERE state = 'matched' AND stage = 6 AND match_date IS NOT NULL GROUP BY currency
  ) o ON o.currency = i.currency
  UNION ALL
  SELECT 'statement lines', e.currency, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), e.minor, l.minor
  FROM (
    SELECT currency, sum(CAST(amount_minor AS DECIMAL(38,0))) AS minor FROM statement_lines s
    WHERE kind = 'entry' AND status = 'booked' AND EXISTS (SELECT 1 FROM r_lines l WHERE l.entry_key = s.line_key)
    GROUP BY currency
  ) e
  LEFT JOIN (SELECT currency, sum(CAST(amount_minor AS DECIMAL(38,0))) AS minor FROM r_lines GROUP BY currency) l ON l.currency = e.currency
  UNION ALL
  SELECT 'waterfalls of payouts', currency, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(0 AS DECIMAL(38,0)), max(abs(total))
  FROM (SELECT payout_key, currency, sum(CAST(amount_minor AS DECIMAL(38,0))) AS total FROM r_waterfall_payouts GROUP BY payout_key, currency)
  GROUP BY currency
  UNION ALL
  SELECT 'waterfalls of accounts', currency, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(0 AS DECIMAL(38,0)), max(abs(total))
  FROM (SELECT account, currency, sum(CAST(amount_minor AS DECIMAL(38,0))) AS total FROM r_waterfall_accounts GROUP BY account, currency)
  GROUP BY currency`;
