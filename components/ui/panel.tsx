import { type ReactNode, useId } from "react";
import classes from "./panel.module.css";

export interface PanelProps {
  readonly title?: ReactNode;
  readonly actions?: ReactNode;
  /** Lets a table or chart reach the edges. */
  readonly flush?: boolean;
  readonly children: ReactNode;
}

/** A card with a heading. */
export function Panel({ title, actions, flush = false, children }: PanelProps) {
  const id = useId();
  return (
    <section className={classes.panel} {...(title === undefined ? {} : { "aria-labelledby": id })}>
      {(title !== undefined || actions !== undefined) && (
        <div className={classes.head}>
          {title !== undefined && (
            <h2 id={id} className={classes.title}>
              {title}
            </h2>
          )}
          {actions !== undefined && <div className={classes.actions}>{actions}</div>}
        </div>
      )}
      <div className={flush ? classes.flush : classes.body}>{children}</div>
    </section>
  );
}
