import type { ReactNode } from "react";
import classes from "./reconciliation.module.css";

/** One group of facts with its heading. */
export function Fact({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes.fact}>
      <h3 className={classes.factTitle}>{title}</h3>
      {children}
    </section>
  );
}
