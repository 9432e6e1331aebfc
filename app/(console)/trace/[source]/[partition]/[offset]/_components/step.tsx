import type { ReactNode } from "react";
import classes from "./trace.module.css";

/** One station on the way of a record. */
export function Step({ title, badge, children }: { title: string; badge?: ReactNode; children: ReactNode }) {
  return (
    <li className={classes.step}>
      <div className={classes.head}>
        <h2 className={classes.title}>{title}</h2>
        {badge}
      </div>
      <div className={classes.body}>{children}</div>
    </li>
  );
}
