import type { ShiftKind } from "@/server/indexes/settlement/contract";
import classes from "./settlement.module.css";
import { SHIFT_WORDS } from "./words";

/** Why a payout's dates or amount are not the plain ones. */
export function MovedBy({ kinds }: { kinds: readonly ShiftKind[] }) {
  if (kinds.length === 0) return <span className="dim">—</span>;
  return (
    <span className={classes.kinds}>
      {kinds.map((kind) => (
        <span key={kind} className={classes.kind}>
          {SHIFT_WORDS[kind]}
        </span>
      ))}
    </span>
  );
}
