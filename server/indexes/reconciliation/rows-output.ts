import { calendarKey, type Dates } from "./rules";
import { RECONCILIATION } from "./tables";

type Cells = Readonly<Record<string, string>>;

/** The rows of the close: items it matched, items open at its end, findings, refused files, waterfalls. */
export function outputSql({ tellFrom, close }: Dates, ruleVersion: string): string {
  const always = { business_date: `DATE '${close}'`, rule_version: `'${ruleVersion}'` };
  const told = `(s.item_date >= DATE '${tellFrom}' AND s.state <> 'matched') OR s.match_date IS NOT NULL`;
  const age = (since: string, currency: string) => ({
    joins: `
      JOIN aux_calendar now ON now.calendar = ${calendarKey(currency)} AND now.day = DATE '${close}'
      LEFT JOIN aux_calendar since ON since.calendar = ${calendarKey(currency)} AND since.day = ${since}`,
  });
  const itemAge = age("CASE WHEN s.kind = 'missing_external' THEN s.due_on ELSE s.item_date END", "s.currency").joins;
  return [
    `${select({ ...always, ...ITEM, ...STEP })} FROM r_states s JOIN r_shown_steps i ON i.item_key = s.item_key ${itemAge} WHERE ${told}`,
    `${select({ ...always, ...ITEM, ...LINE })} FROM r_states s JOIN r_lines l ON l.item_key = s.item_key LEFT JOIN r_line_payments lp ON lp.item_key = s.item_key ${itemAge} WHERE ${told}`,
    `${select({ ...always, ...ITEM, ...PAYOUT })} FROM r_states s JOIN r_payouts p ON p.item_key = s.item_key ${itemAge} WHERE ${told}`,
    `${select({ ...always, ...FINDING })} FROM r_findings f JOIN r_pairs_now p ON p.line = f.item_key
      LEFT JOIN r_decided d ON d.item_key = 'f|' || f.kind || '|' || f.item_key AND d.kind = 'write_off'
      ${age("CASE WHEN f.kind = 'late' THEN p.due_on ELSE p.known_on END", "p.currency").joins}`,
    `${select({ ...always, ...REFUSED })} FROM ${REFUSED_FILES} r
      LEFT JOIN r_decided d ON d.item_key = 'c|' || r.file_hash AND d.kind = 'write_off'`,
    `${select({ ...always, ...WATERFALL, row_key: "'w|' || w.payout_key || '|' || w.component", payout_key: "w.payout_key", side: "'processor'" })} FROM r_waterfall_payouts w`,
    `${select({ ...always, ...WATERFALL, row_key: "'w|' || w.account || '|' || w.currency || '|' || w.component", side: "'bank'" })} FROM r_waterfall_accounts w`,
  ].join("\nUNION ALL\n");
}

const TYPES: Readonly<Record<string, string>> = {
  string: "STRING",
  bigint: "BIGINT",
  int: "INT",
  double: "DOUBLE",
  date: "DATE",
  timestamp: "TIMESTAMP",
};

/** Every column of the table, null where a kind of row has none. The embedded engine casts to the table's own types when it writes. */
function select(cells: Cells): string {
  const columns = RECONCILIATION.columns.map(({ name, type }) => {
    const cell = cells[name];
    if (cell === undefined && type === "timestamp") return `CAST(NULL AS ${TYPES.timestamp}) AS ${name}`;
    return type === "timestamp" ? `${cell} AS ${name}` : `CAST(${cell ?? "NULL"} AS ${TYPES[type]}) AS ${name}`;
  });
  return `SELECT ${columns.join(", ")}`;
}

const ITEM: Cells = {
  row_kind: "'item'",
  row_key: "s.item_key",
  side: "s.side",
  state: "s.state",
  role: "s.role",
  item_key: "s.item_key",
  currency: "s.currency",
  amount_minor: "s.amount_minor",
  item_date: "s.item_date",
  match_id: "s.match_id",
  stage: "s.stage",
  match_type: "s.match_type",
  confidence: "s.confidence",
  evidence: "s.evidence",
  match_date: "s.match_date",
  break_id: "s.break_id",
  kind: "s.kind",
  field: "s.field",
  internal_value: "s.internal_value",
  external_value: "s.external_value",
  difference_minor: "s.difference_minor",
  expected_on: "s.due_on",
  expected_by: "s.overdue_from",
  age_business_days: "CASE WHEN s.state = 'break' THEN now.number - since.number END",
};

const STEP: Cells = {
  transaction_id: "i.transaction_id",
  status: "i.status",
  payment_type: "i.payment_type",
  merchant_id: "i.merchant_id",
  reference: "i.reference",
  counterparty: "i.party",
  exponent: "i.exponent",
  source: "i.source",
  source_partition: "i.source_partition",
  source_offset: "i.source_offset",
};

const LINE: Cells = {
  transaction_id: "lp.transaction_id",
  line_key: "l.line_key",
  status: "l.code",
  reference: "l.reference",
  counterparty: "l.party",
  account: "l.account",
  exponent: "l.exponent",
  gross_minor: "l.gross_minor",
  fee_minor: "l.fee_minor",
  payout_key: "l.payout_key",
};

const PAYOUT: Cells = {
  reference: "p.reference",
  account: "p.account",
  exponent: "p.exponent",
  payout_key: "p.payout_key",
};

/** A finding is no item: where a person has accepted it, it is no break any more. */
const ACCEPTED: Cells = {
  state: "CASE WHEN d.item_key IS NOT NULL THEN 'matched' ELSE 'break' END",
  match_type: "CASE WHEN d.item_key IS NOT NULL THEN 'write_off' END",
};

const FINDING: Cells = {
  row_kind: "'finding'",
  row_key: "'f|' || f.kind || '|' || f.item_key",
  side: "p.side",
  ...ACCEPTED,
  role: "'payment'",
  item_key: "f.item_key",
  line_key: "p.line_key",
  transaction_id: "p.transaction_id",
  status: "p.status",
  payment_type: "p.payment_type",
  reference: "p.reference",
  account: "p.account",
  currency: "p.currency",
  exponent: "p.exponent",
  item_date: "p.known_on",
  payout_key: "p.payout_key",
  match_id: "f.match_id",
  break_id: "'f|' || f.kind || '|' || f.item_key",
  kind: "f.kind",
  field: "f.field",
  internal_value: "f.internal_value",
  external_value: "f.external_value",
  difference_minor: "f.difference_minor",
  expected_on: "p.due_on",
  expected_by: "p.overdue_from",
  age_business_days: "now.number - since.number",
};

/** Files refused and not taken since, under whatever bytes their name was delivered with. */
const REFUSED_FILES = `(
    SELECT r.* FROM statement_files r
    WHERE r.outcome = 'refused'
      AND NOT EXISTS (SELECT 1 FROM statement_files a WHERE a.intake > r.intake AND (a.file_hash = r.file_hash OR a.name = r.name))
  )`;

const REFUSED: Cells = {
  row_kind: "'finding'",
  row_key: "'c|' || r.file_hash",
  side: "CASE WHEN r.format IN ('stripe', 'adyen', 'nacha') THEN 'processor' ELSE 'bank' END",
  ...ACCEPTED,
  role: "'payment'",
  reference: "r.name",
  break_id: "'c|' || r.file_hash",
  kind: "'control_total'",
  field: "r.fault_code",
  internal_value: "r.fault_expected",
  external_value: "r.fault_found",
  evidence: "r.fault_what",
};

const WATERFALL: Cells = {
  row_kind: "'waterfall'",
  state: "'matched'",
  role: "'payment'",
  account: "w.account",
  currency: "w.currency",
  exponent: "w.exponent",
  amount_minor: "w.amount_minor",
  field: "w.component",
};
