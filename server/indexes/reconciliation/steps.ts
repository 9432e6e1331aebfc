import type { Step } from "../../batch/definition";
import { decidedStep, decisionSteps, stillClosed } from "./rows-decisions";
import type { Dates } from "./rules";

/**
 * The items of both sides and what they refer to. A payment step that moves money, a booked line (the payments of a
 * grouped entry in its place), a processor's payout. Written in the SQL that DuckDB and Spark both run (docs/design.md).
 */
export const itemSteps = (dates: Dates): Step[] => [
  decidedStep(dates),
  { name: "r_closed", sql: stillClosed(closed(dates)) },
  { name: "r_steps", sql: paymentSteps(dates) },
  { name: "r_refs", sql: REFS },
  { name: "r_grouped", sql: GROUPED },
  { name: "r_batches", sql: BATCHES },
  { name: "r_lines", sql: lines(dates) },
  { name: "r_line_refs", sql: LINE_REFS },
  { name: "r_resolved", sql: RESOLVED },
  { name: "r_payouts", sql: payouts(dates) },
  ...decisionSteps(),
];

/** Members of matches that earlier closes have told: a match once closed stands, whatever comes later. */
const closed = ({ readFrom, close }: Dates) => `
  SELECT item_key, match_id, stage, match_type, confidence, evidence FROM reconciliation
  WHERE row_kind = 'item' AND state = 'matched' AND business_date >= DATE '${readFrom}' AND business_date < DATE '${close}'`;

/** Steps after which money moves: in for SETTLED, out again for the others. Payments of one person with one reference are a thread. */
const paymentSteps = ({ readFrom, close }: Dates) => `
  SELECT 'i|' || source || '|' || source_partition || '|' || CAST(source_offset AS STRING) AS item_key,
    user_id || '|' || coalesce(end_to_end_id, psp_reference, transaction_id) AS thread,
    transaction_id, end_to_end_id, psp_reference, status, payment_type, currency, exponent,
    CASE WHEN status = 'SETTLED' THEN abs(amount_minor) ELSE -abs(amount_minor) END AS amount_minor,
    event_time, business_date, merchant_id, originator_name AS party,
    coalesce(end_to_end_id, psp_reference, transaction_id) AS reference, source, source_partition, source_offset
  FROM transactions
  WHERE status IN ('SETTLED', 'REFUNDED', 'RETURNED', 'CHARGEBACK')
    AND amount_minor <> 0 AND currency IS NOT NULL
    AND business_date >= DATE '${readFrom}' AND business_date <= DATE '${close}'`;

const REFS = `
  SELECT DISTINCT ref, thread FROM (
    SELECT transaction_id AS ref, thread FROM r_steps
    UNION ALL SELECT end_to_end_id, thread FROM r_steps WHERE end_to_end_id IS NOT NULL
    UNION ALL SELECT psp_reference, thread FROM r_steps WHERE psp_reference IS NOT NULL
  )`;

/** Entries whose payments are all told with amounts: they stand in the entry's place. */
const GROUPED = `
  SELECT d.entry_key FROM statement_lines d
  JOIN statement_lines e ON e.line_key = d.entry_key AND e.kind = 'entry'
  WHERE d.kind = 'detail'
  GROUP BY d.entry_key
  HAVING count(*) = count(d.amount_minor) AND CAST(sum(d.amount_minor) AS BIGINT) = max(e.amount_minor)
    AND min(d.currency) = max(e.currency) AND max(d.currency) = max(e.currency)`;

/** A processor's lines are known with the payout they come with. */
const BATCHES = `
  SELECT format, account, batch_id, max(booking_date) AS known_on FROM statement_lines
  WHERE format IN ('stripe', 'adyen') AND batch_id IS NOT NULL
  GROUP BY format, account, batch_id`;

/** compared_*: the amount the payment is asked for, before fees and in the currency it was paid in. */
const lines = ({ readFrom, close }: Dates) => `
  WITH booked AS (
    SELECT l.*, coalesce(r.role, 'payment') AS role, coalesce(b.known_on, l.booking_date) AS known_on,
      CASE WHEN l.format IN ('stripe', 'adyen', 'nacha') THEN 'processor' ELSE 'bank' END AS side,
      CASE WHEN l.charges_included THEN l.charges_minor ELSE 0 END AS fee_minor,
      CASE WHEN l.format = 'nacha' THEN l.file_hash || '|' || coalesce(l.batch_id, '')
           WHEN l.format IN ('stripe', 'adyen') AND l.batch_id IS NOT NULL
           THEN l.format || '|' || l.account || '|' || l.currency || '|' || l.batch_id END AS payout_key
    FROM statement_lines l
    LEFT JOIN aux_roles r ON r.format = l.format AND r.code = l.code
    LEFT JOIN r_grouped g ON g.entry_key = l.entry_key
    LEFT JOIN r_batches b ON b.format = l.format AND b.account = l.account AND b.batch_id = l.batch_id
    WHERE l.status = 'booked' AND l.amount_minor <> 0
      AND (l.kind = 'detail') = (g.entry_key IS NOT NULL)
  )
  SELECT 'e|' || l.line_key AS item_key, l.line_key, l.entry_key, l.side, l.role, l.format, l.account, l.currency, l.exponent,
    l.amount_minor, l.amount_minor + coalesce(l.fee_minor, 0) AS gross_minor, coalesce(l.fee_minor, 0) AS fee_minor,
    l.booking_date, l.known_on, l.code, l.payout_key, l.batch_id, l.exchange_rate,
    l.reversal OR l.return_code IS NOT NULL AS is_return, l.return_code,
    l.end_to_end_id, l.transaction_id, l.instruction_id, l.psp_reference, l.customer_reference, l.creditor_reference,
    coalesce(l.end_to_end_id, l.psp_reference, l.customer_reference, l.transaction_id) AS reference,
    l.counterparty_name AS party, l.remittance,
    CASE WHEN x.exponent IS NOT NULL THEN l.instructed_currency
         WHEN l.side = 'processor' AND l.gross_currency IS NOT NULL THEN l.gross_currency
         ELSE l.currency END AS compared_currency,
    CASE WHEN x.exponent IS NOT NULL THEN
           CASE WHEN l.amount_minor < 0 THEN -1 ELSE 1 END
           * CAST(round(abs(CAST(l.instructed_amount AS DECIMAL(26,8))) * CAST(x.factor AS DECIMAL(10,0))) AS BIGINT)
         WHEN l.side = 'processor' AND l.gross_minor IS NOT NULL THEN l.gross_minor
         ELSE l.amount_minor + coalesce(l.fee_minor, 0) END AS compared_minor
  FROM booked l
  LEFT JOIN aux_exponents x ON x.currency = l.instructed_currency AND l.instructed_currency <> l.currency
  WHERE l.known_on >= DATE '${readFrom}' AND l.known_on <= DATE '${close}'`;

const LINE_REFS = `
  SELECT DISTINCT item_key, ref FROM (
    SELECT item_key, end_to_end_id AS ref FROM r_lines WHERE role = 'payment'
    UNION ALL SELECT item_key, transaction_id FROM r_lines WHERE role = 'payment'
    UNION ALL SELECT item_key, instruction_id FROM r_lines WHERE role = 'payment'
    UNION ALL SELECT item_key, psp_reference FROM r_lines WHERE role = 'payment'
    UNION ALL SELECT item_key, customer_reference FROM r_lines WHERE role = 'payment'
    UNION ALL SELECT item_key, creditor_reference FROM r_lines WHERE role = 'payment'
  ) WHERE ref IS NOT NULL`;

/** The thread a line's references lead to. Where they lead to several, the one that holds its very amount, if one does. */
const RESOLVED = `
  WITH candidates AS (
    SELECT DISTINCT l.item_key, r.thread FROM r_line_refs l JOIN r_refs r ON r.ref = l.ref
  ),
  counted AS (SELECT item_key, count(*) AS threads, min(thread) AS thread FROM candidates GROUP BY item_key),
  narrowed AS (
    SELECT c.item_key, count(DISTINCT c.thread) AS threads, min(c.thread) AS thread
    FROM candidates c
    JOIN counted n ON n.item_key = c.item_key AND n.threads > 1
    JOIN r_lines l ON l.item_key = c.item_key
    JOIN r_steps s ON s.thread = c.thread AND s.currency = l.compared_currency AND s.amount_minor = l.compared_minor
    GROUP BY c.item_key
  )
  SELECT c.item_key, c.threads,
    CASE WHEN c.threads = 1 THEN c.thread WHEN n.threads = 1 THEN n.thread END AS thread
  FROM counted c LEFT JOIN narrowed n ON n.item_key = c.item_key`;

/** What a processor pays out: its lines together, as the bank must show them. */
const payouts = ({ close }: Dates) => `
  WITH totals AS (
    SELECT payout_key, max(format) AS format, max(account) AS account, max(currency) AS currency,
      max(exponent) AS exponent, max(known_on) AS known_on, max(batch_id) AS batch_id,
      max(CASE WHEN role = 'payout' THEN coalesce(psp_reference, transaction_id) END) AS payout_reference,
      CAST(sum(CASE WHEN role = 'payout' THEN 0 ELSE amount_minor END) AS BIGINT) AS amount_minor
    FROM r_lines WHERE payout_key IS NOT NULL GROUP BY payout_key
  )
  SELECT 'p|' || t.payout_key AS item_key, t.payout_key, t.format, t.account, t.currency, t.exponent, t.known_on,
    coalesce(t.payout_reference, t.batch_id) AS reference, t.batch_id, t.amount_minor
  FROM totals t WHERE t.known_on <= DATE '${close}'`;
