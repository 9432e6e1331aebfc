import type { Step } from "../../batch/definition";
import type { Dates } from "./rules";

/** Every payment step with its date, payout and fee; the projection's payments likewise; what each payout has of them. */
export const itemSteps = (dates: Dates): Step[] => [
  { name: "s_fee_rules", sql: FEE_RULES },
  { name: "s_termed", sql: TERMED },
  { name: "s_near", sql: NEAR },
  { name: "s_items", sql: ITEMS },
  { name: "s_expected_items", sql: expectedItems(dates) },
  { name: "s_base", sql: BASE },
];

/** Half up to the minor unit; null where no rule covers the payment, which is not a fee of zero. */
const feeOf = (amount: string, rule: string) => `
  greatest(least(CAST(round(CAST(${amount} AS DECIMAL(18,0)) * (CAST(${rule}.percent AS DECIMAL(9,6)) * CAST(0.01 AS DECIMAL(3,2)))) AS BIGINT) + ${rule}.fixed_minor,
    coalesce(${rule}.maximum_minor, 9223372036854775807)), coalesce(${rule}.minimum_minor, 0))`;

/** The rules of every plan that is used, for the very currencies and payment types there are, as spans of dates. */
const FEE_RULES = `
  WITH asked AS (
    SELECT DISTINCT t.fee_plan, p.currency, p.payment_type
    FROM (
      SELECT merchant_id, currency, payment_type FROM s_steps WHERE status = 'SETTLED'
      UNION ALL SELECT merchant_id, currency, payment_type FROM s_expected
    ) p JOIN s_terms t ON t.merchant_id = p.merchant_id AND t.currency = p.currency
  ),
  found AS (
    SELECT a.fee_plan, a.currency, a.payment_type, f.effective_from, f.percent, f.fixed_minor, f.minimum_minor, f.maximum_minor,
      CASE WHEN f.currency = '*' THEN 0 ELSE 2 END + CASE WHEN f.payment_type = '*' THEN 0 ELSE 1 END AS exactness
    FROM asked a
    JOIN dim_fee_plans f ON f.fee_plan = a.fee_plan AND f.currency IN (a.currency, '*') AND f.payment_type IN (a.payment_type, '*')
  ),
  best AS (SELECT fee_plan, currency, payment_type, max(exactness) AS exactness FROM found GROUP BY fee_plan, currency, payment_type)
  SELECT f.fee_plan, f.currency, f.payment_type, f.percent, f.fixed_minor, f.minimum_minor, f.maximum_minor,
    CASE WHEN row_number() OVER (PARTITION BY f.fee_plan, f.currency, f.payment_type ORDER BY f.effective_from) = 1
      THEN DATE '1970-01-01' ELSE f.effective_from END AS since,
    coalesce(lead(f.effective_from) OVER (PARTITION BY f.fee_plan, f.currency, f.payment_type ORDER BY f.effective_from), DATE '9999-12-31') AS until
  FROM found f
  JOIN best b ON b.fee_plan = f.fee_plan AND b.currency = f.currency AND b.payment_type = f.payment_type AND b.exactness = f.exactness`;

/** A table of its own: planned together with the days, the terms of all merchants would meet all days first. */
const TERMED = `
  SELECT s.*, t.fee_plan, t.calendar, t.delay_days, t.zone, t.cutoff, t.schedule, t.schedule_days
  FROM s_steps s
  JOIN s_terms t ON t.merchant_id = s.merchant_id AND t.currency = s.currency AND s.business_date >= t.since AND s.business_date < t.until`;

/** A sale date is at most three days from the business date of its step, whatever the zones of both. */
const NEAR = `
  SELECT d.*, date_add(d.sale_date, o.shift) AS business_date
  FROM s_sale_days d CROSS JOIN (VALUES (-3), (-2), (-1), (0), (1), (2), (3)) o(shift)`;

const ITEMS = `
  WITH dated AS (
    SELECT s.*, d.sale_date, d.payout_on AS natural_on,
      d.over_weekend, d.over_holiday, d.waits_for_schedule, s.event_time < d.day_start AS after_cut_off
    FROM s_termed s
    JOIN s_near d ON d.business_date = s.business_date AND d.zone = s.zone AND d.cutoff = s.cutoff AND d.calendar = s.calendar
      AND d.delay_days = s.delay_days AND d.schedule = s.schedule AND d.schedule_days IS NOT DISTINCT FROM s.schedule_days
      AND s.event_time >= d.from_at AND s.event_time < d.until_at
  )
  SELECT d.*, CASE WHEN d.natural_on > l.told_until THEN d.natural_on ELSE n.payout_on END AS scheduled_on,
    d.natural_on <= l.told_until AS is_late,
    CASE WHEN d.status = 'SETTLED' THEN d.amount_minor ELSE -d.amount_minor END AS signed_minor,
    CASE WHEN d.status <> 'SETTLED' OR d.fee_plan IS NULL THEN 0 WHEN f.fee_plan IS NOT NULL THEN ${feeOf("d.amount_minor", "f")} END AS fee_minor
  FROM dated d CROSS JOIN s_last l
  LEFT JOIN s_next n ON n.calendar = d.calendar AND n.schedule = d.schedule
    AND n.schedule_days IS NOT DISTINCT FROM d.schedule_days AND n.day = date_add(l.told_until, 1)
  LEFT JOIN s_fee_rules f ON f.fee_plan = d.fee_plan AND f.currency = d.currency AND f.payment_type = d.payment_type
    AND d.business_date >= f.since AND d.business_date < f.until`;

/** As if each settled on the day after the close, or, approved later than that day's cut-off, no earlier than it can. */
const expectedItems = ({ close }: Dates) => `
  SELECT e.merchant_id, e.currency, e.exponent, d.payout_on AS scheduled_on, e.amount_minor,
    CASE WHEN t.fee_plan IS NULL THEN 0 WHEN f.fee_plan IS NOT NULL THEN ${feeOf("e.amount_minor", "f")} END AS fee_minor,
    t.reserve_percent
  FROM s_expected e
  JOIN s_terms t ON t.merchant_id = e.merchant_id AND t.currency = e.currency AND e.business_date >= t.since AND e.business_date < t.until
  JOIN s_sale_days d ON d.sale_date = date_add(DATE '${close}', 1) AND d.zone = t.zone AND d.cutoff = t.cutoff AND d.calendar = t.calendar
    AND d.delay_days = t.delay_days AND d.schedule = t.schedule AND d.schedule_days IS NOT DISTINCT FROM t.schedule_days
  LEFT JOIN s_fee_rules f ON f.fee_plan = t.fee_plan AND f.currency = e.currency AND f.payment_type = e.payment_type
    AND e.business_date >= f.since AND e.business_date < f.until`;

const bar = (flag: string, name: string) => `CASE WHEN ${flag} THEN '|${name}' ELSE '' END`;

/** What each payout that is not fixed yet has: from closes before and from this one. */
const BASE = `
  SELECT merchant_id, currency, scheduled_on, CAST(sum(gross_minor) AS BIGINT) AS gross_minor, CAST(sum(refunds_minor) AS BIGINT) AS refunds_minor,
    CAST(sum(chargebacks_minor) AS BIGINT) AS chargebacks_minor, CAST(sum(fees_minor) AS BIGINT) AS fees_minor,
    CAST(sum(payments) AS BIGINT) AS payments, CAST(sum(unpriced) AS BIGINT) AS unpriced,
    ${["cut_off", "weekend", "holiday", "schedule", "late"].map((name) => `max(CASE WHEN moved_by LIKE '%|${name}%' THEN '|${name}' ELSE '' END)`).join(" || ")} AS moved_by,
    max(not_before) AS not_before
  FROM (
    SELECT merchant_id, currency, scheduled_on,
      CASE WHEN status = 'SETTLED' THEN amount_minor ELSE 0 END AS gross_minor,
      CASE WHEN status IN ('REFUNDED', 'RETURNED') THEN amount_minor ELSE 0 END AS refunds_minor,
      CASE WHEN status = 'CHARGEBACK' THEN amount_minor ELSE 0 END AS chargebacks_minor,
      coalesce(fee_minor, 0) AS fees_minor, 1 AS payments, CASE WHEN fee_minor IS NULL THEN 1 ELSE 0 END AS unpriced,
      ${[bar("after_cut_off", "cut_off"), bar("over_weekend", "weekend"), bar("over_holiday", "holiday"), bar("waits_for_schedule", "schedule"), bar("is_late", "late")].join(" || ")} AS moved_by,
      CAST(NULL AS DATE) AS not_before
    FROM s_items
    UNION ALL
    SELECT o.merchant_id, o.currency, o.scheduled_on, o.gross_minor, o.refunds_minor, o.chargebacks_minor, o.fees_minor, o.payments,
      o.unpriced, o.moved_by, o.not_before
    FROM s_open o CROSS JOIN s_last l
    WHERE o.row_kind = 'payout' AND o.scheduled_on > l.told_until AND o.payments > 0
  ) GROUP BY merchant_id, currency, scheduled_on`;
