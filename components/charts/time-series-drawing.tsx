"use client";

import { type ReactNode, useState } from "react";
import {
  Area,
  Bar,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { useTimeZone } from "@/components/ui/time-zone";
import { ChartTooltip } from "./chart-tooltip";
import { EndLabels } from "./end-labels";
import {
  type ChartPeriod,
  type ChartRow,
  type ChartSeries,
  type ChartThreshold,
  colourOf,
  isolatedOf,
  rowsOf,
  shortNumber,
  timeTicks,
} from "./series";
import { type ChartAxis, tickText } from "./tick-text";

const TICK = { fill: "var(--text-dim)", fontSize: 11 } as const;
const LABEL_CHAR_PX = 6.5;
const LABEL_CHARS_MAX = 16;

export interface TimeSeriesDrawingProps {
  readonly series: readonly ChartSeries[];
  readonly thresholds: readonly ChartThreshold[];
  readonly kind: "line" | "area" | "bars";
  readonly axis: ChartAxis;
  readonly unit: string;
  /** Names stand at the end of their lines. */
  readonly direct: boolean;
  readonly onBrush?: ((period: ChartPeriod) => void) | undefined;
}

/** The drawing alone; loaded when a chart is first shown. */
export default function TimeSeriesDrawing(props: TimeSeriesDrawingProps) {
  const { series, thresholds, kind, axis, unit, direct, onBrush } = props;
  const zone = useTimeZone();
  const rows = rowsOf(series);
  const drag = useDrag(onBrush);
  const highest = Math.max(...thresholds.map(({ value }) => value), Number.NEGATIVE_INFINITY);
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart
        data={rows}
        margin={{ top: 16, right: direct ? labelRoom(series) : 12, bottom: 0, left: 0 }}
        accessibilityLayer={false}
        {...drag.handlers}
      >
        <CartesianGrid stroke="var(--chart-grid)" vertical={false} />
        {timeAxis(rows, { kind, axis, zone })}
        <YAxis
          tick={TICK}
          tickLine={false}
          axisLine={false}
          width={48}
          tickFormatter={(value: number) => `${shortNumber(value)}${unit === "%" ? "%" : ""}`}
          domain={[(low: number) => Math.min(0, low), highest > 0 ? (high: number) => Math.max(high, highest) : "auto"]}
        />
        <Tooltip
          content={(shown) => <ChartTooltip {...shown} {...{ series, zone, unit, axis }} />}
          isAnimationActive={false}
          cursor={{ stroke: "var(--line-strong)", fill: "var(--surface-hover)" }}
        />
        {series.map((one, place) => drawn(one, { place, kind, isolated: isolatedOf(rows, one.key) }))}
        {thresholds.map(thresholdLine)}
        {drag.area}
        {direct && <EndLabels series={series} />}
      </ComposedChart>
    </ResponsiveContainer>
  );
}

const labelRoom = (series: readonly ChartSeries[]): number =>
  16 + LABEL_CHAR_PX * Math.min(LABEL_CHARS_MAX, Math.max(...series.map(({ label }) => label.length)));

interface AxisOptions {
  readonly kind: TimeSeriesDrawingProps["kind"];
  readonly axis: ChartAxis;
  readonly zone: string;
}

/** Lines lie on true time, so that a gap keeps its width; bars stand side by side. */
function timeAxis(rows: readonly ChartRow[], { kind, axis, zone }: AxisOptions) {
  const common = {
    tick: TICK,
    tickLine: false,
    axisLine: { stroke: "var(--line-strong)" },
    minTickGap: 32,
    tickFormatter: (at: string | number) => tickText(at, axis, zone),
  } as const;
  if (kind === "bars") return <XAxis dataKey="at" {...common} />;
  const [first, last] = [Date.parse(rows[0]?.at ?? ""), Date.parse(rows.at(-1)?.at ?? "")];
  return (
    <XAxis
      {...common}
      dataKey={(row: ChartRow) => Date.parse(row.at)}
      type="number"
      scale="time"
      domain={["dataMin", "dataMax"]}
      ticks={timeTicks(first, last)}
    />
  );
}

interface DrawnOptions {
  readonly place: number;
  readonly kind: TimeSeriesDrawingProps["kind"];
  readonly isolated: ReadonlySet<string>;
}

function drawn({ key, label }: ChartSeries, { place, kind, isolated }: DrawnOptions) {
  const common = { dataKey: key, name: label, isAnimationActive: false } as const;
  const colour = colourOf(place);
  if (kind === "bars") return <Bar key={key} {...common} stackId="all" fill={colour} maxBarSize={24} />;
  if (kind === "area") {
    return <Area key={key} {...common} stackId="all" stroke={colour} fill={colour} fillOpacity={0.22} type="linear" />;
  }
  const dot = ({ cx, cy, payload }: { cx?: number; cy?: number; payload?: ChartRow }) => {
    const alone = payload !== undefined && isolated.has(payload.at);
    return <circle key={payload?.at} cx={cx} cy={cy} r={alone ? 2 : 0} fill={colour} />;
  };
  return (
    <Line
      key={key}
      {...common}
      stroke={colour}
      strokeWidth={1.6}
      dot={isolated.size > 0 ? dot : false}
      activeDot={{ r: 3 }}
      type="linear"
    />
  );
}

function thresholdLine({ label, value, baseline = false }: ChartThreshold) {
  const colour = baseline ? "var(--text-dim)" : "var(--tone-bad-fg)";
  return (
    <ReferenceLine
      key={label}
      y={value}
      stroke={colour}
      strokeDasharray={baseline ? "2 3" : "5 4"}
      label={{ value: label, fill: colour, fontSize: 11, position: "insideTopLeft" }}
    />
  );
}

interface Spot {
  readonly activeLabel?: string | number | undefined;
}

/** Dragging over the chart chooses a period. */
function useDrag(onBrush: TimeSeriesDrawingProps["onBrush"]): { handlers: object; area: ReactNode } {
  const [span, setSpan] = useState<readonly [string | number, string | number] | null>(null);
  if (onBrush === undefined) return { handlers: {}, area: null };
  const end = () => {
    setSpan(null);
    if (span === null || span[0] === span[1]) return;
    const [from = 0, until = 0] = span.map((label) => new Date(label).getTime()).sort((a, b) => a - b);
    onBrush({ from: new Date(from).toISOString(), until: new Date(until).toISOString() });
  };
  return {
    handlers: {
      onMouseDown: ({ activeLabel }: Spot) => setSpan(activeLabel === undefined ? null : [activeLabel, activeLabel]),
      onMouseMove: ({ activeLabel }: Spot) => {
        if (span !== null && activeLabel !== undefined) setSpan([span[0], activeLabel]);
      },
      onMouseUp: end,
      onMouseLeave: () => setSpan(null),
      style: { cursor: "crosshair", userSelect: "none" },
    },
    area: span !== null && <ReferenceArea x1={span[0]} x2={span[1]} fill="var(--accent)" fillOpacity={0.16} />,
  };
}
