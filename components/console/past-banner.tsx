"use client";

import { IconHistory } from "@tabler/icons-react";
import type { PastHere } from "@/components/console/use-past";
import { Time } from "@/components/ui/time";
import classes from "./past.module.css";

/** Says that a page is not of now; nothing where it is. */
export function PastBanner({ past }: { past: PastHere }) {
  if (past.at === null) return null;
  return (
    <div className={classes.banner} role="status">
      <IconHistory size={16} stroke={1.6} aria-hidden />
      <span>
        As of <Time at={past.at} />: what this page said then. Live is off.
      </span>
      <button type="button" onClick={() => past.change(null)}>
        Back to now
      </button>
    </div>
  );
}
