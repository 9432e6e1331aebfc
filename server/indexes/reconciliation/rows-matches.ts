import type { Step } from "../../batch/definition";
import { notDecided } from "./rows-decisions";
import { calendarKey, type Dates } from "./rules";
import type { ReconciliationSettings } from "./settings";

/**
 * The five stages of PRODUCT.md section 2, each over what the ones before have left. `r_matches` holds a row per
 * member: item, match, stage, type, confidence, evidence. A match is named after its first line.
 */
export const matchSteps = (dates: Dates, settings: ReconciliationSettings): Step[] => [
  { name: "r_m0", sql: SELF_EXPLAINED },
  { name: "r_payout_refs", sql: PAYOUT_REFS },
  { name: "r_payout_links", sql: PAYOUT_LINKS },
  { name: "r_mp", sql: PAYOUTS },
  { name: "r_payment_lines", sql: PAYMENT_LINES },
  { name: "r_open_steps", sql: `SELECT s.* FROM r_steps s WHERE ${notClosed("s")} AND ${notDecided("s")}` },
  { name: "r_m1", sql: SAME_AMOUNT },
  { name: "r_i1", sql: leftSteps("r_open_steps", "r_m1") },
  { name: "r_e1", sql: leftLines("r_payment_lines", "r_m1") },
  { name: "r_m2", sql: withinTolerance(settings) },
  { name: "r_i2", sql: leftSteps("r_i1", "r_m2") },
  { name: "r_e2", sql: leftLines("r_e1", "r_m2") },
  { name: "r_m3", sql: SUMS },
  { name: "r_i3", sql: leftSteps("r_i2", "r_m3") },
  { name: "r_e3", sql: leftLines("r_e2", "r_m3") },
  { name: "r_due3", sql: due("r_i3") },
  { name: "r_m4", sql: BY_MERCHANT_DAY },
  { name: "r_i4", sql: leftSteps("r_i3", "r_m4") },
  { name: "r_e4", sql: leftLines("r_e3", "r_m4") },
  { name: "r_candidates", sql: candidates(dates, settings) },
];

const notClosed = (alias: string) => `NOT EXISTS (SELECT 1 FROM r_closed c WHERE c.item_key = ${alias}.item_key)`;

const left = (items: string, taken: string) =>
  `SELECT x.* FROM ${items} x WHERE NOT EXISTS (SELECT 1 FROM ${taken} m WHERE m.item_key = x.item_key)`;
const leftSteps = left;
const leftLines = left;

/** Charges, reserves and payouts of nothing are told by the statement itself; a payout's own row is told by the payout. */
const SELF_EXPLAINED = `
  SELECT item_key, item_key AS match_id, 0 AS stage, 'charge' AS match_type, CAST(1.0 AS DOUBLE) AS confidence,
    'stated as ' || role AS evidence
  FROM r_lines l WHERE role IN ('fee', 'reserve') AND ${notClosed("l")}
  UNION ALL
  SELECT item_key, item_key, 0, 'charge', CAST(1.0 AS DOUBLE), 'nothing to pay out' FROM r_payouts p
  WHERE amount_minor = 0 AND ${notClosed("p")} AND ${notDecided("p")}`;

/** Names a payout goes by. Short batch numbers are nobody's reference. */
const PAYOUT_REFS = `
  SELECT DISTINCT ref, payout_key FROM (
    SELECT transaction_id AS ref, payout_key FROM r_lines WHERE role = 'payout'
    UNION ALL SELECT psp_reference, payout_key FROM r_lines WHERE role = 'payout'
    UNION ALL SELECT batch_id, payout_key FROM r_lines WHERE role = 'payout' AND length(batch_id) >= 6
  ) WHERE ref IS NOT NULL AND payout_key IS NOT NULL`;

/** Bank lines that name a payout. */
const PAYOUT_LINKS = `
  SELECT l.item_key, min(r.payout_key) AS payout_key
  FROM r_lines l
  JOIN r_line_refs f ON f.item_key = l.item_key
  JOIN r_payout_refs r ON r.ref = f.ref
  JOIN r_payouts p ON p.payout_key = r.payout_key AND p.currency = l.currency
  WHERE l.side = 'bank' AND ${notClosed("l")} AND ${notClosed("p")} AND ${notDecided("l")} AND ${notDecided("p")}
  GROUP BY l.item_key HAVING count(DISTINCT r.payout_key) = 1`;

/** Stage 3: the lines of a payout, less fees, are one bank line, or several, that name it; else (stage 5) the only line of its amount within a week. */
const PAYOUTS = `
  WITH named AS (
    SELECT k.payout_key, count(*) AS lines, CAST(sum(l.amount_minor) AS BIGINT) AS amount_minor
    FROM r_payout_links k JOIN r_lines l ON l.item_key = k.item_key GROUP BY k.payout_key
  ),
  agreed AS (
    SELECT p.item_key AS payout, p.payout_key, n.lines FROM r_payouts p
    JOIN named n ON n.payout_key = p.payout_key AND n.amount_minor = p.amount_minor WHERE p.amount_minor <> 0
  ),
  unnamed AS (
    SELECT p.item_key AS payout, l.item_key AS line,
      count(*) OVER (PARTITION BY p.item_key) AS lines, count(*) OVER (PARTITION BY l.item_key) AS payouts
    FROM r_payouts p
    JOIN r_lines l ON l.currency = p.currency AND l.amount_minor = p.amount_minor AND l.side = 'bank' AND l.role = 'payment'
      AND l.booking_date >= p.known_on AND l.booking_date <= date_add(p.known_on, 7)
    WHERE p.amount_minor <> 0 AND ${notClosed("l")} AND ${notClosed("p")} AND ${notDecided("l")} AND ${notDecided("p")}
      AND NOT EXISTS (SELECT 1 FROM named n WHERE n.payout_key = p.payout_key)
      AND NOT EXISTS (SELECT 1 FROM r_payout_links k WHERE k.item_key = l.item_key)
      AND NOT EXISTS (SELECT 1 FROM r_resolved r WHERE r.item_key = l.item_key)
  ),
  sole AS (SELECT payout, line FROM unnamed WHERE lines = 1 AND payouts = 1)
  SELECT payout AS item_key, payout AS match_id, 3 AS stage, CASE WHEN lines = 1 THEN 'n:1' ELSE 'n:m' END AS match_type,
    CAST(1.0 AS DOUBLE) AS confidence, 'payout named by the bank, its lines less fees' AS evidence FROM agreed
  UNION ALL
  SELECT k.item_key, a.payout, 3, CASE WHEN a.lines = 1 THEN 'n:1' ELSE 'n:m' END, CAST(1.0 AS DOUBLE),
    'payout named by the bank, its lines less fees'
  FROM agreed a JOIN r_payout_links k ON k.payout_key = a.payout_key
  UNION ALL
  SELECT payout, payout, 5, 'n:1', CAST(0.8 AS DOUBLE), 'the only bank line of that amount within seven days' FROM sole
  UNION ALL
  SELECT line, payout, 5, 'n:1', CAST(0.8 AS DOUBLE), 'the only bank line of that amount within seven days' FROM sole`;

/** Lines that must have a payment on our side, with the thread they name. */
const PAYMENT_LINES = `
  SELECT l.*, r.thread, coalesce(r.threads, 0) AS threads FROM r_lines l
  LEFT JOIN r_resolved r ON r.item_key = l.item_key
  WHERE l.role = 'payment' AND ${notClosed("l")} AND ${notDecided("l")}
    AND NOT EXISTS (SELECT 1 FROM r_mp m WHERE m.item_key = l.item_key)
    AND NOT EXISTS (SELECT 1 FROM r_payout_links k WHERE k.item_key = l.item_key)`;

const pairs = (select: string, stage: number, confidence: number, evidence: string) => `
  paired AS (${select})
  SELECT step AS item_key, line AS match_id, ${stage} AS stage, '1:1' AS match_type, CAST(${confidence} AS DOUBLE) AS confidence,
    '${evidence}' AS evidence FROM paired
  UNION ALL
  SELECT line, line, ${stage}, '1:1', CAST(${confidence} AS DOUBLE), '${evidence}' FROM paired`;

/** Stage 1. Equal payments of a thread are paired with equal lines in the order of time. */
const SAME_AMOUNT = `
  WITH s AS (
    SELECT item_key, thread, currency, amount_minor,
      row_number() OVER (PARTITION BY thread, currency, amount_minor ORDER BY event_time, item_key) AS nth
    FROM r_open_steps
  ),
  l AS (
    SELECT item_key, thread, compared_currency, compared_minor,
      row_number() OVER (PARTITION BY thread, compared_currency, compared_minor ORDER BY known_on, item_key) AS nth
    FROM r_payment_lines WHERE thread IS NOT NULL
  ),${pairs(
    `SELECT s.item_key AS step, l.item_key AS line FROM s JOIN l ON l.thread = s.thread AND l.compared_currency = s.currency
      AND l.compared_minor = s.amount_minor AND l.nth = s.nth`,
    1,
    1,
    "same reference, currency and amount",
  )}`;

/** Stage 2. Within a thread the nth largest is paired with the nth largest, each way apart. */
const withinTolerance = ({ toleranceMinor, tolerancePercent }: ReconciliationSettings) => `
  WITH s AS (
    SELECT item_key, thread, currency, amount_minor,
      row_number() OVER (PARTITION BY thread, currency, amount_minor > 0 ORDER BY abs(amount_minor), event_time, item_key) AS nth
    FROM r_i1
  ),
  l AS (
    SELECT item_key, thread, compared_currency, compared_minor,
      row_number() OVER (PARTITION BY thread, compared_currency, compared_minor > 0 ORDER BY abs(compared_minor), known_on, item_key) AS nth
    FROM r_e1 WHERE thread IS NOT NULL
  ),${pairs(
    `SELECT s.item_key AS step, l.item_key AS line FROM s JOIN l ON l.thread = s.thread AND l.compared_currency = s.currency
      AND (l.compared_minor > 0) = (s.amount_minor > 0) AND l.nth = s.nth
    WHERE abs(l.compared_minor - s.amount_minor) <= ${toleranceMinor}
      OR CAST(abs(l.compared_minor - s.amount_minor) AS DECIMAL(28,8)) * CAST(100 AS DECIMAL(3,0))
        <= CAST(abs(s.amount_minor) AS DECIMAL(20,0)) * CAST('${tolerancePercent}' AS DECIMAL(17,8))`,
    2,
    0.95,
    "same reference, amount within tolerance",
  )}`;

/** Stage 3 for payments, and stage 4 by reference: what is left of a thread adds up to the same on both sides. */
const SUMS = `
  WITH s AS (
    SELECT thread, currency, count(*) AS steps, CAST(sum(amount_minor) AS BIGINT) AS amount_minor FROM r_i2 GROUP BY thread, currency
  ),
  l AS (
    SELECT thread, compared_currency, count(*) AS lines, CAST(sum(compared_minor) AS BIGINT) AS amount_minor, min(item_key) AS match_id
    FROM r_e2 WHERE thread IS NOT NULL GROUP BY thread, compared_currency
  ),
  agreed AS (
    SELECT s.thread, s.currency, l.match_id, CASE WHEN s.steps > 1 AND l.lines > 1 THEN 4 ELSE 3 END AS stage,
      CASE WHEN s.steps = 1 THEN '1' ELSE 'n' END || ':' || CASE WHEN l.lines = 1 THEN '1' WHEN s.steps > 1 THEN 'm' ELSE 'n' END AS match_type
    FROM s JOIN l ON l.thread = s.thread AND l.compared_currency = s.currency AND l.amount_minor = s.amount_minor
    WHERE s.steps + l.lines > 2 AND s.amount_minor <> 0
  )
  SELECT x.item_key, a.match_id, a.stage, a.match_type, CAST(0.95 AS DOUBLE) AS confidence, 'same reference, same sum' AS evidence
  FROM r_i2 x JOIN agreed a ON a.thread = x.thread AND a.currency = x.currency
  UNION ALL
  SELECT x.item_key, a.match_id, a.stage, a.match_type, CAST(0.95 AS DOUBLE), 'same reference, same sum'
  FROM r_e2 x JOIN agreed a ON a.thread = x.thread AND a.currency = x.compared_currency`;

/** By when each step of a relation must be seen. */
export const due = (steps: string): string => `
  SELECT s.item_key,
    CASE WHEN s.status = 'RETURNED' OR (s.status <> 'SETTLED' AND d.due_on IS NULL) THEN o.return_due_on
         ELSE coalesce(d.due_on, o.plain_due_on) END AS due_on,
    CASE WHEN s.status = 'RETURNED' OR (s.status <> 'SETTLED' AND d.due_on IS NULL) THEN o.return_overdue_from
         ELSE coalesce(d.overdue_from, o.plain_overdue_from) END AS overdue_from
  FROM ${steps} s
  JOIN aux_other_due o ON o.calendar = ${calendarKey("s.currency")} AND o.day = s.business_date
  LEFT JOIN aux_due d ON d.payment_type = s.payment_type AND d.currency = s.currency AND d.business_date = s.business_date
    AND s.event_time >= d.due_from AND s.event_time < d.due_until`;

/** Stage 4: all of a merchant's payments due on a day are all lines of that day that name the merchant. */
const BY_MERCHANT_DAY = `
  WITH s AS (
    SELECT i.merchant_id, i.currency, d.due_on, count(*) AS steps, CAST(sum(i.amount_minor) AS BIGINT) AS amount_minor
    FROM r_i3 i JOIN r_due3 d ON d.item_key = i.item_key WHERE i.merchant_id IS NOT NULL GROUP BY i.merchant_id, i.currency, d.due_on
  ),
  l AS (
    SELECT coalesce(customer_reference, creditor_reference) AS merchant_id, compared_currency, known_on, count(*) AS lines,
      CAST(sum(compared_minor) AS BIGINT) AS amount_minor, min(item_key) AS match_id
    FROM r_e3 WHERE thread IS NULL AND coalesce(customer_reference, creditor_reference) IS NOT NULL
    GROUP BY coalesce(customer_reference, creditor_reference), compared_currency, known_on
  ),
  agreed AS (
    SELECT s.merchant_id, s.currency, s.due_on, l.match_id,
      CASE WHEN s.steps = 1 THEN '1' ELSE 'n' END || ':' || CASE WHEN l.lines = 1 THEN '1' WHEN s.steps > 1 THEN 'm' ELSE 'n' END AS match_type
    FROM s JOIN l ON l.merchant_id = s.merchant_id AND l.compared_currency = s.currency AND l.known_on = s.due_on
      AND l.amount_minor = s.amount_minor
  )
  SELECT i.item_key, a.match_id, 4 AS stage, a.match_type, CAST(0.9 AS DOUBLE) AS confidence, 'payments of the merchant due that day' AS evidence
  FROM r_i3 i JOIN r_due3 d ON d.item_key = i.item_key
  JOIN agreed a ON a.merchant_id = i.merchant_id AND a.currency = i.currency AND a.due_on = d.due_on
  UNION ALL
  SELECT e.item_key, a.match_id, 4, a.match_type, CAST(0.9 AS DOUBLE), 'payments of the merchant due that day'
  FROM r_e3 e JOIN agreed a ON e.thread IS NULL AND a.merchant_id = coalesce(e.customer_reference, e.creditor_reference)
    AND a.currency = e.compared_currency AND a.due_on = e.known_on`;

/** Accents as banks drop them. The engines count bytes and characters differently, so what is compared should be ASCII. */
const folded = (text: string) =>
  `translate(lower(${text}), 'àáâãäåçèéêëìíîïñòóôõöøùúûüýÿßšžčćőűęąłńśźż', 'aaaaaaceeeeiiiinoooooouuuuyysszccouealnszz')`;

/** One character wrong in ten. */
const REFERENCE_LIKENESS_MIN = 0.9;

const alike = (a: string, b: string) => `
  CAST(1 AS DOUBLE) - CAST(levenshtein(${folded(a)}, ${folded(b)}) AS DOUBLE) / CAST(greatest(length(${a}), length(${b}), 1) AS DOUBLE)`;

/**
 * Stage 5 and what it must not take: lines that name no known thread beside payments of the same amount and time and a like
 * name. `likeness` is that of the names, or, where a side tells no name, of the references of lines booked when the payment
 * was made. Numbers given out one after the other are all alike, so a reference must be nearer than a name, and only the
 * nearest of several is meant.
 */
const candidates = (_dates: Dates, { similarityMin, windowDaysBefore, windowDaysAfter }: ReconciliationSettings) => `
  WITH near AS (
    SELECT i.item_key AS step, e.item_key AS line, i.thread,
      CASE WHEN i.party IS NOT NULL AND e.party IS NOT NULL THEN ${alike("i.party", "e.party")}
           WHEN i.party IS NOT NULL AND e.remittance IS NOT NULL AND instr(${folded("e.remittance")}, ${folded("i.party")}) > 0 THEN CAST(1 AS DOUBLE)
           ELSE CAST(0 AS DOUBLE) END AS name_likeness,
      CASE WHEN i.party IS NOT NULL AND e.party IS NOT NULL THEN CAST(0 AS DOUBLE)
           WHEN (e.end_to_end_id IS NOT NULL OR e.psp_reference IS NOT NULL)
             AND e.booking_date >= i.business_date AND e.booking_date <= date_add(i.business_date, 1) THEN ${alike("i.reference", "e.reference")}
           ELSE CAST(0 AS DOUBLE) END AS reference_likeness,
      CASE WHEN e.end_to_end_id IS NOT NULL OR e.psp_reference IS NOT NULL THEN true
           WHEN e.customer_reference IS NULL THEN false
           ELSE ${alike("i.transaction_id", "e.customer_reference")} >= CAST(0.7 AS DOUBLE) END AS names_another
    FROM r_i4 i
    JOIN r_due3 d ON d.item_key = i.item_key
    JOIN r_e4 e ON e.compared_currency = i.currency AND e.compared_minor = i.amount_minor AND e.threads = 0
    JOIN aux_calendar c0 ON c0.calendar = ${calendarKey("i.currency")} AND c0.day = i.business_date
    JOIN aux_calendar c1 ON c1.calendar = c0.calendar AND c1.day = d.due_on
    JOIN aux_calendar c2 ON c2.calendar = c0.calendar AND c2.day = e.known_on
    WHERE c2.number >= c0.number - ${windowDaysBefore} AND c2.number <= c1.number + ${windowDaysAfter}
  ),
  enough AS (
    SELECT step, line, names_another, name_likeness >= CAST(${similarityMin} AS DOUBLE) AS by_name,
      CASE WHEN name_likeness >= CAST(${similarityMin} AS DOUBLE) THEN name_likeness ELSE reference_likeness END AS likeness
    FROM near
    WHERE name_likeness >= CAST(${similarityMin} AS DOUBLE) OR reference_likeness >= CAST(${REFERENCE_LIKENESS_MIN} AS DOUBLE)
  ),
  ranked AS (
    SELECT step, line, likeness, names_another, by_name,
      max(likeness) OVER (PARTITION BY step) AS best_of_step, max(likeness) OVER (PARTITION BY line) AS best_of_line
    FROM enough
  ),
  meant AS (
    SELECT step, line, likeness, names_another FROM ranked
    WHERE by_name OR (likeness = best_of_step AND likeness = best_of_line)
  )
  SELECT step, line, likeness, names_another,
    count(*) OVER (PARTITION BY step) AS lines, count(*) OVER (PARTITION BY line) AS steps
  FROM meant`;
