import { moneyText } from "@/components/ui/money";
import { namesOf } from "@/components/ui/names";
import type { Tone } from "@/components/ui/status-badge";
import type { BreakKind, BreakRow, BreakStatus } from "@/server/indexes/reconciliation/contract";
import type { DecisionKind } from "@/server/indexes/reconciliation/contract-decisions";

const KINDS: Readonly<Record<BreakKind, readonly [title: string, why: string]>> = {
  missing_external: ["Missing at the bank", "Our books have it, and its last day passed without a line."],
  missing_internal: ["Missing in our books", "A line that no payment of ours is known for."],
  amount_over: ["Amount over", "The statement has more than our books, beyond the tolerance."],
  amount_under: ["Amount under", "The statement has less than our books, beyond the tolerance."],
  currency: ["Currency differs", "The line of this payment is in another currency."],
  exponent: ["Decimal places", "Both amounts differ by exactly 10, 100 or 1000 times."],
  fx_rate: ["Exchange rate", "Converted otherwise than the reference rate of the day."],
  fee_variance: ["Fee differs", "Charged otherwise than the fee plan says."],
  duplicate_internal: ["Twice in our books", "A second payment of the same reference, for what is matched already."],
  duplicate_external: ["Twice on the statement", "A second line, for what is matched already."],
  split_incomplete: ["Split incomplete", "Several lines that do not add up to their payment yet."],
  ambiguous: ["Ambiguous", "Several candidates that nothing tells apart."],
  reference_mismatch: ["Reference differs", "The only candidate stands under another reference."],
  direction: ["Direction", "The line goes the other way round."],
  returned: ["Returned", "Money of a settled payment went back, and our side has not heard."],
  return_unmatched: ["Return of nothing known", "A return that names nothing we know."],
  status_conflict: ["Status differs", "A line for a payment our books have as not settled."],
  late: ["Late", "Matched, but booked after its last day."],
  control_total: ["Control total", "A statement file was refused, and none has come in its place."],
};

export const BREAK_KINDS = namesOf<BreakKind>(
  Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, true])) as Record<BreakKind, true>,
);
const known = (kind: string) => (kind in KINDS ? KINDS[kind as BreakKind] : null);
export const kindTitle = (kind: string): string => known(kind)?.[0] ?? kind;
export const kindWhy = (kind: string): string => known(kind)?.[1] ?? "";

export const BREAK_STATUSES = namesOf<BreakStatus>({ open: true, waiting: true, decided: true, snoozed: true });
export const STATUS_WORDS: Readonly<Record<BreakStatus, string>> = {
  open: "Open",
  waiting: "Waits for approval",
  decided: "Decided",
  snoozed: "Snoozed",
};
export const STATUS_TONES: Readonly<Record<BreakStatus, Tone>> = {
  open: "warn",
  waiting: "info",
  decided: "good",
  snoozed: "neutral",
};

export const DECISION_WORDS: Readonly<Record<DecisionKind, string>> = {
  match: "Match",
  force_match: "Force match",
  write_off: "Write off",
  unmatch: "Take apart",
  revoke: "Take back",
};

const STAGES = [
  "Stated as a charge",
  "Same reference and amount",
  "Within tolerance",
  "One to many",
  "Many to many",
  "By amount, day and name",
  "By a person",
];
export const stageTitle = (stage: number): string => STAGES[stage] ?? `Stage ${stage}`;

const COMPONENTS: Readonly<Record<string, string>> = {
  gross: "Gross",
  payments: "Payments",
  payouts: "Payouts",
  refunds: "Refunds",
  chargebacks: "Chargebacks",
  returns: "Returns",
  fees: "Fees",
  reserve_held: "Reserve held",
  reserve_released: "Reserve released",
  fx: "Currency conversion",
  adjustments: "Adjustments",
  written_off: "Written off",
  forced: "Forced by a person",
  residual: "Not explained",
  bank: "Bank line",
};
export const componentTitle = (component: string): string => COMPONENTS[component] ?? component;

export const sideTitle = (side: string): string =>
  ({ internal: "Our books", bank: "Bank", processor: "Processor" })[side] ?? side;

export const countText = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;

/** A value that differs, as people read it: amounts and fees are told in minor units. */
export function valueText(
  { field, currency, exponent, ...row }: BreakRow,
  side: "internalValue" | "externalValue",
): string {
  const value = row[side];
  const isAmount = (field === "amount" || field === "fee") && value !== null && /^-?\d+$/.test(value);
  if (!isAmount || currency === null || exponent === null) return value ?? "none";
  return moneyText({ amountMinor: BigInt(value), currency, exponent });
}
