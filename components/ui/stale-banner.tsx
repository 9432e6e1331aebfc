import { IconPlugConnectedX } from "@tabler/icons-react";
import classes from "./state.module.css";
import { Time } from "./time";

/** The last good data are shown because newer ones cannot be had. `since` is ISO 8601. */
export function StaleBanner({ since }: { since: string }) {
  return (
    <div className={classes.stale} role="status">
      <IconPlugConnectedX size={16} stroke={1.6} aria-hidden />
      <span>
        Last good data, read <Time at={since} />. Newer ones cannot be had now; it goes on by itself.
      </span>
    </div>
  );
}
