"use client";

import { Bar, BarChart, CartesianGrid, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { type ChartThreshold, shortNumber } from "./series";

const TICK = { fill: "var(--text-dim)", fontSize: 11 } as const;

export interface HistogramDrawingProps {
  readonly buckets: readonly { readonly label: string; readonly count: number }[];
  /** `value` is the number of the bucket whose left edge it stands at. */
  readonly thresholds: readonly ChartThreshold[];
}

export default function HistogramDrawing({ buckets, thresholds }: HistogramDrawingProps) {
  return (
    <ResponsiveContainer width="100%" height="100%">
      <BarChart data={[...buckets]} margin={{ top: 16, right: 12, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid stroke="var(--chart-grid)" vertical={false} />
        <XAxis
          dataKey="label"
          tick={TICK}
          tickLine={false}
          axisLine={{ stroke: "var(--line-strong)" }}
          minTickGap={16}
        />
        <YAxis
          tick={TICK}
          tickLine={false}
          axisLine={false}
          width={44}
          tickFormatter={shortNumber}
          allowDecimals={false}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ fill: "var(--surface-hover)" }}
          contentStyle={{ background: "var(--surface-raised)", border: "1px solid var(--line-strong)", fontSize: 12 }}
        />
        <Bar dataKey="count" name="Count" fill="var(--chart-1)" isAnimationActive={false} />
        {thresholds.map(({ label, value }) => (
          <ReferenceLine
            key={label}
            x={buckets[value]?.label ?? ""}
            position="start"
            stroke="var(--tone-bad-fg)"
            strokeDasharray="4 4"
            label={{ value: label, fill: "var(--tone-bad-fg)", fontSize: 11, position: "top" }}
          />
        ))}
      </BarChart>
    </ResponsiveContainer>
  );
}
