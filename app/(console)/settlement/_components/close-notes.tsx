import Link from "next/link";
import { Time } from "@/components/ui/time";
import type { Close } from "@/server/indexes/settlement/contract";
import classes from "./settlement.module.css";

/** What a reader must know of the close before believing its figures: past, blocked, overtaken, or changed by people since. */
export function CloseNotes({ close }: { close: Close | undefined }) {
  if (close === undefined) return null;
  const { businessDate, startedAt, isNewest, blocked, builtOnEarlierRun, pendingHolds } = close;
  return (
    <>
      {!isNewest && (
        <p className={classes.note} data-tone="info" role="note">
          The close of <b>{businessDate}</b> as it was made <Time at={startedAt} short />. It is not the newest.
        </p>
      )}
      {blocked.map(({ reason, payouts }) => (
        <p key={reason} className={classes.note} data-tone="warn" role="note">
          {payouts.toLocaleString("en-US")} {payouts === 1 ? "payout is" : "payouts are"} blocked: {reason}.
        </p>
      ))}
      {builtOnEarlierRun && (
        <p className={classes.note} data-tone="warn" role="note">
          The close before was run again since. Run {businessDate} again under{" "}
          <Link href="/operations/jobs">Operations, Jobs</Link>: it builds on that one.
        </p>
      )}
      {pendingHolds > 0 && (
        <p className={classes.note} data-tone="info" role="note">
          {pendingHolds === 1 ? "One act on a hold" : `${pendingHolds} acts on holds`} since this close. The next run
          takes {pendingHolds === 1 ? "it" : "them"} in; figures stay as they are until then.
        </p>
      )}
    </>
  );
}
