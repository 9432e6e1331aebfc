"use client";

import { Button } from "@mantine/core";
import { useState } from "react";
import { useMe } from "@/components/console/use-me";
import { usePageKeys } from "@/components/console/use-page-keys";
import { Kbd } from "@/components/ui/kbd";
import type { PayoutDetail } from "@/server/indexes/settlement/contract";
import { PlaceHoldDialog, ReleaseHoldDialog } from "./hold-dialogs";
import classes from "./settlement.module.css";

/** Hold a merchant's payouts, or let them go: for treasury and administrators, at the newest close. */
export function PayoutVerbs({ detail }: { detail: PayoutDetail }) {
  const { can } = useMe();
  const [asked, setAsked] = useState<"place" | "release" | null>(null);
  const { payout, holds, close } = detail;
  const writes = can("settlement", "write") && close.isNewest;
  const hold = holds.find(({ state }) => state === "active" || state === "placed_next_run") ?? null;
  const verb = !writes || (hold === null && payout.status === "paid") ? null : hold === null ? "place" : "release";
  usePageKeys(
    verb === null
      ? []
      : [{ key: "h", label: verb === "place" ? "Hold the payouts" : "Release the hold", run: () => setAsked(verb) }],
  );
  if (verb === null) return null;
  return (
    <div className={classes.verbs}>
      <Button variant={verb === "place" ? "default" : "filled"} onClick={() => setAsked(verb)}>
        {verb === "place" ? "Hold payouts" : "Release the hold"}&nbsp;<Kbd>h</Kbd>
      </Button>
      <PlaceHoldDialog
        opened={asked === "place"}
        merchantId={payout.merchantId}
        currency={payout.currency}
        from={payout.payOn ?? payout.scheduledOn}
        closedOn={close.businessDate}
        onClose={() => setAsked(null)}
      />
      <ReleaseHoldDialog hold={asked === "release" ? hold : null} onClose={() => setAsked(null)} />
    </div>
  );
}
