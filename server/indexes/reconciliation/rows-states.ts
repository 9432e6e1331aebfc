import type { Step } from "../../batch/definition";
import { due } from "./rows-matches";
import { calendarKey, type Dates } from "./rules";
import type { ReconciliationSettings } from "./settings";

/** One state for every item, what the close tells of, and findings about matches made that day. */
export const stateSteps = (dates: Dates, settings: ReconciliationSettings): Step[] => [
  { name: "r_items", sql: ITEMS },
  { name: "r_match_dates", sql: MATCH_DATES },
  { name: "r_open_or_new", sql: openOrNew(dates) },
  {
    name: "r_shown_steps",
    sql: "SELECT s.* FROM r_steps s WHERE EXISTS (SELECT 1 FROM r_open_or_new o WHERE o.item_key = s.item_key)",
  },
  { name: "r_due", sql: dueOfAll() },
  { name: "r_states", sql: states(dates) },
  { name: "r_line_payments", sql: LINE_PAYMENTS },
  { name: "r_pairs_now", sql: PAIRS_NOW },
  { name: "r_rates_now", sql: ratesNow(settings) },
  { name: "r_findings", sql: FINDINGS },
];

const ITEMS = `
  SELECT item_key, 'internal' AS side, 'payment' AS role, currency, amount_minor, business_date AS item_date FROM r_steps
  UNION ALL SELECT item_key, side, role, currency, amount_minor, known_on FROM r_lines WHERE role <> 'payout'
  UNION ALL SELECT item_key, 'processor', 'payout', currency, amount_minor, known_on FROM r_payouts`;

const MATCH_DATES = `
  SELECT m.match_id, max(i.item_date) AS match_date FROM r_new_matches m JOIN r_items i ON i.item_key = m.item_key GROUP BY m.match_id`;

const openOrNew = ({ tellFrom }: Dates) => `
  SELECT i.item_key FROM r_items i
  LEFT JOIN r_matches m ON m.item_key = i.item_key
  LEFT JOIN r_match_dates d ON d.match_id = m.match_id
  WHERE (m.item_key IS NULL AND i.item_date >= DATE '${tellFrom}') OR d.match_id IS NOT NULL`;

const dueOfAll = () => `${due("r_shown_steps")}
  UNION ALL
  SELECT p.item_key, o.payout_due_on, o.payout_overdue_from FROM r_payouts p
  JOIN aux_other_due o ON o.calendar = ${calendarKey("p.currency")} AND o.day = p.known_on`;

/** An item with two answers, or none, would show here as two rows or a null state; the controls refuse the run then. */
const states = ({ close }: Dates) => `
  SELECT i.*, m.match_id, m.stage, m.match_type, m.confidence, d.match_date,
    CASE WHEN a.item_key IS NOT NULL THEN 'taken apart by a person' ELSE m.evidence END AS evidence,
    CASE WHEN b.kind = 'missing_external' AND u.due_on > DATE '${close}' THEN CAST(NULL AS STRING) ELSE b.break_id END AS break_id,
    CASE WHEN b.kind = 'missing_external' AND u.due_on > DATE '${close}' THEN CAST(NULL AS STRING) ELSE b.kind END AS kind,
    b.field, b.internal_value, b.external_value,
    CASE WHEN b.kind = 'missing_external' AND u.due_on > DATE '${close}' THEN CAST(NULL AS BIGINT) ELSE coalesce(b.difference_minor, q.residual_minor) END AS difference_minor,
    u.due_on, u.overdue_from,
    CASE WHEN m.item_key IS NOT NULL THEN 'matched'
         WHEN b.kind = 'missing_external' AND u.due_on > DATE '${close}' THEN 'in_flight'
         WHEN b.item_key IS NOT NULL THEN 'break' END AS state
  FROM r_items i
  LEFT JOIN r_matches m ON m.item_key = i.item_key
  LEFT JOIN r_match_dates d ON d.match_id = m.match_id
  LEFT JOIN r_decisions q ON q.match_id = m.match_id
  LEFT JOIN (SELECT DISTINCT item_key FROM r_apart) a ON a.item_key = i.item_key
  LEFT JOIN r_broken b ON b.item_key = i.item_key
  LEFT JOIN r_due u ON u.item_key = i.item_key`;

/** The payment a told line is about: its partner in a match or break, else the first of the thread it names. */
const LINE_PAYMENTS = `
  WITH partners AS (
    SELECT coalesce(s.match_id, s.break_id) AS together, min(i.transaction_id) AS transaction_id
    FROM r_states s JOIN r_shown_steps i ON i.item_key = s.item_key WHERE s.state <> 'in_flight'
    GROUP BY coalesce(s.match_id, s.break_id)
  ),
  told AS (SELECT s.item_key, coalesce(s.match_id, s.break_id) AS together FROM r_states s JOIN r_open_or_new o ON o.item_key = s.item_key WHERE s.side <> 'internal'),
  alone AS (
    SELECT t.item_key, min(i.transaction_id) AS transaction_id
    FROM told t JOIN r_resolved r ON r.item_key = t.item_key JOIN r_steps i ON i.thread = r.thread
    WHERE NOT EXISTS (SELECT 1 FROM partners p WHERE p.together = t.together)
    GROUP BY t.item_key
  )
  SELECT t.item_key, coalesce(p.transaction_id, a.transaction_id, u.transaction_id) AS transaction_id
  FROM told t
  LEFT JOIN partners p ON p.together = t.together
  LEFT JOIN alone a ON a.item_key = t.item_key
  LEFT JOIN r_unsettled u ON u.item_key = t.item_key`;

/** Payments matched by this close with one line each: the payment beside its line. */
const PAIRS_NOW = `
  SELECT s.item_key AS step, l.item_key AS line, s.transaction_id, s.status, s.payment_type, s.business_date, s.event_time,
    l.side, l.format, l.account, l.currency, l.exponent, l.gross_minor, l.fee_minor, l.booking_date, l.known_on,
    l.compared_currency, l.compared_minor, l.exchange_rate, l.line_key, l.payout_key, l.reference, u.due_on, u.overdue_from, m.match_id
  FROM r_match_dates d
  JOIN r_matches m ON m.match_id = d.match_id AND m.match_type = '1:1'
  JOIN r_lines l ON l.item_key = m.item_key
  JOIN r_matches n ON n.match_id = m.match_id AND n.item_key <> m.item_key
  JOIN r_steps s ON s.item_key = n.item_key
  LEFT JOIN r_due u ON u.item_key = s.item_key`;

/** What a conversion should have come to at the day's reference rate. */
const ratesNow = ({ rateToleranceMinor, rateTolerancePercent }: ReconciliationSettings) => `
  WITH agreed AS (
    SELECT l.item_key, l.gross_minor, r.rate,
      CAST(round(CAST(l.compared_minor AS DECIMAL(18,0)) * CAST(r.multiplier AS DECIMAL(20,12))) AS BIGINT) AS agreed_minor
    FROM r_lines l
    JOIN aux_rates r ON r.from_currency = l.compared_currency AND r.to_currency = l.currency AND r.day = l.booking_date
    WHERE l.compared_currency <> l.currency
  )
  SELECT item_key, rate, agreed_minor, gross_minor - agreed_minor AS difference_minor,
    abs(gross_minor - agreed_minor) > ${rateToleranceMinor}
    AND CAST(abs(gross_minor - agreed_minor) AS DECIMAL(28,8)) * CAST(100 AS DECIMAL(3,0))
      > CAST(abs(agreed_minor) AS DECIMAL(20,0)) * CAST('${rateTolerancePercent}' AS DECIMAL(17,8)) AS is_off
  FROM agreed`;

/** Fees by plan, conversions by the day's rate, bookings after they were due, files that were refused. */
const FINDINGS = `
  WITH fees AS (
    SELECT p.*, greatest(least(
        CAST(round(CAST(p.gross_minor AS DECIMAL(18,0)) * CAST(f.share AS DECIMAL(20,12))) AS BIGINT) + f.fixed_minor,
        coalesce(f.maximum_minor, 9223372036854775807)), coalesce(f.minimum_minor, 0)) AS agreed_minor
    FROM r_pairs_now p
    JOIN aux_fees f ON f.format = p.format AND f.currency = p.currency AND f.payment_type = p.payment_type
      AND p.business_date >= f.since AND p.business_date < f.until
    WHERE p.status = 'SETTLED' AND p.gross_minor > 0
  )
  SELECT line AS item_key, match_id, 'fee_variance' AS kind, 'fee' AS field, CAST(agreed_minor AS STRING) AS internal_value,
    CAST(fee_minor AS STRING) AS external_value, fee_minor - agreed_minor AS difference_minor
  FROM fees WHERE fee_minor <> agreed_minor
  UNION ALL
  SELECT p.line, p.match_id, 'fx_rate', 'rate', r.rate, coalesce(p.exchange_rate, CAST(p.gross_minor AS STRING)), r.difference_minor
  FROM r_pairs_now p JOIN r_rates_now r ON r.item_key = p.line AND r.is_off
  UNION ALL
  SELECT line, match_id, 'late', 'date', CAST(due_on AS STRING), CAST(known_on AS STRING), CAST(NULL AS BIGINT)
  FROM r_pairs_now WHERE status = 'SETTLED' AND known_on > due_on`;
