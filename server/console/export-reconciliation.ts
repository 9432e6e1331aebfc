import { formatMinor } from "../domain/money";
import type { BreakRow, DaySummary, MatchRow, WaterfallRow } from "../indexes/reconciliation/contract";
import type { FileCell, FileColumn } from "../query/row-file";

type Column<Row> = FileColumn<Row>;

const column =
  (type: Column<unknown>["type"]) =>
  <Row>(name: string, of: (row: Row) => FileCell): Column<Row> => ({ name, type, of });
const text = column("VARCHAR");
const whole = column("BIGINT");
const real = column("DOUBLE");
const instant = column("TIMESTAMPTZ");
const date = column("DATE");

type Money = { readonly amountMinor: bigint; readonly currency: string; readonly exponent: number } | null;

const decimalOf = (minor: bigint | null, exponent: number | null): string | null =>
  minor === null || exponent === null ? null : formatMinor(minor, exponent);

/** An amount as an exact decimal for people, and as minor units for programs. */
const money = <Row>(name: string, of: (row: Row) => Money): Column<Row>[] => [
  text(`${name}_amount`, (row) => decimalOf(of(row)?.amountMinor ?? null, of(row)?.exponent ?? null)),
  whole(`${name}_minor`, (row) => of(row)?.amountMinor ?? null),
  text(`${name}_currency`, (row) => of(row)?.currency ?? null),
];

/** The work list. `decision` and `reason` are for who sends the file back (docs/reconciliation.md). */
export const BREAK_FILE: readonly Column<BreakRow>[] = [
  text("break_id", (row) => row.breakId),
  text("decision", () => null),
  text("reason", () => null),
  text("kind", (row) => row.kind),
  text("status", (row) => row.status),
  text("sides", (row) => row.sides),
  whole("items", (row) => row.items),
  text("account", (row) => row.account),
  text("rail", (row) => row.rail),
  text("merchant_id", (row) => row.merchantId),
  text("transaction_id", (row) => row.transactionId),
  text("reference", (row) => row.reference),
  text("counterparty", (row) => row.counterparty),
  ...money<BreakRow>("internal", (row) => row.internal),
  ...money<BreakRow>("external", (row) => row.external),
  text("field", (row) => row.field),
  text("internal_value", (row) => row.internalValue),
  text("external_value", (row) => row.externalValue),
  text("difference", (row) => decimalOf(row.differenceMinor, row.exponent)),
  whole("difference_minor", (row) => row.differenceMinor),
  whole("value_minor", (row) => row.valueMinor),
  date("item_date", (row) => row.itemDate),
  date("expected_on", (row) => row.expectedOn),
  instant("expected_by", (row) => row.expectedBy),
  whole("age_business_days", (row) => row.ageBusinessDays),
  text("payout_key", (row) => row.payoutKey),
  text("assignee", (row) => row.assigneeName),
  instant("snoozed_until", (row) => row.snoozedUntil),
  text("item_keys", (row) => row.itemKeys.join(" ")),
];

export const MATCH_FILE: readonly Column<MatchRow>[] = [
  text("match_id", (row) => row.matchId),
  whole("stage", (row) => row.stage),
  text("match_type", (row) => row.matchType),
  real("confidence", (row) => row.confidence),
  text("evidence", (row) => row.evidence),
  text("rule_version", (row) => row.ruleVersion),
  whole("items", (row) => row.items),
  text("accounts", (row) => row.accounts),
  text("rail", (row) => row.rail),
  text("reference", (row) => row.reference),
  text("transaction_id", (row) => row.transactionId),
  ...money<MatchRow>("internal", (row) => row.internal),
  ...money<MatchRow>("external", (row) => row.external),
  whole("residual_minor", (row) => row.residualMinor),
  date("match_date", (row) => row.matchDate),
  text("decision_id", (row) => row.decisionId),
];

export type WaterfallLine = Omit<WaterfallRow, "components"> & WaterfallRow["components"][number];

/** One row per component: those of a payout, or of an account's day, add up to zero. */
export const WATERFALL_FILE: readonly Column<WaterfallLine>[] = [
  text("payout_key", (row) => row.payoutKey),
  text("account", (row) => row.account),
  text("currency", (row) => row.currency),
  text("component", (row) => row.component),
  text("amount", (row) => decimalOf(row.amountMinor, row.exponent)),
  whole("amount_minor", (row) => row.amountMinor),
  whole("exponent", (row) => row.exponent),
];

type DayRow = DaySummary["groups"][number];

const state = (name: string, of: (row: DayRow) => DayRow["matched"]): Column<DayRow>[] => [
  whole(`${name}_items`, (row) => of(row).items),
  text(`${name}_amount`, (row) => decimalOf(of(row).amountMinor, row.exponent)),
  whole(`${name}_minor`, (row) => of(row).amountMinor),
];

export const DAY_FILE: readonly Column<DayRow>[] = [
  text("side", (row) => row.side),
  text("account", (row) => row.account),
  text("rail", (row) => row.rail),
  text("currency", (row) => row.currency),
  whole("exponent", (row) => row.exponent),
  ...state("matched", (row) => row.matched),
  ...state("broken", (row) => row.broken),
  ...state("in_flight", (row) => row.inFlight),
];
