import type { ReactNode } from "react";
import classes from "./reconciliation.module.css";

export interface ScrollProps {
  readonly label: string;
  /** Fills a panel instead of ending after some rows. */
  readonly fill?: boolean;
  readonly children: ReactNode;
}

/** What scrolls by itself, reachable by keys. */
export function Scroll({ label, fill = false, children }: ScrollProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
    <section className={fill ? classes.facts : classes.scroll} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
