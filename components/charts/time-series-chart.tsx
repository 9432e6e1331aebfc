"use client";

import { useElementSize } from "@mantine/hooks";
import dynamic from "next/dynamic";
import Link from "next/link";
import { Time } from "@/components/ui/time";
import { ChartFrame } from "./chart-frame";
import { pointText } from "./chart-tooltip";
import classes from "./charts.module.css";
import { type ChartPeriod, type ChartSeries, type ChartThreshold, colourOf, rowsOf } from "./series";
import type { ChartAxis } from "./tick-text";

// recharts is no part of the first load.
const Drawing = dynamic(() => import("./time-series-drawing"), { ssr: false });

const DIRECT_SERIES_MAX = 5;
const DIRECT_WIDTH_MIN_PX = 480;

export interface TimeSeriesChartProps {
  readonly label: string;
  readonly series: readonly ChartSeries[];
  readonly thresholds?: readonly ChartThreshold[];
  /** "%" stands at the figure, others after a space. */
  readonly unit?: string;
  readonly kind?: "line" | "area" | "bars";
  /** "day" for figures per business date. */
  readonly axis?: ChartAxis;
  readonly empty?: string;
  /** Where the rows behind a figure of the table are: by key of the series and instant of the point. */
  readonly hrefOf?: (series: string, at: string) => string;
  /** Told the period that was dragged over; the page's own period is the way without a pointer. */
  readonly onBrush?: (period: ChartPeriod) => void;
}

/** Figures over time, one axis, thresholds drawn; each with a table of the same figures. */
export function TimeSeriesChart(props: TimeSeriesChartProps) {
  const { label, series, thresholds = [], unit = "", kind = "line", axis = "time", onBrush } = props;
  const { ref, width } = useElementSize();
  const rows = rowsOf(series);
  const any = rows.length > 0;
  const direct =
    kind === "line" && series.length > 1 && series.length <= DIRECT_SERIES_MAX && width >= DIRECT_WIDTH_MIN_PX;
  return (
    <div ref={ref}>
      <ChartFrame
        label={label}
        empty={props.empty ?? "Nothing happened in this period."}
        chart={any ? <Drawing {...{ series, thresholds, unit, kind, axis, direct, onBrush }} /> : null}
        table={
          <Figures {...{ series, unit, axis, hrefOf: props.hrefOf }} instants={rows.map(({ at }) => at).toReversed()} />
        }
      />
      {any && series.length > 1 && !direct && (
        <ul className={classes.legend} aria-hidden>
          {series.map(({ key, label: name }, place) => (
            <li key={key}>
              <span className={classes.swatch} style={{ background: colourOf(place) }} />
              {name}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface FiguresProps {
  readonly series: readonly ChartSeries[];
  readonly instants: readonly string[];
  readonly unit: string;
  readonly axis: ChartAxis;
  readonly hrefOf: TimeSeriesChartProps["hrefOf"];
}

function Figures({ series, instants, unit, axis, hrefOf }: FiguresProps) {
  const points = series.map((one) => new Map(one.points.map((point) => [point.at, point])));
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">{axis === "day" ? "Business date" : "Time"}</th>
          {series.map(({ key, label }) => (
            <th scope="col" key={key} className={classes.right}>
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {instants.map((at) => (
          <tr key={at}>
            <th scope="row">{axis === "day" ? at.slice(0, 10) : <Time at={at} short />}</th>
            {series.map(({ key }, place) => (
              <td key={key}>
                {hrefOf === undefined || (points[place]?.get(at)?.value ?? 0) === 0 ? (
                  pointText(points[place]?.get(at), unit)
                ) : (
                  <Link href={hrefOf(key, at)} prefetch={false}>
                    {pointText(points[place]?.get(at), unit)}
                  </Link>
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
