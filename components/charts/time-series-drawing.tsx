"use client";

import {
  Area,
  Bar,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { fullTime, shortTime } from "@/components/ui/format-time";
import { useTimeZone } from "@/components/ui/time-zone";
import classes from "./charts.module.css";
import { type ChartSeries, type ChartThreshold, colourOf, rowsOf, shortNumber } from "./series";

const TICK = { fill: "var(--text-dim)", fontSize: 11 } as const;

export interface TimeSeriesDrawingProps {
  readonly series: readonly ChartSeries[];
  readonly thresholds: readonly ChartThreshold[];
  readonly kind: "line" | "area" | "bars";
  readonly unit: string;
}

export default function TimeSeriesDrawing({ series, thresholds, kind, unit }: TimeSeriesDrawingProps) {
  const zone = useTimeZone();
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart
        data={rowsOf(series)}
        margin={{ top: 8, right: 12, bottom: 0, left: 0 }}
        accessibilityLayer={false}
      >
        <CartesianGrid stroke="var(--chart-grid)" vertical={false} />
        <XAxis
          dataKey="at"
          tick={TICK}
          tickLine={false}
          axisLine={{ stroke: "var(--line-strong)" }}
          minTickGap={48}
          tickFormatter={(at: string) => shortTime(at, zone, new Date()).replace(/:\d\d$/, "")}
        />
        <YAxis tick={TICK} tickLine={false} axisLine={false} width={44} tickFormatter={shortNumber} />
        <Tooltip content={(shown) => <Shown {...shown} zone={zone} unit={unit} />} isAnimationActive={false} />
        {thresholds.map(({ label, value }) => (
          <ReferenceLine
            key={label}
            y={value}
            stroke="var(--tone-bad-fg)"
            strokeDasharray="4 4"
            label={{ value: label, fill: "var(--tone-bad-fg)", fontSize: 11, position: "insideTopRight" }}
          />
        ))}
        {series.map(({ key, label }, place) => draw({ key, label, place, kind }))}
      </ComposedChart>
    </ResponsiveContainer>
  );
}

interface Drawn {
  readonly key: string;
  readonly label: string;
  readonly place: number;
  readonly kind: TimeSeriesDrawingProps["kind"];
}

function draw({ key, label, place, kind }: Drawn) {
  const common = { dataKey: key, name: label, isAnimationActive: false } as const;
  const colour = colourOf(place);
  if (kind === "bars") return <Bar key={key} {...common} stackId="all" fill={colour} maxBarSize={24} />;
  if (kind === "area") {
    return <Area key={key} {...common} stackId="all" stroke={colour} fill={colour} fillOpacity={0.22} type="linear" />;
  }
  return <Line key={key} {...common} stroke={colour} strokeWidth={1.6} dot={false} type="linear" />;
}

interface ShownProps {
  readonly active?: boolean;
  readonly label?: string | number;
  readonly payload?: readonly { readonly name?: unknown; readonly value?: unknown; readonly color?: string }[];
  readonly zone: string;
  readonly unit: string;
}

function Shown({ active, label, payload, zone, unit }: ShownProps) {
  if (active !== true || payload === undefined) return null;
  return (
    <div className={classes.tooltip}>
      <div className="dim">{fullTime(String(label), zone)}</div>
      {payload.map(({ name, value, color }) => (
        <div key={String(name)}>
          <span className={classes.swatch} style={{ display: "inline-block", background: color }} /> {String(name)}{" "}
          <b>
            {typeof value === "number" ? value.toLocaleString("en-US") : "none"} {unit}
          </b>
        </div>
      ))}
    </div>
  );
}
