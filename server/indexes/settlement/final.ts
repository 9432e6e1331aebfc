import type { FinalDefinition } from "../../batch/definition";
import { addDays } from "../../domain/calendar/business-days";
import { itemSteps } from "./rows-items";
import { balances, keptReserve, outputSql } from "./rows-output";
import { payoutSteps } from "./rows-payouts";
import { auxiliaryTables, type Dates, datesOf, RULE_VERSION } from "./rules";
import { SettlementSettings } from "./settings";
import { inputSteps } from "./steps";
import { SETTLEMENT } from "./tables";

/** The payout schedule: what every merchant is paid, when, and what moved it. Rules: docs/settlement.md. */
export const SETTLEMENT_FINAL: FinalDefinition<SettlementSettings> = {
  index: "settlement",
  table: SETTLEMENT,
  ruleVersion: RULE_VERSION,
  settings: SettlementSettings,
  inputs: (date, settings) => {
    const { readFrom, close } = datesOf(date, settings);
    const all = (table: string) => ({ table, dateColumn: null, from: null, to: null });
    return [
      { table: "transactions", dateColumn: "business_date", from: readFrom, to: close },
      { table: "ingest_balance", dateColumn: "business_date", from: readFrom, to: close },
      { table: "statement_lines", dateColumn: "booking_date", from: readFrom, to: close },
      { table: "reconciliation", dateColumn: "business_date", from: close, to: close },
      all("dim_payout_terms"),
      all("dim_fee_plans"),
      all("dim_merchants"),
      all("settlement_holds"),
      { table: "settlement", dateColumn: "business_date", from: readFrom, to: addDays(close, -1) },
    ];
  },
  plan: (date, settings) => {
    const dates = datesOf(date, settings);
    return {
      auxiliary: auxiliaryTables(dates),
      steps: [...inputSteps(dates, settings), ...itemSteps(dates), ...payoutSteps(dates, settings)],
      output: outputSql(dates),
      controls: controls(dates),
    };
  },
  diff: {
    key: ["row_key"],
    ignore: ["rule_version"],
    group:
      "CASE WHEN row_kind = 'payout' THEN 'payouts ' || status WHEN row_kind = 'item' THEN 'payments taken in' ELSE row_kind END",
    valueMinor: "coalesce(net_minor, amount_minor)",
    currency: "currency",
  },
};

const sum = (of: string) =>
  `CAST(coalesce(sum(CAST(${of} AS DECIMAL(38,0))), CAST(0 AS DECIMAL(38,0))) AS DECIMAL(38,0))`;
const ZERO = "CAST(0 AS DECIMAL(38,0))";
const OWN = "gross_minor - refunds_minor - chargebacks_minor - fees_minor";

/**
 * Every payment step that came in is in one payout and was in none before; what was open and what came in is paid, open,
 * kept as reserve or carried; every payout adds up; so do all payouts to the horizon.
 */
const controls = (dates: Dates) => `
  SELECT 'payments in' AS control, i.currency, i.n AS rows_in, coalesce(o.n, 0) AS rows_out, i.minor AS minor_in, coalesce(o.minor, ${ZERO}) AS minor_out
  FROM (
    SELECT currency, count(*) AS n, ${sum("CASE WHEN status = 'SETTLED' THEN amount_minor ELSE -amount_minor END")} AS minor FROM s_steps GROUP BY currency
  ) i
  LEFT JOIN (
    SELECT currency, count(DISTINCT row_key) AS n, ${sum("amount_minor")} AS minor FROM final_output WHERE row_kind = 'item' GROUP BY currency
  ) o ON o.currency = i.currency
  UNION ALL
  SELECT 'open and taken in', i.currency, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), i.minor, coalesce(o.minor, ${ZERO})
  FROM (
    SELECT currency, ${sum("minor")} AS minor FROM (
      SELECT o.currency, CASE WHEN o.row_kind <> 'payout' THEN o.amount_minor WHEN o.scheduled_on <= l.told_until THEN o.net_minor ELSE ${OWN} END AS minor
      FROM s_open o CROSS JOIN s_last l
      UNION ALL SELECT currency, signed_minor - coalesce(fee_minor, 0) FROM s_items
    ) GROUP BY currency
  ) i
  LEFT JOIN (
    SELECT currency, ${sum("minor")} AS minor FROM (
      SELECT currency, CASE WHEN scheduled_on <= DATE '${dates.close}' THEN net_minor ELSE ${OWN} END AS minor FROM final_output WHERE row_kind = 'payout'
      UNION ALL SELECT currency, amount_minor FROM final_output WHERE row_kind IN ('reserve', 'balance')
    ) GROUP BY currency
  ) o ON o.currency = i.currency
  UNION ALL
  SELECT 'payouts to the horizon', i.currency, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), i.minor, coalesce(o.minor, ${ZERO})
  FROM (
    SELECT currency, ${sum("minor")} AS minor FROM (
      SELECT currency, ${OWN} AS minor FROM s_base
      UNION ALL SELECT currency, amount_minor FROM s_open WHERE row_kind IN ('reserve', 'balance')
    ) GROUP BY currency
  ) i
  LEFT JOIN (
    SELECT currency, ${sum("minor")} AS minor FROM (
      SELECT c.currency, f.net_minor AS minor FROM s_carried c
        JOIN s_payouts f ON f.merchant_id = c.merchant_id AND f.currency = c.currency AND f.scheduled_on = c.scheduled_on
      UNION ALL SELECT currency, amount_minor FROM s_tranches WHERE release_on IS NULL OR release_on > DATE '${dates.horizon}'
      UNION ALL SELECT e.currency, coalesce(c.carried_minor, o.amount_minor, 0) FROM s_pairs e
        LEFT JOIN (SELECT merchant_id, currency, carried_minor, row_number() OVER (PARTITION BY merchant_id, currency ORDER BY place DESC) AS newest FROM s_carried) c
          ON c.merchant_id = e.merchant_id AND c.currency = e.currency AND c.newest = 1
        LEFT JOIN s_open o ON o.row_kind = 'balance' AND o.merchant_id = e.merchant_id AND o.currency = e.currency
    ) GROUP BY currency
  ) o ON o.currency = i.currency
  UNION ALL
  SELECT 'each payout', currency, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), ${ZERO},
    CAST(max(abs(${OWN} - reserve_held_minor + reserve_released_minor + brought_forward_minor - net_minor - carried_forward_minor)) AS DECIMAL(38,0))
      + CAST(max(CASE WHEN net_minor < 0 THEN 1 ELSE 0 END) AS DECIMAL(38,0))
  FROM final_output WHERE row_kind = 'payout' GROUP BY currency
  UNION ALL
  SELECT 'reserve and balances', currency, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), ${sum("wanted")}, ${sum("told")}
  FROM (
    SELECT currency, amount_minor AS wanted, 0 AS told FROM (${keptReserve(dates)})
    UNION ALL SELECT b.currency, b.amount_minor, 0 FROM (${balances(dates)}) b
    UNION ALL SELECT currency, 0, amount_minor FROM final_output WHERE row_kind IN ('reserve', 'balance')
  ) GROUP BY currency`;
