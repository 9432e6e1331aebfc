import type { AlertRow } from "@/server/indexes/fraud/contract";
import { SELECTION_MAX, type Selection } from "@/server/indexes/fraud/contract-selection";

/** What a bulk verb is about to change. */
export interface Chosen extends Pick<Selection, "cases" | "sums" | "withoutAmount"> {
  /** Every row under the filter, not only loaded ones. */
  readonly everywhere: boolean;
}

/** Counts and sums of the selection; null while the server still counts. `selection` null: only the rows are meant. */
export function chosenOf(rows: readonly AlertRow[], selection: Selection | null | undefined): Chosen | null {
  if (selection === undefined) return null;
  if (selection !== null) return { ...selection, everywhere: true };
  const sums = new Map<string, Selection["sums"][number]>();
  let withoutAmount = 0;
  for (const { amount } of rows) {
    if (amount === null) {
      withoutAmount++;
      continue;
    }
    const key = `${amount.currency}/${amount.exponent}`;
    const sum = sums.get(key) ?? { ...amount, amountMinor: 0n, cases: 0 };
    sums.set(key, { ...sum, cases: sum.cases + 1, amountMinor: sum.amountMinor + amount.amountMinor });
  }
  return { cases: rows.length, sums: [...sums.values()], withoutAmount, everywhere: false };
}

/** Why so many cannot be changed at once; null where they can. */
export const tooMany = ({ cases }: Chosen): string | null =>
  cases <= SELECTION_MAX
    ? null
    : `At most ${SELECTION_MAX.toLocaleString("en-US")} cases are changed at once. Narrow the filter, e.g. by rule or severity.`;
