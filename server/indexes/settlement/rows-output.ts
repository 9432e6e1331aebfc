import { type Dates, RULE_VERSION } from "./rules";
import { SETTLEMENT } from "./tables";

const SQL_TYPES = {
  string: "STRING",
  bigint: "BIGINT",
  int: "INT",
  date: "DATE",
  double: "DOUBLE",
  timestamp: "TIMESTAMP",
  boolean: "BOOLEAN",
  binary: "BINARY",
} as const;

type Cells = Readonly<Record<string, string>>;

const TERMS: Cells = Object.fromEntries(
  [
    "delay_days",
    "cutoff",
    "zone",
    "calendar",
    "schedule",
    "schedule_days",
    "fee_plan",
    "reserve_percent",
    "reserve_days",
    "minimum_minor",
  ].map((name) => [name, `p.${name}`]),
);

const moved = (flag: string, name: string) => `CASE WHEN ${flag} THEN '|${name}' ELSE '' END`;

const PAYOUT: Cells = {
  row_kind: "'payout'",
  row_key: "p.payout_id",
  merchant_id: "p.merchant_id",
  currency: "p.currency",
  exponent: "p.exponent",
  payout_id: "p.payout_id",
  scheduled_on: "p.scheduled_on",
  pay_on: "CASE WHEN p.is_held THEN CAST(NULL AS DATE) ELSE p.pay_on END",
  status: "p.status",
  reason: "p.reason",
  moved_by: `p.moved_by || ${moved("p.was_held AND p.moved_by NOT LIKE '%|hold%'", "hold")} || ${moved("(p.next_not_before IS NOT NULL) AND p.moved_by NOT LIKE '%|gate%'", "gate")}`,
  gross_minor: "p.gross_minor",
  refunds_minor: "p.refunds_minor",
  chargebacks_minor: "p.chargebacks_minor",
  fees_minor: "p.fees_minor",
  reserve_held_minor: "p.held_minor",
  reserve_released_minor: "p.released_minor",
  brought_forward_minor: "p.brought_minor",
  net_minor: "p.net_minor",
  carried_forward_minor: "p.carried_minor",
  payments: "p.payments",
  unpriced: "p.unpriced",
  expected_minor: "p.expected_minor",
  expected_payments: "p.expected_payments",
  due_on: "CASE WHEN p.is_held THEN CAST(NULL AS DATE) ELSE p.due_on END",
  not_before: "p.next_not_before",
  hold_id: "p.hold_id",
  bank_minor: "p.bank_minor",
  bank_line_key: "p.bank_line_key",
  ...TERMS,
};

const ITEM: Cells = {
  row_kind: "'item'",
  row_key: "'i|' || i.source || '|' || i.source_partition || '|' || CAST(i.source_offset AS STRING)",
  merchant_id: "i.merchant_id",
  currency: "i.currency",
  exponent: "i.exponent",
  payout_id: "p.payout_id",
  scheduled_on: "i.scheduled_on",
  status: "i.status",
  moved_by: [
    moved("i.after_cut_off", "cut_off"),
    moved("i.over_weekend", "weekend"),
    moved("i.over_holiday", "holiday"),
    moved("i.waits_for_schedule", "schedule"),
    moved("i.is_late", "late"),
  ].join(" || "),
  amount_minor: "i.signed_minor",
  fee_minor: "i.fee_minor",
  transaction_id: "i.transaction_id",
  payment_type: "i.payment_type",
  event_time: "i.event_time",
  item_date: "i.business_date",
  sale_date: "i.sale_date",
  fee_plan: "i.fee_plan",
  source: "i.source",
  source_partition: "i.source_partition",
  source_offset: "i.source_offset",
};

const RESERVE: Cells = {
  row_kind: "'reserve'",
  row_key: "'r|' || r.merchant_id || '|' || r.currency || '|' || CAST(r.scheduled_on AS STRING)",
  merchant_id: "r.merchant_id",
  currency: "r.currency",
  exponent: "e.exponent",
  scheduled_on: "r.scheduled_on",
  amount_minor: "r.amount_minor",
  release_from: "r.release_from",
  release_on: "r.release_on",
};

const BALANCE: Cells = {
  row_kind: "'balance'",
  row_key: "'b|' || b.merchant_id || '|' || b.currency",
  merchant_id: "b.merchant_id",
  currency: "b.currency",
  exponent: "e.exponent",
  amount_minor: "b.amount_minor",
};

/** What is carried after the last payout that is fixed by the close. */
export const balances = ({ close }: Dates): string => `
  SELECT e.merchant_id, e.currency, coalesce(c.carried_minor, o.amount_minor) AS amount_minor
  FROM s_pairs e
  LEFT JOIN (
    SELECT merchant_id, currency, carried_minor,
      row_number() OVER (PARTITION BY merchant_id, currency ORDER BY place DESC) AS newest
    FROM s_carried WHERE scheduled_on <= DATE '${close}'
  ) c ON c.merchant_id = e.merchant_id AND c.currency = e.currency AND c.newest = 1
  LEFT JOIN s_open o ON o.row_kind = 'balance' AND o.merchant_id = e.merchant_id AND o.currency = e.currency
  WHERE coalesce(c.carried_minor, o.amount_minor, 0) <> 0`;

/** Reserve of payouts that are fixed, and not released by one. */
export const keptReserve = ({ close }: Dates): string => `
  SELECT * FROM s_tranches
  WHERE scheduled_on <= DATE '${close}' AND (release_on IS NULL OR release_on > DATE '${close}')`;

export function outputSql(dates: Dates): string {
  const select = (cells: Cells, from: string) => {
    const columns = SETTLEMENT.columns.map(({ name, type }) => {
      if (name === "business_date") return `DATE '${dates.close}' AS business_date`;
      if (name === "rule_version") return `'${RULE_VERSION}' AS rule_version`;
      return `${cells[name] ?? `CAST(NULL AS ${SQL_TYPES[type]})`} AS ${name}`;
    });
    return `SELECT ${columns.join(", ")} FROM ${from}`;
  };
  const pair = (alias: string) =>
    `JOIN s_pairs e ON e.merchant_id = ${alias}.merchant_id AND e.currency = ${alias}.currency`;
  return [
    select(PAYOUT, "s_payouts p"),
    select(
      ITEM,
      "s_items i JOIN s_payouts p ON p.merchant_id = i.merchant_id AND p.currency = i.currency AND p.scheduled_on = i.scheduled_on",
    ),
    select(RESERVE, `(${keptReserve(dates)}) r ${pair("r")}`),
    select(BALANCE, `(${balances(dates)}) b ${pair("b")}`),
  ].join("\nUNION ALL\n");
}
