import type { Step } from "../../batch/definition";
import type { Dates } from "./rules";
import type { SettlementSettings } from "./settings";

/** Payouts up to this place in a merchant's row of payouts obey the minimum; those beyond, weeks ahead, are projected without. */
const MINIMUM_PLACES = 24;
/** Holds that follow one upon the other without a payout date between them. */
const HOLD_PASSES = 3;

/** From what each payout has to what leaves: reserve, carrying, holds, the bank, the gate, the status. */
export const payoutSteps = (dates: Dates, settings: SettlementSettings): Step[] => [
  { name: "s_tranches", sql: TRANCHES },
  { name: "s_places", sql: places(dates) },
  { name: "s_carried", sql: CARRIED },
  { name: "s_fixed", sql: ALL_PAYOUTS },
  { name: "s_holds", sql: HOLDS },
  ...holdSteps(),
  { name: "s_bank", sql: bank(dates) },
  { name: "s_gate", sql: gate(dates, settings) },
  { name: "s_payouts", sql: payouts(dates, settings) },
];

/** Terms that hold on a payout's own date. */
const termsOn = (alias: string) =>
  `t.merchant_id = ${alias}.merchant_id AND t.currency = ${alias}.currency AND ${alias}.scheduled_on >= t.since AND ${alias}.scheduled_on < t.until`;

const nextOn = (day: string) =>
  `n.calendar = t.calendar AND n.schedule = t.schedule AND n.schedule_days IS NOT DISTINCT FROM t.schedule_days AND n.day = ${day}`;

/** Reserve kept since closes before, and what the payouts of now keep back: a percentage of gross, half up to the minor unit. */
const TRANCHES = `
  WITH kept AS (
    SELECT o.merchant_id, o.currency, o.scheduled_on, o.amount_minor, o.release_from FROM s_open o WHERE o.row_kind = 'reserve'
    UNION ALL
    SELECT b.merchant_id, b.currency, b.scheduled_on,
      CAST(round(CAST(b.gross_minor AS DECIMAL(18,0)) * (CAST(t.reserve_percent AS DECIMAL(9,6)) * CAST(0.01 AS DECIMAL(3,2)))) AS BIGINT),
      date_add(b.scheduled_on, t.reserve_days)
    FROM s_base b JOIN s_terms t ON ${termsOn("b")} AND t.reserve_percent > 0 AND t.reserve_days IS NOT NULL
  )
  SELECT k.merchant_id, k.currency, k.scheduled_on, k.amount_minor, k.release_from,
    CASE WHEN n.payout_on > l.told_until THEN n.payout_on ELSE late.payout_on END AS release_on
  FROM kept k CROSS JOIN s_last l
  JOIN s_terms t ON ${termsOn("k")}
  LEFT JOIN s_next n ON ${nextOn("k.release_from")}
  LEFT JOIN s_next late ON late.calendar = t.calendar AND late.schedule = t.schedule
    AND late.schedule_days IS NOT DISTINCT FROM t.schedule_days AND late.day = date_add(l.told_until, 1) AND n.payout_on <= l.told_until
  WHERE k.amount_minor > 0`;

/** Every merchant's payouts in order, with what each adds before anything is carried. */
const places = ({ horizon }: Dates) => `
  WITH released AS (
    SELECT merchant_id, currency, release_on AS scheduled_on, CAST(sum(amount_minor) AS BIGINT) AS released_minor
    FROM s_tranches WHERE release_on <= DATE '${horizon}' GROUP BY merchant_id, currency, release_on
  ),
  held AS (
    SELECT r.merchant_id, r.currency, r.scheduled_on, CAST(sum(r.amount_minor) AS BIGINT) AS held_minor
    FROM s_tranches r JOIN s_base b ON b.merchant_id = r.merchant_id AND b.currency = r.currency AND b.scheduled_on = r.scheduled_on
    GROUP BY r.merchant_id, r.currency, r.scheduled_on
  ),
  expected AS (
    SELECT merchant_id, currency, scheduled_on, count(*) AS expected_payments, CAST(sum(amount_minor - coalesce(fee_minor, 0)
      - CAST(round(CAST(amount_minor AS DECIMAL(18,0)) * (CAST(coalesce(reserve_percent, 0) AS DECIMAL(9,6)) * CAST(0.01 AS DECIMAL(3,2)))) AS BIGINT)) AS BIGINT) AS expected_minor
    FROM s_expected_items GROUP BY merchant_id, currency, scheduled_on
  ),
  dates AS (
    SELECT merchant_id, currency, scheduled_on FROM s_base
    UNION SELECT merchant_id, currency, scheduled_on FROM released
    UNION SELECT merchant_id, currency, scheduled_on FROM expected
  )
  SELECT d.merchant_id, d.currency, d.scheduled_on,
    coalesce(b.gross_minor, 0) AS gross_minor, coalesce(b.refunds_minor, 0) AS refunds_minor, coalesce(b.chargebacks_minor, 0) AS chargebacks_minor,
    coalesce(b.fees_minor, 0) AS fees_minor, coalesce(b.payments, 0) AS payments, coalesce(b.unpriced, 0) AS unpriced,
    coalesce(b.moved_by, '') AS moved_by, b.not_before, coalesce(h.held_minor, 0) AS held_minor, coalesce(r.released_minor, 0) AS released_minor,
    coalesce(e.expected_minor, 0) AS expected_minor, coalesce(e.expected_payments, 0) AS expected_payments,
    coalesce(b.gross_minor - b.refunds_minor - b.chargebacks_minor - b.fees_minor, 0) - coalesce(h.held_minor, 0) + coalesce(r.released_minor, 0) AS adds_minor,
    t.minimum_minor, coalesce(o.amount_minor, 0) AS opening_minor,
    CAST(row_number() OVER (PARTITION BY d.merchant_id, d.currency ORDER BY d.scheduled_on) AS INT) AS place
  FROM dates d
  JOIN s_terms t ON ${termsOn("d")}
  LEFT JOIN s_base b ON b.merchant_id = d.merchant_id AND b.currency = d.currency AND b.scheduled_on = d.scheduled_on
  LEFT JOIN held h ON h.merchant_id = d.merchant_id AND h.currency = d.currency AND h.scheduled_on = d.scheduled_on
  LEFT JOIN released r ON r.merchant_id = d.merchant_id AND r.currency = d.currency AND r.scheduled_on = d.scheduled_on
  LEFT JOIN expected e ON e.merchant_id = d.merchant_id AND e.currency = d.currency AND e.scheduled_on = d.scheduled_on
  LEFT JOIN s_open o ON o.row_kind = 'balance' AND o.merchant_id = d.merchant_id AND o.currency = d.currency`;

/**
 * What each payout carries forward: a debt, or less than the minimum. The first places one after the other, each from the one
 * before; those beyond as the distance of the running sum from its highest point so far, which is the same without a minimum.
 */
const CARRIED = (() => {
  const numbers = Array.from({ length: MINIMUM_PLACES }, (_, index) => index + 1);
  const wide = numbers.flatMap((n) => [
    `coalesce(max(CASE WHEN place = ${n} THEN adds_minor END), 0) AS a${n}`,
    `coalesce(max(CASE WHEN place = ${n} THEN minimum_minor END), 0) AS m${n}`,
  ]);
  const nested = numbers.reduce(
    (inner, n) =>
      `SELECT w.*, CASE WHEN c${n - 1} + a${n} > 0 AND c${n - 1} + a${n} >= m${n} THEN 0 ELSE c${n - 1} + a${n} END AS c${n} FROM (${inner}) w`,
    `SELECT merchant_id, currency, max(opening_minor) AS c0, ${wide.join(", ")} FROM s_places GROUP BY merchant_id, currency`,
  );
  const at = (offset: number) =>
    `CASE p.place ${numbers.map((n) => `WHEN ${n} THEN w.c${n - 1 + offset}`).join(" ")} END`;
  const beyond = `p.place > ${MINIMUM_PLACES}`;
  return `
  WITH chained AS (${nested}),
  summed AS (
    SELECT p.*, ${at(0)} AS brought, ${at(1)} AS carried,
      w.c${MINIMUM_PLACES} + CAST(sum(CASE WHEN ${beyond} THEN p.adds_minor ELSE 0 END) OVER (PARTITION BY p.merchant_id, p.currency ORDER BY p.place ROWS UNBOUNDED PRECEDING) AS BIGINT) AS running
    FROM s_places p JOIN chained w ON w.merchant_id = p.merchant_id AND w.currency = p.currency
  ),
  highest AS (
    SELECT s.*, running - greatest(0, max(CASE WHEN place > ${MINIMUM_PLACES} THEN running ELSE 0 END) OVER (PARTITION BY merchant_id, currency ORDER BY place ROWS UNBOUNDED PRECEDING)) AS far_carried
    FROM summed s
  ),
  one AS (
    SELECT h.*, CASE WHEN place > ${MINIMUM_PLACES} THEN far_carried ELSE carried END AS carried_minor FROM highest h
  )
  SELECT o.merchant_id, o.currency, o.scheduled_on, o.gross_minor, o.refunds_minor, o.chargebacks_minor, o.fees_minor, o.payments, o.unpriced,
    o.moved_by, o.not_before, o.held_minor, o.released_minor, o.expected_minor, o.expected_payments, o.place,
    coalesce(lag(o.carried_minor) OVER (PARTITION BY o.merchant_id, o.currency ORDER BY o.place), o.opening_minor) AS brought_minor,
    o.carried_minor
  FROM one o`;
})();

/** Payouts fixed at an earlier close and not paid yet, beside those that may still change. */
const ALL_PAYOUTS = `
  SELECT merchant_id, currency, scheduled_on, gross_minor, refunds_minor, chargebacks_minor, fees_minor, payments, unpriced, moved_by, not_before,
    held_minor, released_minor, expected_minor, expected_payments, brought_minor, carried_minor,
    gross_minor - refunds_minor - chargebacks_minor - fees_minor - held_minor + released_minor + brought_minor - carried_minor AS net_minor
  FROM s_carried
  UNION ALL
  SELECT o.merchant_id, o.currency, o.scheduled_on, o.gross_minor, o.refunds_minor, o.chargebacks_minor, o.fees_minor, o.payments, o.unpriced,
    o.moved_by, o.not_before, o.reserve_held_minor, o.reserve_released_minor, 0, 0, o.brought_forward_minor, o.carried_forward_minor, o.net_minor
  FROM s_open o CROSS JOIN s_last l WHERE o.row_kind = 'payout' AND o.scheduled_on <= l.told_until`;

const HOLDS = `
  SELECT p.hold_id, p.merchant_id, p.currency, p.effective_on AS held_from, r.effective_on AS held_until, p.reason
  FROM settlement_holds p
  LEFT JOIN (SELECT hold_id, min(effective_on) AS effective_on FROM settlement_holds WHERE act = 'release' GROUP BY hold_id) r ON r.hold_id = p.hold_id
  WHERE p.act = 'place'
  UNION ALL
  SELECT 'dim_merchants|' || merchant_id, merchant_id, CAST(NULL AS STRING), DATE '1970-01-01', CAST(NULL AS DATE), 'held by the reference data of the merchant'
  FROM dim_merchants WHERE payout_hold`;

/** Each pass leaves the holds of one date behind: later, on the schedule again, or for good while one has no end. */
function holdSteps(): Step[] {
  const first = `
    SELECT p.*, CASE WHEN p.not_before > p.scheduled_on THEN n.payout_on ELSE p.scheduled_on END AS pay_on,
      CAST(NULL AS STRING) AS hold_id, false AS is_held, false AS was_held
    FROM s_fixed p JOIN s_terms t ON ${termsOn("p")}
    LEFT JOIN s_next n ON ${nextOn("p.not_before")}`;
  const pass = (before: string) => `
    WITH hit AS (
      SELECT p.merchant_id, p.currency, p.scheduled_on, max(CASE WHEN h.held_until IS NULL THEN 1 ELSE 0 END) AS is_open,
        max(h.held_until) AS held_until, min(CASE WHEN h.held_until IS NULL THEN h.hold_id END) AS open_id, max(h.hold_id) AS any_id
      FROM ${before} p
      JOIN s_holds h ON h.merchant_id = p.merchant_id AND (h.currency IS NULL OR h.currency = p.currency)
        AND h.held_from <= p.pay_on AND (h.held_until IS NULL OR h.held_until > p.pay_on)
      WHERE NOT p.is_held
      GROUP BY p.merchant_id, p.currency, p.scheduled_on
    )
    SELECT p.merchant_id, p.currency, p.scheduled_on, p.gross_minor, p.refunds_minor, p.chargebacks_minor, p.fees_minor, p.payments, p.unpriced,
      p.moved_by, p.not_before, p.held_minor, p.released_minor, p.expected_minor, p.expected_payments, p.brought_minor, p.carried_minor, p.net_minor,
      CASE WHEN x.is_open = 1 THEN p.pay_on WHEN x.is_open = 0 THEN n.payout_on ELSE p.pay_on END AS pay_on,
      coalesce(x.open_id, x.any_id, p.hold_id) AS hold_id, p.is_held OR coalesce(x.is_open, 0) = 1 AS is_held,
      p.was_held OR x.is_open IS NOT NULL AS was_held
    FROM ${before} p
    JOIN s_terms t ON ${termsOn("p")}
    LEFT JOIN hit x ON x.merchant_id = p.merchant_id AND x.currency = p.currency AND x.scheduled_on = p.scheduled_on
    LEFT JOIN s_next n ON ${nextOn("x.held_until")}`;
  const steps: Step[] = [{ name: "s_hold0", sql: first }];
  for (let n = 1; n <= HOLD_PASSES; n++) steps.push({ name: `s_hold${n}`, sql: pass(`s_hold${n - 1}`) });
  return steps;
}

/** A payout's name at the bank: an end-to-end id has 35 characters (ISO 20022, Max35Text). */
const PAYOUT_ID = `'PO-' || CASE WHEN length(p.merchant_id) <= 18 THEN p.merchant_id ELSE substr(md5(p.merchant_id), 1, 18) END
  || '-' || p.currency || '-' || replace(CAST(p.scheduled_on AS STRING), '-', '')`;

/** Booked lines that name a payout, whichever field of the format the name is in. */
const bank = ({ readFrom, close }: Dates) => `
  WITH named AS (
    SELECT DISTINCT line_key, currency, amount_minor, ref FROM (
      ${[
        "end_to_end_id",
        "instruction_id",
        "transaction_id",
        "customer_reference",
        "psp_reference",
        "bank_reference",
        "creditor_reference",
      ]
        .map(
          (column) =>
            `SELECT line_key, currency, amount_minor, ${column} AS ref FROM statement_lines
             WHERE status = 'booked' AND amount_minor IS NOT NULL AND ${column} LIKE 'PO-%'
               AND booking_date >= DATE '${readFrom}' AND booking_date <= DATE '${close}'`,
        )
        .join(" UNION ALL ")}
    )
  )
  SELECT p.merchant_id, p.currency, p.scheduled_on, CAST(sum(b.amount_minor) AS BIGINT) AS bank_minor, min(b.line_key) AS bank_line_key
  FROM (SELECT p.*, ${PAYOUT_ID} AS payout_id FROM s_fixed p) p JOIN named b ON b.ref = p.payout_id AND b.currency = p.currency
  GROUP BY p.merchant_id, p.currency, p.scheduled_on`;

/** Why no payout may leave after this close: one row, null where nothing is wrong. */
const gate = ({ close }: Dates, { requireReconciliation }: SettlementSettings) => `
  WITH unbalanced AS (
    SELECT b.source, CAST(sum(b.records_in) AS BIGINT) AS came, CAST(sum(b.accepted + b.quarantined + b.duplicates) AS BIGINT) AS told
    FROM ingest_balance b CROSS JOIN s_last l
    WHERE b.business_date > l.told_until AND b.business_date <= DATE '${close}'
    GROUP BY b.source
  ),
  reasons AS (
    SELECT 1 AS rank, 'ingest balance of ' || source || ': ' || CAST(came AS STRING) || ' records came, ' || CAST(told AS STRING) || ' are accounted for' AS reason
    FROM unbalanced WHERE came <> told
    ${
      requireReconciliation
        ? `UNION ALL
    SELECT 2, 'reconciliation of ${close} is not closed: it is late, or its control totals failed'
    FROM (SELECT count(*) AS closed FROM reconciliation WHERE business_date = DATE '${close}') r WHERE r.closed = 0`
        : ""
    }
  )
  SELECT min(reason) AS reason FROM reasons`;

/**
 * What is held at a close cannot leave on the day after it: the next close is made when that day is over. The status: the first that applies of paid, held, late, scheduled, projected (server/domain/terms/status.ts).
 */
const payouts = ({ close }: Dates, { payoutAccounts, bankDays }: SettlementSettings) => {
  const seesBank = payoutAccounts.length > 0;
  return `
  WITH open_days AS (
    SELECT calendar, delay_days, zone, cutoff, schedule, schedule_days, min(payout_on) AS first_open
    FROM s_sale_days WHERE until_at > (SELECT midnight FROM aux_days WHERE day = date_add(DATE '${close}', 1))
    GROUP BY calendar, delay_days, zone, cutoff, schedule, schedule_days
  ),
  facts AS (
    SELECT p.*, ${PAYOUT_ID} AS payout_id, b.bank_minor, b.bank_line_key, g.reason AS gate_reason, h.reason AS hold_reason,
      t.delay_days, t.cutoff, t.zone, t.calendar, t.schedule, t.schedule_days, t.fee_plan, t.reserve_percent, t.reserve_days, t.minimum_minor, t.unknown_zone,
      e.exponent, k.day AS due_on, p.scheduled_on < coalesce(o.first_open, DATE '1970-01-01') AS is_complete,
      p.scheduled_on <= DATE '${close}' AS is_fixed,
      CASE WHEN p.unpriced > 0 THEN 'fee plan ' || coalesce(t.fee_plan, '') || ' has no rule for ' || CAST(p.unpriced AS STRING) || ' of its payments'
           WHEN t.unknown_zone IS NOT NULL THEN 'the terms name a zone that is not known: ' || t.unknown_zone
           WHEN g.reason IS NOT NULL AND p.pay_on > DATE '${close}' THEN g.reason END AS block_reason
    FROM s_hold${HOLD_PASSES} p CROSS JOIN s_gate g
    JOIN s_pairs e ON e.merchant_id = p.merchant_id AND e.currency = p.currency
    JOIN s_terms t ON ${termsOn("p")}
    LEFT JOIN s_bank b ON b.merchant_id = p.merchant_id AND b.currency = p.currency AND b.scheduled_on = p.scheduled_on
    LEFT JOIN (SELECT hold_id, min(reason) AS reason FROM s_holds GROUP BY hold_id) h ON h.hold_id = p.hold_id
    LEFT JOIN open_days o ON o.calendar = t.calendar AND o.delay_days = t.delay_days AND o.zone = t.zone AND o.cutoff = t.cutoff
      AND o.schedule = t.schedule AND o.schedule_days IS NOT DISTINCT FROM t.schedule_days
    LEFT JOIN aux_calendar c ON c.calendar = t.calendar AND c.day = p.pay_on
    LEFT JOIN aux_calendar k ON k.calendar = t.calendar AND k.is_open AND k.number = c.number + ${bankDays}
  ),
  judged AS (
    SELECT f.*,
      CASE WHEN bank_minor = -net_minor AND net_minor > 0 THEN 'paid'
           WHEN is_fixed AND net_minor = 0 THEN 'paid'
           WHEN is_held THEN 'held'
           WHEN block_reason IS NOT NULL THEN 'held'
           ${seesBank ? `WHEN due_on < DATE '${close}' THEN 'late'` : `WHEN pay_on <= DATE '${close}' THEN 'paid'`}
           WHEN is_complete THEN 'scheduled' ELSE 'projected' END AS status
    FROM facts f
  )
  SELECT j.*,
    CASE WHEN status = 'paid' AND net_minor = 0 THEN 'nothing to pay out' || CASE WHEN carried_minor <> 0 THEN ', the rest is carried forward' ELSE '' END
         WHEN status = 'paid' AND bank_minor IS NULL THEN 'counted as paid on its date: no account is named whose statements would show it'
         WHEN is_held THEN hold_reason
         WHEN status = 'held' THEN block_reason
         WHEN bank_minor IS NOT NULL AND status <> 'paid' THEN 'the bank lines that name it add up to another amount'
         WHEN status = 'late' THEN 'no bank line by the date it was due'
         WHEN status = 'projected' THEN 'business dates it pays are still open' END AS reason,
    CASE WHEN status = 'held' AND NOT is_held THEN date_add(DATE '${close}', 2) ELSE not_before END AS next_not_before
  FROM judged j`;
};
