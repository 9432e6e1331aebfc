/** What is planted between the world's own payments and their statements (PRODUCT.md section 2, reconciliation). */
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

/** Odd, but no break: each must end as a match of its stage. */
export const MATCH_KINDS = ["within_tolerance", "split", "no_reference"] as const;
export type MatchKind = (typeof MATCH_KINDS)[number];

/** The matching stage of PRODUCT.md section 2 each of them is for. */
export const STAGE_OF: Readonly<Record<MatchKind, number>> = { within_tolerance: 2, split: 3, no_reference: 5 };
