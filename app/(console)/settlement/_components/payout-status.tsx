import { StatusBadge } from "@/components/ui/status-badge";
import type { PayoutRow } from "@/server/indexes/settlement/contract";
import { STATUS_WORDS } from "./words";

/** Where a payout stands; what a person decided since the close stands beside it, without a new figure. */
export function PayoutStatusBadge({
  payout,
}: {
  payout: Pick<PayoutRow, "status" | "pending" | "bankMinor" | "netMinor">;
}) {
  const [tone, word] = STATUS_WORDS[payout.status];
  if (payout.pending === "released") return <StatusBadge tone="info">Released, in the next run</StatusBadge>;
  if (payout.pending === "placed") return <StatusBadge tone="warn">{`${word}, held from the next run`}</StatusBadge>;
  const unconfirmed = payout.status === "paid" && payout.bankMinor === null && payout.netMinor > 0n;
  return <StatusBadge tone={tone}>{unconfirmed ? "Paid, unconfirmed" : word}</StatusBadge>;
}
