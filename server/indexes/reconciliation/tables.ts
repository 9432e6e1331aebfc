import { optional, required, type TableSpec } from "../../lake/types";

/**
 * One close of one business date. Each row says what became of one item (a payment step, a statement line, a processor's
 * payout) or is a finding about a match; an item that is neither new nor open any more is not repeated.
 */
export const RECONCILIATION: TableSpec = {
  name: "reconciliation",
  kind: "final",
  description: "Per business date: every item matched that day, and every item open at its close, with why",
  columns: [
    required("business_date", "date", "The close this row belongs to"),
    required(
      "row_kind",
      "string",
      "item; finding: something amiss with a match; waterfall: a component (field) of a payout or account, adding up to zero",
    ),
    required("row_key", "string", "Identifies the row within the close"),
    required("side", "string", "internal, bank or processor"),
    required("state", "string", "matched, break or in_flight"),
    required("role", "string", "payment, payout, fee or reserve"),
    optional("item_key", "string", "The item; null for a file that was refused"),
    optional("line_key", "string", "Line of statement_lines"),
    optional("transaction_id", "string", "Payment"),
    optional("status", "string", "Status of the payment step, or the bank's code of the line"),
    optional("payment_type", "string", "Payment type"),
    optional("merchant_id", "string", "Merchant"),
    optional("reference", "string", "Reference of the item as its side gives it"),
    optional("counterparty", "string", "Other party as its side gives it"),
    optional("account", "string", "Account of the statement"),
    optional("currency", "string", "ISO 4217 code"),
    optional("exponent", "int", "Decimal places"),
    optional("amount_minor", "bigint", "Signed minor units; of a line, what it adds to the account"),
    optional("gross_minor", "bigint", "Before fees, in the account's currency"),
    optional("fee_minor", "bigint", "Fees taken from gross_minor"),
    optional("item_date", "date", "Business date of the step, or day the line was known"),
    optional("payout_key", "string", "The processor's payout the line belongs to"),
    optional("match_id", "string", "The same for all members of a match"),
    optional("stage", "int", "1 to 5; 0 where the line explains itself"),
    optional("match_type", "string", "1:1, 1:n, n:1, n:m or charge"),
    optional("confidence", "double", "0 to 1"),
    optional("evidence", "string", "What the match rests upon"),
    optional("match_date", "date", "Day the last member was known; the match was made by the close it is told in"),
    optional("break_id", "string", "The same for all rows of one break"),
    optional("kind", "string", "Kind of the break"),
    optional("field", "string", "Field that differs"),
    optional("internal_value", "string", "What our side has"),
    optional("external_value", "string", "What the statement has"),
    optional("difference_minor", "bigint", "External less internal, minor units"),
    optional("expected_on", "date", "Last day on which it may be seen"),
    optional("expected_by", "timestamp", "From this instant it is overdue"),
    optional("age_business_days", "int", "Business days since it became a break"),
    required("rule_version", "string", "Rules it was made by"),
    optional("source", "string", "Source of the payment step"),
    optional("source_partition", "string", "Its partition"),
    optional("source_offset", "bigint", "Its position"),
  ],
  partitionBy: [],
  key: ["business_date", "row_key"],
  sortBy: ["state", "kind", "row_key"],
  retention: { logDays: 2555, dataDays: null },
};

/**
 * What people decided, append-only: a row per item of a decision. Of the rows of an item the one with the highest sequence
 * holds, from the close of its business date on; `revoke` gives the item back to the rules.
 */
export const RECONCILIATION_DECISIONS: TableSpec = {
  name: "reconciliation_decisions",
  kind: "raw",
  description: "Decisions of people about items of the reconciliation, which every later run obeys",
  columns: [
    required("decision_id", "string", "The same for all items decided together"),
    required("sequence", "bigint", "Order of the decisions, one number each"),
    required("item_key", "string", "The item, or the row_key of a finding"),
    required("business_date", "date", "First close that obeys it"),
    required("kind", "string", "match, force_match, write_off, unmatch or revoke"),
    required("side", "string", "internal, bank or processor"),
    optional("currency", "string", "ISO 4217 code of amount_minor"),
    optional("exponent", "int", "Decimal places"),
    optional("amount_minor", "bigint", "What the item was compared with when it was decided, signed minor units"),
    optional("residual_minor", "bigint", "External less internal of the whole decision; null across currencies"),
    optional("supersedes", "string", "Decision, or match of the rules, that it takes the place of"),
    required("reason", "string", "Why, in the words of the person"),
    required("decided_by", "string", "Person"),
    required("decided_at", "timestamp", "When the decision was asked for"),
    optional("approved_by", "string", "Second person, where the value asked for one"),
    optional("approved_at", "timestamp", "When the second person agreed"),
  ],
  partitionBy: [],
  key: ["decision_id", "item_key"],
  sortBy: ["business_date", "sequence"],
  retention: { logDays: 2555, dataDays: null },
};
