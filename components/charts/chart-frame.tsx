"use client";

import { SegmentedControl } from "@mantine/core";
import { type ReactNode, useState } from "react";
import classes from "./charts.module.css";

export interface ChartFrameProps {
  /** What the chart shows, in words. */
  readonly label: string;
  /** Null where there is nothing to draw. */
  readonly chart: ReactNode | null;
  /** The same figures as a table. */
  readonly table: ReactNode;
  readonly empty: string;
}

/** A chart with a table view of the same figures. */
export function ChartFrame({ label, chart, table, empty }: ChartFrameProps) {
  const [view, setView] = useState("chart");
  return (
    <figure className={classes.figure}>
      <figcaption className={classes.caption}>
        <span>{label}</span>
        <SegmentedControl
          size="xs"
          aria-label={`View of ${label}`}
          data={[
            { value: "chart", label: "Chart" },
            { value: "table", label: "Table" },
          ]}
          value={view}
          onChange={setView}
        />
      </figcaption>
      {chart === null ? (
        <p className={classes.empty}>{empty}</p>
      ) : view === "chart" ? (
        <div className={classes.drawing} role="img" aria-label={`${label}. The table view holds the same figures.`}>
          {chart}
        </div>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
        <section className={classes.scroll} tabIndex={0} aria-label={`${label}, figures`}>
          {table}
        </section>
      )}
    </figure>
  );
}
