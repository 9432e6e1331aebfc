"use client";

import dynamic from "next/dynamic";
import { Time } from "@/components/ui/time";
import { ChartFrame } from "./chart-frame";
import classes from "./charts.module.css";
import { type ChartSeries, type ChartThreshold, colourOf, rowsOf } from "./series";

// recharts is no part of the first load.
const Drawing = dynamic(() => import("./time-series-drawing"), { ssr: false });

export interface TimeSeriesChartProps {
  readonly label: string;
  readonly series: readonly ChartSeries[];
  readonly thresholds?: readonly ChartThreshold[];
  readonly unit?: string;
  readonly kind?: "line" | "area" | "bars";
  readonly empty?: string;
}

/** Figures over time, one axis, thresholds drawn; each with a table of the same figures. */
export function TimeSeriesChart(props: TimeSeriesChartProps) {
  const {
    label,
    series,
    thresholds = [],
    unit = "",
    kind = "line",
    empty = "Nothing happened in this period.",
  } = props;
  const rows = rowsOf(series);
  const any = rows.length > 0;
  return (
    <>
      <ChartFrame
        label={label}
        empty={empty}
        chart={any ? <Drawing series={series} thresholds={thresholds} unit={unit} kind={kind} /> : null}
        table={
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {series.map(({ key, label: name }) => (
                  <th scope="col" key={key}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.toReversed().map((row) => (
                <tr key={row.at}>
                  <th scope="row">
                    <Time at={row.at} short />
                  </th>
                  {series.map(({ key }) => (
                    <td key={key}>{cell(row[key])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        }
      />
      {any && series.length > 1 && (
        <ul className={classes.legend} aria-hidden>
          {series.map(({ key, label: name }, place) => (
            <li key={key}>
              <span className={classes.swatch} style={{ background: colourOf(place) }} />
              {name}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const cell = (value: string | number | null | undefined): string =>
  typeof value === "number" ? value.toLocaleString("en-US") : "—";
