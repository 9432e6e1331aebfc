/** Every kind of break (PRODUCT.md section 2, reconciliation), in the order a work list shows them. */
export const BREAK_KINDS = [
  "missing_external",
  "missing_internal",
  "amount_over",
  "amount_under",
  "currency",
  "exponent",
  "fx_rate",
  "fee_variance",
  "duplicate_internal",
  "duplicate_external",
  "split_incomplete",
  "ambiguous",
  "reference_mismatch",
  "direction",
  "returned",
  "return_unmatched",
  "status_conflict",
  "late",
  "control_total",
] as const;
export type BreakKind = (typeof BREAK_KINDS)[number];

export const STATES = ["matched", "break", "in_flight"] as const;
export type ItemState = (typeof STATES)[number];

export const STAGES = [0, 1, 2, 3, 4, 5] as const;

/** What each stage rests upon, for people. */
export const STAGE_NAMES: Readonly<Record<(typeof STAGES)[number], string>> = {
  0: "The line explains itself",
  1: "Reference, currency and amount",
  2: "Reference, amount within tolerance",
  3: "One to many, payout to bank",
  4: "Many to many by a grouping field",
  5: "Amount, date and counterparty, the only candidate",
};
