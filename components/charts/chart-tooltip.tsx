"use client";

import classes from "./charts.module.css";
import { type ChartPoint, type ChartSeries, colourOf } from "./series";
import { type ChartAxis, wholeText } from "./tick-text";

export interface ChartTooltipProps {
  readonly active?: boolean | undefined;
  readonly label?: string | number | undefined;
  readonly series: readonly ChartSeries[];
  readonly zone: string;
  readonly unit: string;
  readonly axis: ChartAxis;
}

/** Every figure of one instant, exact. */
export function ChartTooltip({ active, label, series, zone, unit, axis }: ChartTooltipProps) {
  if (active !== true || label === undefined) return null;
  const atMs = new Date(label).getTime();
  return (
    <div className={classes.tooltip}>
      <div className="dim">{wholeText(label, axis, zone)}</div>
      {series.map(({ key, label: name, points }, place) => (
        <div key={key} className={classes.shown}>
          <span className={classes.swatch} style={{ background: colourOf(place) }} />
          <span>{name}</span>
          <b>
            {pointText(
              points.find(({ at }) => Date.parse(at) === atMs),
              unit,
            )}
          </b>
        </div>
      ))}
    </div>
  );
}

/** A figure with its unit; "—" where there is none. */
export function pointText(point: ChartPoint | undefined, unit: string): string {
  if (point === undefined || point.value === null) return "—";
  if (point.text !== undefined) return point.text;
  const number = point.value.toLocaleString("en-US", { maximumFractionDigits: 2 });
  return unit === "" ? number : `${number}${unit === "%" ? "" : " "}${unit}`;
}
