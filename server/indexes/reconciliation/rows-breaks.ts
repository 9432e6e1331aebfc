import type { Step } from "../../batch/definition";

/**
 * What is left after the stages, and why: each step and line in exactly one of these, in this order. `r_broken` holds
 * item, break, kind, the field that differs with both values, and the difference where amounts can be compared.
 */
export const breakSteps = (): Step[] => [
  { name: "r_b_payout", sql: PAYOUT_DIFFERS },
  { name: "r_m5", sql: STAGE_FIVE },
  { name: "r_b_near", sql: NEAR },
  { name: "r_i5", sql: without("r_i4", ["r_m5", "r_b_near"]) },
  { name: "r_e5", sql: without("r_e4", ["r_m5", "r_b_near"]) },
  { name: "r_b_split", sql: SPLIT },
  { name: "r_i6", sql: without("r_i5", ["r_b_split"]) },
  { name: "r_e6", sql: without("r_e5", ["r_b_split"]) },
  { name: "r_b_amount", sql: AMOUNT },
  { name: "r_i7", sql: without("r_i6", ["r_b_amount"]) },
  { name: "r_e7", sql: without("r_e6", ["r_b_amount"]) },
  { name: "r_b_other", sql: DIRECTION_OR_CURRENCY },
  { name: "r_i8", sql: `${without("r_i7", ["r_b_other"])} UNION ALL ${APART_STEPS}` },
  { name: "r_e8", sql: `${without("r_e7", ["r_b_other"])} UNION ALL ${APART_LINES}` },
  { name: "r_new_matches", sql: MATCHES },
  { name: "r_matches", sql: ALL_MATCHES },
  { name: "r_unsettled", sql: UNSETTLED },
  { name: "r_b_lines", sql: LINES_ALONE },
  { name: "r_b_steps", sql: STEPS_ALONE },
  { name: "r_broken", sql: BROKEN },
];

const without = (items: string, taken: readonly string[]) =>
  `SELECT x.* FROM ${items} x WHERE ${taken.map((name) => `NOT EXISTS (SELECT 1 FROM ${name} t WHERE t.item_key = x.item_key)`).join(" AND ")}`;

/** Items a person has taken apart wait alone for what a person decides next. */
const APART_STEPS = "SELECT s.* FROM r_steps s JOIN r_apart a ON a.item_key = s.item_key";
const APART_LINES = `SELECT l.*, r.thread, coalesce(r.threads, 0) AS threads FROM r_lines l
  JOIN r_apart a ON a.item_key = l.item_key LEFT JOIN r_resolved r ON r.item_key = l.item_key WHERE l.role = 'payment'`;

const NO_VALUES =
  "CAST(NULL AS STRING) AS field, CAST(NULL AS STRING) AS internal_value, CAST(NULL AS STRING) AS external_value, CAST(NULL AS BIGINT) AS difference_minor";

/** A payout the bank names, with another amount. */
const PAYOUT_DIFFERS = `
  WITH named AS (
    SELECT k.payout_key, CAST(sum(l.amount_minor) AS BIGINT) AS amount_minor
    FROM r_payout_links k JOIN r_lines l ON l.item_key = k.item_key GROUP BY k.payout_key
  ),
  differing AS (
    SELECT p.item_key AS payout, p.payout_key, p.amount_minor AS internal_minor, n.amount_minor AS external_minor
    FROM r_payouts p JOIN named n ON n.payout_key = p.payout_key AND n.amount_minor <> p.amount_minor
  ),
  members AS (
    SELECT payout AS item_key, differing.* FROM differing
    UNION ALL SELECT k.item_key, d.* FROM differing d JOIN r_payout_links k ON k.payout_key = d.payout_key
  )
  SELECT item_key, payout AS break_id, CASE WHEN external_minor > internal_minor THEN 'amount_over' ELSE 'amount_under' END AS kind,
    'amount' AS field, CAST(internal_minor AS STRING) AS internal_value, CAST(external_minor AS STRING) AS external_value,
    external_minor - internal_minor AS difference_minor
  FROM members`;

/** The only candidates of each other, the line with no reference of its own. */
const STAGE_FIVE = `
  WITH sole AS (SELECT step, line, likeness FROM r_candidates WHERE lines = 1 AND steps = 1 AND NOT names_another)
  SELECT step AS item_key, line AS match_id, 5 AS stage, '1:1' AS match_type,
    CAST(0.5 AS DOUBLE) + likeness * CAST(0.4 AS DOUBLE) AS confidence, 'same amount, day and counterparty, no other candidate' AS evidence FROM sole
  UNION ALL
  SELECT line, line, 5, '1:1', CAST(0.5 AS DOUBLE) + likeness * CAST(0.4 AS DOUBLE), 'same amount, day and counterparty, no other candidate' FROM sole`;

/** The same payment under another reference; or several candidates, none of which can be told from the others. */
const NEAR = `
  WITH mismatch AS (
    SELECT c.step, c.line, s.reference AS internal_value, l.reference AS external_value
    FROM r_candidates c JOIN r_steps s ON s.item_key = c.step JOIN r_lines l ON l.item_key = c.line
    WHERE c.lines = 1 AND c.steps = 1 AND c.names_another
  ),
  unclear AS (
    SELECT step AS item_key, min(line) AS break_id, count(*) AS others FROM r_candidates WHERE NOT (lines = 1 AND steps = 1) GROUP BY step
    UNION ALL
    SELECT line, min(line), count(*) FROM r_candidates WHERE NOT (lines = 1 AND steps = 1) GROUP BY line
  )
  SELECT step AS item_key, line AS break_id, 'reference_mismatch' AS kind, 'reference' AS field, internal_value, external_value,
    CAST(0 AS BIGINT) AS difference_minor FROM mismatch
  UNION ALL
  SELECT line, line, 'reference_mismatch', 'reference', internal_value, external_value, CAST(0 AS BIGINT) FROM mismatch
  UNION ALL
  SELECT item_key, break_id, 'ambiguous', 'candidates', '1', CAST(others AS STRING), CAST(NULL AS BIGINT) FROM unclear`;

/** Several lines of a thread that do not yet add up to its payment. */
const SPLIT = `
  WITH s AS (
    SELECT thread, currency, amount_minor > 0 AS inward, min(item_key) AS break_id, CAST(sum(amount_minor) AS BIGINT) AS internal_minor
    FROM r_i5 GROUP BY thread, currency, amount_minor > 0
  ),
  l AS (
    SELECT thread, compared_currency, compared_minor > 0 AS inward, count(*) AS lines, CAST(sum(compared_minor) AS BIGINT) AS external_minor
    FROM r_e5 WHERE thread IS NOT NULL GROUP BY thread, compared_currency, compared_minor > 0
  ),
  short AS (
    SELECT s.thread, s.currency, s.inward, s.break_id, s.internal_minor, l.external_minor
    FROM s JOIN l ON l.thread = s.thread AND l.compared_currency = s.currency AND l.inward = s.inward
    WHERE l.lines > 1 AND abs(l.external_minor) < abs(s.internal_minor)
  ),
  members AS (
    SELECT i.item_key, x.* FROM r_i5 i JOIN short x ON x.thread = i.thread AND x.currency = i.currency AND x.inward = (i.amount_minor > 0)
    UNION ALL
    SELECT e.item_key, x.* FROM r_e5 e JOIN short x ON x.thread = e.thread AND x.currency = e.compared_currency AND x.inward = (e.compared_minor > 0)
  )
  SELECT item_key, break_id, 'split_incomplete' AS kind, 'amount' AS field, CAST(internal_minor AS STRING) AS internal_value,
    CAST(external_minor AS STRING) AS external_value, external_minor - internal_minor AS difference_minor
  FROM members`;

const paired = (kind: string, field: string, internal: string, external: string, difference: string) => `
  SELECT step AS item_key, step AS break_id, ${kind} AS kind, ${field} AS field, ${internal} AS internal_value,
    ${external} AS external_value, ${difference} AS difference_minor FROM pairs
  UNION ALL
  SELECT line, step, ${kind}, ${field}, ${internal}, ${external}, ${difference} FROM pairs`;

/** One payment and one line of a thread, the same way and currency, with amounts that differ. */
const AMOUNT = `
  WITH s AS (
    SELECT item_key, thread, currency, amount_minor,
      row_number() OVER (PARTITION BY thread, currency, amount_minor > 0 ORDER BY abs(amount_minor), event_time, item_key) AS nth
    FROM r_i6
  ),
  l AS (
    SELECT item_key, thread, compared_currency, compared_minor,
      row_number() OVER (PARTITION BY thread, compared_currency, compared_minor > 0 ORDER BY abs(compared_minor), known_on, item_key) AS nth
    FROM r_e6 WHERE thread IS NOT NULL
  ),
  pairs AS (
    SELECT s.item_key AS step, l.item_key AS line, s.amount_minor AS internal_minor, l.compared_minor AS external_minor,
      s.amount_minor * 10 = l.compared_minor OR s.amount_minor * 100 = l.compared_minor OR s.amount_minor * 1000 = l.compared_minor
      OR l.compared_minor * 10 = s.amount_minor OR l.compared_minor * 100 = s.amount_minor OR l.compared_minor * 1000 = s.amount_minor AS shifted
    FROM s JOIN l ON l.thread = s.thread AND l.compared_currency = s.currency AND (l.compared_minor > 0) = (s.amount_minor > 0) AND l.nth = s.nth
  )${paired(
    "CASE WHEN shifted THEN 'exponent' WHEN abs(external_minor) > abs(internal_minor) THEN 'amount_over' ELSE 'amount_under' END",
    "'amount'",
    "CAST(internal_minor AS STRING)",
    "CAST(external_minor AS STRING)",
    "external_minor - internal_minor",
  )}`;

/** One payment and one line of a thread, the other way round or in another currency. */
const DIRECTION_OR_CURRENCY = `
  WITH s AS (
    SELECT item_key, thread, currency, amount_minor, row_number() OVER (PARTITION BY thread ORDER BY abs(amount_minor), event_time, item_key) AS nth
    FROM r_i7
  ),
  l AS (
    SELECT item_key, thread, compared_currency, compared_minor,
      row_number() OVER (PARTITION BY thread ORDER BY abs(compared_minor), known_on, item_key) AS nth
    FROM r_e7 WHERE thread IS NOT NULL AND NOT is_return
  ),
  pairs AS (
    SELECT s.item_key AS step, l.item_key AS line, s.currency AS internal_currency, l.compared_currency AS external_currency,
      s.amount_minor AS internal_minor, l.compared_minor AS external_minor, s.currency = l.compared_currency AS same_currency
    FROM s JOIN l ON l.thread = s.thread AND l.nth = s.nth
  )${paired(
    "CASE WHEN same_currency THEN 'direction' ELSE 'currency' END",
    "CASE WHEN same_currency THEN 'amount' ELSE 'currency' END",
    "CASE WHEN same_currency THEN CAST(internal_minor AS STRING) ELSE internal_currency END",
    "CASE WHEN same_currency THEN CAST(external_minor AS STRING) ELSE external_currency END",
    "CASE WHEN same_currency THEN external_minor - internal_minor END",
  )}`;

const MATCHES = ["r_m0", "r_md", "r_mp", "r_m1", "r_m2", "r_m3", "r_m4", "r_m5"]
  .map((name) => `SELECT item_key, match_id, stage, match_type, confidence, evidence FROM ${name}`)
  .join(" UNION ALL ");

/** With those of earlier closes whose members are still looked at. */
const ALL_MATCHES = `
  SELECT item_key, match_id, stage, match_type, confidence, evidence FROM r_new_matches
  UNION ALL
  SELECT c.item_key, c.match_id, c.stage, c.match_type, c.confidence, c.evidence FROM r_closed c
  WHERE EXISTS (SELECT 1 FROM r_steps s WHERE s.item_key = c.item_key)
    OR EXISTS (SELECT 1 FROM r_lines l WHERE l.item_key = c.item_key AND l.role <> 'payout')
    OR EXISTS (SELECT 1 FROM r_payouts p WHERE p.item_key = c.item_key)`;

/** Payments that lines name though no money of theirs has moved, by our books: the newest status of each reference. */
const UNSETTLED = `
  WITH wanted AS (
    SELECT DISTINCT f.ref FROM r_e8 e JOIN r_line_refs f ON f.item_key = e.item_key WHERE e.threads = 0
  ),
  told AS (
    SELECT transaction_id AS ref, transaction_id, status, event_time FROM transactions WHERE transaction_id IN (SELECT ref FROM wanted)
    UNION ALL SELECT end_to_end_id, transaction_id, status, event_time FROM transactions WHERE end_to_end_id IN (SELECT ref FROM wanted)
    UNION ALL SELECT psp_reference, transaction_id, status, event_time FROM transactions WHERE psp_reference IN (SELECT ref FROM wanted)
  )
  SELECT f.item_key, max_by(t.status, t.event_time) AS status, max_by(t.transaction_id, t.event_time) AS transaction_id
  FROM r_line_refs f JOIN told t ON t.ref = f.ref GROUP BY f.item_key`;

/** Lines with no payment beside them. */
const LINES_ALONE = `
  WITH taken AS (
    SELECT DISTINCT r.thread, l.compared_currency, l.compared_minor FROM r_lines l
    JOIN r_matches m ON m.item_key = l.item_key
    JOIN r_resolved r ON r.item_key = l.item_key AND r.thread IS NOT NULL
  ),
  settled AS (SELECT DISTINCT thread FROM r_steps WHERE status = 'SETTLED')
  SELECT e.item_key, e.item_key AS break_id,
    CASE WHEN t.thread IS NOT NULL THEN 'duplicate_external'
         WHEN e.thread IS NOT NULL AND e.compared_minor < 0 AND s.thread IS NOT NULL THEN 'returned'
         WHEN e.threads > 1 AND e.thread IS NULL THEN 'ambiguous'
         WHEN u.item_key IS NOT NULL THEN 'status_conflict'
         WHEN e.is_return AND e.thread IS NULL THEN 'return_unmatched'
         ELSE 'missing_internal' END AS kind,
    CASE WHEN t.thread IS NOT NULL THEN CAST(NULL AS STRING)
         WHEN e.thread IS NOT NULL AND e.compared_minor < 0 AND s.thread IS NOT NULL THEN 'status'
         WHEN e.threads > 1 AND e.thread IS NULL THEN 'candidates'
         WHEN u.item_key IS NOT NULL THEN 'status' END AS field,
    CASE WHEN t.thread IS NOT NULL THEN CAST(NULL AS STRING)
         WHEN e.thread IS NOT NULL AND e.compared_minor < 0 AND s.thread IS NOT NULL THEN 'SETTLED'
         WHEN e.threads > 1 AND e.thread IS NULL THEN CAST(e.threads AS STRING)
         ELSE u.status END AS internal_value,
    CASE WHEN t.thread IS NOT NULL THEN CAST(NULL AS STRING)
         WHEN e.thread IS NOT NULL AND e.compared_minor < 0 AND s.thread IS NOT NULL THEN CASE WHEN e.side = 'processor' AND e.format <> 'nacha' THEN 'CHARGEBACK' ELSE 'RETURNED' END
         WHEN e.threads > 1 AND e.thread IS NULL THEN '1'
         WHEN u.item_key IS NOT NULL THEN 'booked' END AS external_value,
    e.compared_minor AS difference_minor
  FROM r_e8 e
  LEFT JOIN taken t ON t.thread = e.thread AND t.compared_currency = e.compared_currency AND t.compared_minor = e.compared_minor
  LEFT JOIN settled s ON s.thread = e.thread
  LEFT JOIN r_unsettled u ON u.item_key = e.item_key`;

/** Steps with no line: a second telling of a payment that is matched, or missing. Those not yet due are in flight, by the close. */
const STEPS_ALONE = `
  WITH taken AS (
    SELECT DISTINCT s.thread, s.status, s.currency, s.amount_minor FROM r_steps s JOIN r_matches m ON m.item_key = s.item_key
  )
  SELECT i.item_key, i.item_key AS break_id, CASE WHEN t.thread IS NOT NULL THEN 'duplicate_internal' ELSE 'missing_external' END AS kind,
    ${NO_VALUES.replace("CAST(NULL AS BIGINT)", "-i.amount_minor")}
  FROM r_i8 i
  LEFT JOIN taken t ON t.thread = i.thread AND t.status = i.status AND t.currency = i.currency AND t.amount_minor = i.amount_minor
  UNION ALL
  SELECT p.item_key, p.item_key, 'missing_external', ${NO_VALUES.replace("CAST(NULL AS BIGINT)", "-p.amount_minor").replaceAll(/ AS (field|internal_value|external_value|difference_minor)/g, "")}
  FROM r_payouts p
  WHERE NOT EXISTS (SELECT 1 FROM r_matches m WHERE m.item_key = p.item_key)
    AND NOT EXISTS (SELECT 1 FROM r_b_payout b WHERE b.item_key = p.item_key)`;

const BROKEN = ["r_b_payout", "r_b_near", "r_b_split", "r_b_amount", "r_b_other", "r_b_lines", "r_b_steps"]
  .map(
    (name) => `SELECT item_key, break_id, kind, field, internal_value, external_value, difference_minor FROM ${name}`,
  )
  .join(" UNION ALL ");
