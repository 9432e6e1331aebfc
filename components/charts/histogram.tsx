"use client";

import dynamic from "next/dynamic";
import { ChartFrame } from "./chart-frame";
import classes from "./charts.module.css";
import type { HistogramDrawingProps } from "./histogram-drawing";

const Drawing = dynamic(() => import("./histogram-drawing"), { ssr: false });

export interface HistogramProps extends Omit<HistogramDrawingProps, "thresholds"> {
  readonly label: string;
  readonly thresholds?: HistogramDrawingProps["thresholds"];
  readonly empty?: string;
}

/** How often values fall into each bucket, thresholds drawn. */
export function Histogram({
  label,
  buckets,
  thresholds = [],
  empty = "Nothing to count in this period.",
}: HistogramProps) {
  const any = buckets.some(({ count }) => count > 0);
  return (
    <ChartFrame
      label={label}
      empty={empty}
      chart={any ? <Drawing buckets={buckets} thresholds={thresholds} /> : null}
      table={
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Bucket</th>
              <th scope="col">Count</th>
            </tr>
          </thead>
          <tbody>
            {buckets.map((bucket) => (
              <tr key={bucket.label}>
                <th scope="row">{bucket.label}</th>
                <td>{bucket.count.toLocaleString("en-US")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      }
    />
  );
}
