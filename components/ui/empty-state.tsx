import type { ReactNode } from "react";
import classes from "./state.module.css";

export interface EmptyStateProps {
  /** Why there is nothing. */
  readonly title: string;
  /** What to do about it. */
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** Nothing to show, why, and what to do. */
export function EmptyState({ title, children, action }: EmptyStateProps) {
  return (
    <div className={classes.state}>
      <p className={classes.title}>{title}</p>
      {children !== undefined && <div className={classes.words}>{children}</div>}
      {action !== undefined && <div className={classes.actions}>{action}</div>}
    </div>
  );
}
