import type { z } from "zod";
import { Money } from "@/components/ui/money";
import type { Item } from "@/server/indexes/reconciliation/contract";
import { sideTitle } from "./words";

/** An item in one line: side, amount, reference, day. */
export function ItemName({ item }: { item: z.infer<typeof Item> }) {
  const { side, role, amount, reference, transactionId, itemDate, account, paymentType, counterparty } = item;
  return (
    <>
      {role === "payout" ? "Payout" : sideTitle(side)} <Money amount={amount} />
      <div className="dim">
        {[reference ?? transactionId, counterparty, account ?? paymentType, itemDate]
          .filter((part) => part !== null)
          .join(" · ")}
      </div>
    </>
  );
}
