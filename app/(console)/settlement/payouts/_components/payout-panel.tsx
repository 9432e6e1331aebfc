"use client";

import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTRPC } from "@/components/trpc/client";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { closeOf, hrefIn } from "../../_components/close-state";
import { PayoutFacts, PayoutHead } from "../../_components/payout-facts";
import { PayoutVerbs } from "../../_components/payout-verbs";
import classes from "../../_components/settlement.module.css";
import type { PayoutsState } from "./payouts-state";

interface PayoutPanelProps {
  readonly payoutId: string;
  readonly state: PayoutsState;
  readonly onClose: () => void;
}

/** One payout beside the list. */
export function PayoutPanel({ payoutId, state, onClose }: PayoutPanelProps) {
  const trpc = useTRPC();
  const query = useQuery(trpc.settlement.payout.queryOptions({ close: closeOf(state), payoutId }));
  const href = hrefIn(state, `payouts/${encodeURIComponent(payoutId)}`);
  return (
    <aside className={classes.panel} aria-label="Payout">
      <QueryBoundary query={query} skeletonRows={12}>
        {(detail) => (
          <>
            <header className={classes.head}>
              <PayoutHead payout={detail.payout}>
                <button type="button" className={classes.close} aria-label="Close the panel" onClick={onClose}>
                  <IconX size={16} aria-hidden />
                </button>
              </PayoutHead>
              <p className={classes.line}>
                <Link href={href}>Open the payout</Link> ·{" "}
                <Link href={hrefIn(state, "payouts", { merchant: detail.payout.merchantId })}>
                  All of this merchant
                </Link>
              </p>
            </header>
            <PayoutVerbs detail={detail} />
            <PayoutFacts detail={detail} />
          </>
        )}
      </QueryBoundary>
    </aside>
  );
}
