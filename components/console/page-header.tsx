import type { ReactNode } from "react";
import { FreshnessChip } from "@/components/console/freshness-chip";
import type { AsOf } from "@/server/domain/answer";
import classes from "./page-header.module.css";

export interface PageHeaderProps {
  readonly title: ReactNode;
  readonly description?: ReactNode;
  readonly asOf?: AsOf | null | undefined;
  /** Promise of what is shown, milliseconds; the index's own where left out. */
  readonly promiseMs?: number;
  /** The figures grow until the nightly final. */
  readonly partial?: boolean;
  readonly actions?: ReactNode;
}

/** Title of a page, how true it is, and its verbs. */
export function PageHeader({ title, description, asOf, promiseMs, partial = false, actions }: PageHeaderProps) {
  return (
    <header className={classes.header}>
      <div className={classes.words}>
        <div className={classes.line}>
          <h1 className={classes.title}>{title}</h1>
          <FreshnessChip asOf={asOf} {...(promiseMs === undefined ? {} : { promiseMs })} />
          {partial && (
            <span
              className={classes.partial}
              title="These figures grow through the day; the nightly run makes them final."
            >
              partial · real time
            </span>
          )}
        </div>
        {description !== undefined && <p className={classes.description}>{description}</p>}
      </div>
      {actions !== undefined && <div className={classes.actions}>{actions}</div>}
    </header>
  );
}
