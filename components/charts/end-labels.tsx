"use client";

import { usePlotArea, useYAxisScale } from "recharts";
import { type ChartSeries, colourOf, spreadLabels } from "./series";

const GAP_PX = 14;
const CHARS_MAX = 16;

/** The name of each line at its end, moved apart where lines meet. */
export function EndLabels({ series }: { series: readonly ChartSeries[] }) {
  const plot = usePlotArea();
  const scale = useYAxisScale();
  if (plot === undefined || scale === undefined) return null;
  const ends = series.flatMap(({ key, points }) => {
    const last = points.findLast(({ value }) => value !== null)?.value;
    const y = last === undefined || last === null ? undefined : scale(last);
    return typeof y === "number" ? [{ key, y }] : [];
  });
  const placed = new Map(spreadLabels(ends, GAP_PX, plot.y + plot.height).map(({ key, y }) => [key, y]));
  return (
    <g aria-hidden>
      {series.map(({ key, label }, place) => {
        const y = placed.get(key);
        if (y === undefined) return null;
        return (
          <text key={key} x={plot.x + plot.width + 8} y={y} dy="0.32em" fontSize={11} fill={colourOf(place)}>
            {label.length > CHARS_MAX ? `${label.slice(0, CHARS_MAX - 1)}…` : label}
          </text>
        );
      })}
    </g>
  );
}
