import type { Micros } from "../time";
import type { Payout } from "./payouts";

export type PayoutStatus = "projected" | "scheduled" | "held" | "paid" | "late";

export interface PayoutFacts {
  readonly payout: Pick<Payout, "heldBy">;
  /** From when it is overdue at the bank (`expectedBy` of its rail); null while it has no date. */
  readonly overdueFrom: Micros | null;
  readonly now: Micros;
  /** A bank line was matched to it. */
  readonly isMatched: boolean;
  /** All business dates it pays are closed. */
  readonly isFinal: boolean;
  /** Why it must not leave though its date has come: a late input index, failed control totals; null where nothing is wrong. */
  readonly blockedBy: string | null;
}

/** Where a payout stands, and why; the first that applies of paid, held (also when blocked), late, scheduled, projected. */
export function payoutStatus(facts: PayoutFacts): { readonly status: PayoutStatus; readonly reason: string | null } {
  const { payout, overdueFrom, now, blockedBy } = facts;
  if (facts.isMatched) return { status: "paid", reason: null };
  if (payout.heldBy !== null) return { status: "held", reason: payout.heldBy.reason };
  if (blockedBy !== null) return { status: "held", reason: blockedBy };
  if (overdueFrom !== null && now >= overdueFrom)
    return { status: "late", reason: "no bank line by the date it was due" };
  return facts.isFinal
    ? { status: "scheduled", reason: null }
    : { status: "projected", reason: "business dates it pays are still open" };
}
