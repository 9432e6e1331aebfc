import type { Step } from "../../batch/definition";
import type { Dates } from "./rules";

/**
 * The waterfall of every payout told by the close, and of every bank account that day, as components in minor units:
 * what makes up the net, what a person wrote off or forced, the residual that nothing explains, and the bank's own figure taken off. They add up to zero.
 */
export const waterfallSteps = (dates: Dates): Step[] => [
  { name: "r_waterfall_payouts", sql: PAYOUT_COMPONENTS },
  { name: "r_waterfall_accounts", sql: accountComponents(dates) },
];

const COMPONENT = `
  CASE WHEN l.role = 'fee' THEN 'fees'
       WHEN l.role = 'reserve' AND l.amount_minor < 0 THEN 'reserve_held'
       WHEN l.role = 'reserve' THEN 'reserve_released'
       WHEN l.format = 'nacha' THEN 'returns'
       WHEN lower(l.code) LIKE '%refund%' THEN 'refunds'
       WHEN lower(l.code) LIKE '%chargeback%' OR lower(l.code) LIKE '%dispute%' THEN 'chargebacks'
       WHEN l.gross_minor > 0 THEN 'gross'
       ELSE 'adjustments' END`;

const PAYOUT_COMPONENTS = `
  WITH told AS (
    SELECT p.payout_key, p.item_key, p.account, p.currency, p.exponent, p.amount_minor
    FROM r_payouts p JOIN r_states s ON s.item_key = p.item_key
    WHERE s.state <> 'matched' OR s.match_date IS NOT NULL
  ),
  lines AS (
    SELECT l.*, coalesce(r.difference_minor, 0) AS fx_minor, ${COMPONENT} AS component
    FROM r_lines l LEFT JOIN r_rates_now r ON r.item_key = l.item_key
    WHERE l.role <> 'payout' AND l.payout_key IN (SELECT payout_key FROM told)
  ),
  parts AS (
    SELECT payout_key, component, gross_minor - fx_minor AS amount_minor FROM lines
    UNION ALL SELECT payout_key, 'fees', -fee_minor FROM lines WHERE fee_minor <> 0
    UNION ALL SELECT payout_key, 'fx', fx_minor FROM lines WHERE fx_minor <> 0
  ),
  bank AS (
    SELECT t.payout_key, CAST(sum(coalesce(l.amount_minor, 0)) AS BIGINT) AS amount_minor
    FROM told t
    LEFT JOIN (
      SELECT k.payout_key, k.item_key FROM r_payout_links k
      UNION ALL
      SELECT p.payout_key, m.item_key FROM r_mp m JOIN r_payouts p ON p.item_key = m.match_id
      WHERE m.item_key <> m.match_id AND m.stage = 5
    ) b ON b.payout_key = t.payout_key
    LEFT JOIN r_lines l ON l.item_key = b.item_key
    WHERE NOT EXISTS (SELECT 1 FROM r_md m WHERE m.item_key = t.item_key)
    GROUP BY t.payout_key
    UNION ALL
    SELECT t.payout_key, CAST(t.amount_minor + CASE WHEN q.first_payout = t.item_key THEN coalesce(q.residual_minor, 0) ELSE 0 END AS BIGINT)
    FROM told t JOIN r_md m ON m.item_key = t.item_key JOIN r_decisions q ON q.match_id = m.match_id
  ),
  summed AS (
    SELECT payout_key, component, CAST(sum(amount_minor) AS BIGINT) AS amount_minor FROM parts GROUP BY payout_key, component
    UNION ALL SELECT payout_key, 'bank', -amount_minor FROM bank
    UNION ALL
    SELECT b.payout_key, coalesce(q.component, 'residual'), b.amount_minor - t.amount_minor
    FROM bank b JOIN told t ON t.payout_key = b.payout_key
    LEFT JOIN r_md m ON m.item_key = t.item_key
    LEFT JOIN r_decisions q ON q.match_id = m.match_id
    WHERE b.amount_minor <> t.amount_minor
  )
  SELECT t.payout_key, t.account, t.currency, t.exponent, s.component, s.amount_minor
  FROM summed s JOIN told t ON t.payout_key = s.payout_key`;

/** Of the day's bookings on an account: what is matched as payments and payouts, fees, and what is not explained. */
const accountComponents = ({ close }: Dates) => `
  WITH told AS (
    SELECT l.account, l.currency, l.exponent, l.amount_minor, q.component AS decided,
      CASE WHEN q.first_line = l.item_key AND l.currency = l.compared_currency THEN coalesce(q.residual_minor, 0) ELSE 0 END AS residual_minor,
      CASE WHEN l.role = 'fee' THEN 'fees'
           WHEN substr(s.match_id, 1, 2) = 'p|' OR q.payouts > 0 THEN 'payouts'
           WHEN s.state = 'matched' THEN 'payments' ELSE 'residual' END AS component
    FROM r_lines l JOIN r_states s ON s.item_key = l.item_key
    LEFT JOIN r_decisions q ON q.match_id = s.match_id
    WHERE l.side = 'bank' AND l.booking_date = DATE '${close}'
  ),
  parts AS (
    SELECT account, currency, exponent, component, amount_minor - residual_minor AS amount_minor FROM told
    WHERE amount_minor <> residual_minor
    UNION ALL SELECT account, currency, exponent, decided, residual_minor FROM told WHERE residual_minor <> 0
  ),
  explained AS (
    SELECT account, currency, max(exponent) AS exponent, component, CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM parts GROUP BY account, currency, component
  ),
  booked AS (
    SELECT account, currency, max(exponent) AS exponent, CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM statement_lines
    WHERE kind = 'entry' AND status = 'booked' AND format NOT IN ('stripe', 'adyen', 'nacha') AND booking_date = DATE '${close}'
    GROUP BY account, currency
  )
  SELECT account, currency, exponent, component, amount_minor FROM explained
  UNION ALL SELECT account, currency, exponent, 'bank', -amount_minor FROM booked`;
