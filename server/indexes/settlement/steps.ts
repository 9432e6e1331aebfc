import type { Step } from "../../batch/definition";
import type { Dates } from "./rules";
import type { SettlementSettings } from "./settings";

/**
 * What the close takes in: payment steps of merchants that no close before has told, what is open since the last close, and
 * everybody's terms. Written in the SQL that DuckDB and Spark both run (docs/design.md).
 */
export const inputSteps = (dates: Dates, settings: SettlementSettings): Step[] => [
  { name: "s_last", sql: lastClose(dates) },
  { name: "s_open", sql: OPEN },
  { name: "s_steps", sql: paymentSteps(dates) },
  { name: "s_expected", sql: expectedPayments(dates) },
  { name: "s_pairs", sql: PAIRS },
  { name: "s_terms", sql: terms(settings) },
  { name: "s_cuts", sql: CUTS },
  { name: "s_next", sql: NEXT },
  { name: "s_sale_days", sql: saleDays(dates) },
];

/** One row; null before the first close. */
const lastClose = ({ close }: Dates) => `
  SELECT max(business_date) AS last_close, coalesce(max(business_date), DATE '1970-01-01') AS told_until
  FROM settlement WHERE business_date < DATE '${close}'`;

const OPEN = `
  SELECT s.* FROM settlement s JOIN s_last l ON l.last_close = s.business_date
  WHERE (s.row_kind = 'payout' AND s.status <> 'paid') OR s.row_kind IN ('reserve', 'balance')`;

/** Steps after which money is the merchant's, or is taken from it again, that no earlier close has told. */
const paymentSteps = ({ readFrom, close }: Dates) => `
  SELECT t.transaction_id, t.status, t.payment_type, t.merchant_id, t.currency, t.exponent, t.event_time, t.business_date,
    abs(t.amount_minor) AS amount_minor, t.source, t.source_partition, t.source_offset
  FROM transactions t
  WHERE t.status IN ('SETTLED', 'REFUNDED', 'RETURNED', 'CHARGEBACK') AND t.merchant_id IS NOT NULL
    AND t.amount_minor <> 0 AND t.currency IS NOT NULL AND t.exponent IS NOT NULL
    AND t.business_date >= DATE '${readFrom}' AND t.business_date <= DATE '${close}'
    AND NOT EXISTS (
      SELECT 1 FROM settlement p
      WHERE p.row_kind = 'item' AND p.business_date < DATE '${close}'
        AND p.source = t.source AND p.source_partition = t.source_partition AND p.source_offset = t.source_offset
    )`;

/** Approved and neither settled nor ended: the projection counts them as settled on the day after the close. */
const expectedPayments = ({ readFrom, close }: Dates) => `
  SELECT a.merchant_id, a.currency, a.exponent, a.payment_type, a.business_date, abs(a.amount_minor) AS amount_minor
  FROM transactions a
  WHERE a.status = 'APPROVED' AND a.merchant_id IS NOT NULL AND a.amount_minor <> 0 AND a.currency IS NOT NULL
    AND a.exponent IS NOT NULL AND a.business_date >= DATE '${readFrom}' AND a.business_date <= DATE '${close}'
    AND NOT EXISTS (
      SELECT 1 FROM transactions e
      WHERE e.transaction_id = a.transaction_id AND e.status IN ('SETTLED', 'FAILED', 'DECLINED', 'RETURNED', 'REFUNDED', 'CHARGEBACK')
        AND e.business_date >= DATE '${readFrom}' AND e.business_date <= DATE '${close}'
    )`;

const PAIRS = `
  SELECT merchant_id, currency, max(exponent) AS exponent FROM (
    SELECT merchant_id, currency, exponent FROM s_steps
    UNION ALL SELECT merchant_id, currency, exponent FROM s_expected
    UNION ALL SELECT merchant_id, currency, exponent FROM s_open
  ) GROUP BY merchant_id, currency`;

/** Terms of every merchant and currency, as spans of dates. The most exact source that has any holds alone. */
const terms = ({ defaultTerms, reserveDays }: SettlementSettings) => `
  WITH found AS (
    SELECT p.merchant_id AS of_merchant, p.currency AS of_currency,
      CASE WHEN t.merchant_id = '*' THEN 0 ELSE 4 END + CASE WHEN t.currency = '*' THEN 0 ELSE 1 END AS exactness,
      t.effective_from, t.delay_days, t.cutoff, t.zone, t.calendar, t.schedule, t.schedule_days, t.fee_plan,
      t.reserve_percent, t.reserve_days, t.minimum_minor
    FROM s_pairs p
    JOIN dim_payout_terms t ON t.merchant_id IN (p.merchant_id, '*') AND t.currency IN (p.currency, '*')
    UNION ALL
    SELECT p.merchant_id, p.currency, 3, DATE '1970-01-01', d.payout_delay_days, coalesce(d.payout_cutoff, '${defaultTerms.cutoff}'),
      coalesce(d.payout_zone, '${defaultTerms.zone}'), CAST(NULL AS STRING), 'business_day', CAST(NULL AS STRING), d.fee_plan,
      d.reserve_percent, ${reserveDays}, CAST(NULL AS BIGINT)
    FROM s_pairs p JOIN dim_merchants d ON d.merchant_id = p.merchant_id AND d.payout_delay_days IS NOT NULL
    UNION ALL
    SELECT p.merchant_id, p.currency, -1, DATE '1970-01-01', ${defaultTerms.delayDays}, '${defaultTerms.cutoff}', '${defaultTerms.zone}',
      ${defaultTerms.calendar === null ? "CAST(NULL AS STRING)" : `'${defaultTerms.calendar}'`}, 'business_day', CAST(NULL AS STRING),
      d.fee_plan, d.reserve_percent, ${reserveDays}, CAST(NULL AS BIGINT)
    FROM s_pairs p LEFT JOIN dim_merchants d ON d.merchant_id = p.merchant_id
  ),
  best AS (SELECT of_merchant, of_currency, max(exactness) AS exactness FROM found GROUP BY of_merchant, of_currency),
  held AS (
    SELECT f.* FROM found f
    JOIN best b ON b.of_merchant = f.of_merchant AND b.of_currency = f.of_currency AND b.exactness = f.exactness
  )
  SELECT of_merchant AS merchant_id, of_currency AS currency,
    CASE WHEN row_number() OVER (PARTITION BY of_merchant, of_currency ORDER BY effective_from) = 1
      THEN DATE '1970-01-01' ELSE effective_from END AS since,
    coalesce(lead(effective_from) OVER (PARTITION BY of_merchant, of_currency ORDER BY effective_from), DATE '9999-12-31') AS until,
    delay_days, cutoff, coalesce(z.zone, 'UTC') AS zone,
    coalesce(calendar, CASE of_currency WHEN 'USD' THEN 'fed' WHEN 'EUR' THEN 'target' WHEN 'GBP' THEN 'uk' ELSE 'weekends' END) AS calendar,
    schedule, schedule_days, fee_plan, reserve_percent, reserve_days, coalesce(minimum_minor, 0) AS minimum_minor,
    CASE WHEN z.zone IS NULL THEN h.zone END AS unknown_zone
  FROM held h LEFT JOIN (SELECT DISTINCT zone FROM aux_zones) z ON z.zone = h.zone`;

/** From when until when a payment counts for a date, by zone and cut-off; `day_start` is the date's own midnight there. */
const CUTS = `
  WITH cut AS (
    SELECT DISTINCT zone, cutoff, CAST(substr(cutoff, 1, 2) AS INT) * 3600 + CAST(substr(cutoff, 4, 2) AS INT) * 60 AS cutoff_s FROM s_terms
  ),
  bounds AS (
    SELECT c.zone, c.cutoff, d.day, d.number,
      d.midnight + (c.cutoff_s - z.offset_s) * INTERVAL '1' SECOND AS cut_at,
      d.midnight - s.offset_s * INTERVAL '1' SECOND AS day_start
    FROM cut c CROSS JOIN aux_days d
    JOIN aux_zones z ON z.zone = c.zone
      AND CAST(d.number AS BIGINT) * 86400 + c.cutoff_s >= z.local_from AND CAST(d.number AS BIGINT) * 86400 + c.cutoff_s < z.local_until
    JOIN aux_zones s ON s.zone = c.zone
      AND CAST(d.number AS BIGINT) * 86400 >= s.local_from AND CAST(d.number AS BIGINT) * 86400 < s.local_until
  )
  SELECT zone, cutoff, day AS sale_date, number AS sale_number, day_start,
    lag(cut_at) OVER (PARTITION BY zone, cutoff ORDER BY number) AS from_at, cut_at AS until_at
  FROM bounds`;

/** The first payout date on or after every day, by calendar and schedule. */
const NEXT = `
  WITH wanted AS (SELECT DISTINCT calendar, schedule, schedule_days FROM s_terms),
  candidates AS (
    SELECT w.calendar, w.schedule, w.schedule_days, a.payout_on
    FROM wanted w JOIN aux_schedule a ON a.calendar = w.calendar AND a.schedule = w.schedule
      AND ' ' || w.schedule_days || ' ' LIKE '%' || a.schedule_day || '%'
  ),
  dated AS (
    SELECT c.calendar, c.schedule, c.schedule_days, d.day, min(c.payout_on) AS payout_on
    FROM candidates c JOIN aux_days d ON c.payout_on >= d.day AND c.payout_on <= date_add(d.day, 45)
    GROUP BY c.calendar, c.schedule, c.schedule_days, d.day
  )
  SELECT w.calendar, w.schedule, w.schedule_days, c.day, c.following AS payout_on
  FROM wanted w JOIN aux_calendar c ON c.calendar = w.calendar WHERE w.schedule = 'business_day'
  UNION ALL SELECT calendar, schedule, schedule_days, day, payout_on FROM dated`;

/** When the sales of a date are paid out, and what lies between, by terms. */
const saleDays = ({ horizon }: Dates) => `
  WITH shapes AS (SELECT DISTINCT calendar, delay_days, zone, cutoff, schedule, schedule_days FROM s_terms),
  due AS (
    SELECT s.calendar, s.delay_days, s.zone, s.cutoff, s.schedule, s.schedule_days, k.sale_date, k.sale_number, k.from_at, k.until_at, k.day_start,
      coalesce(b.day, k.sale_date) AS due_on, s.delay_days > 0 AND b.day IS NULL AS is_beyond
    FROM shapes s
    JOIN s_cuts k ON k.zone = s.zone AND k.cutoff = s.cutoff AND k.sale_date <= DATE '${horizon}'
    JOIN aux_calendar c ON c.calendar = s.calendar AND c.day = k.sale_date
    LEFT JOIN aux_calendar b ON b.calendar = s.calendar AND b.is_open AND s.delay_days > 0 AND b.number = c.number + s.delay_days
  )
  SELECT d.*, n.payout_on, p.weekends > c.weekends AS over_weekend, p.holidays > c.holidays AS over_holiday,
    n.payout_on > f.following AS waits_for_schedule
  FROM due d
  JOIN s_next n ON n.calendar = d.calendar AND n.schedule = d.schedule
    AND n.schedule_days IS NOT DISTINCT FROM d.schedule_days AND n.day = d.due_on
  JOIN aux_calendar c ON c.calendar = d.calendar AND c.day = d.sale_date
  JOIN aux_calendar p ON p.calendar = d.calendar AND p.day = n.payout_on
  JOIN aux_calendar f ON f.calendar = d.calendar AND f.day = d.due_on
  WHERE NOT d.is_beyond`;
