"use client";

import { SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { everyMinute } from "@/components/charts/series";
import { TimeSeriesChart } from "@/components/charts/time-series-chart";
import { useTRPC } from "@/components/trpc/client";
import { Panel } from "@/components/ui/panel";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { LATENCY_METRICS, type Latency, type Throughput } from "@/server/indexes/ops/contract";
import classes from "../../_components/operations.module.css";
import { secondsText } from "../../_components/words";

const REFRESH_MS = 10_000;
const MEASURES = ["accepted", "quarantined", "duplicates", "late", "errorRate"] as const;
const MEASURE_WORDS: Readonly<Record<(typeof MEASURES)[number], string>> = {
  accepted: "Accepted",
  quarantined: "Quarantined",
  duplicates: "Duplicates",
  late: "Late",
  errorRate: "Error rate",
};
const METRIC_WORDS: Readonly<Record<(typeof LATENCY_METRICS)[number], string>> = {
  event_to_ingested: "Event to ingested",
  ingested_to_visible: "Ingested to visible",
  processing: "Processing, as the source says",
};
/** Promise: event to visible p99 <= 2 s. */
const PROMISE_MS = 2_000;

/** Records per minute of ingestion by source. */
export function ThroughputPanel({ minutes }: { minutes: number }) {
  const trpc = useTRPC();
  const [measure, setMeasure] = useQueryState("measure", parseAsStringLiteral(MEASURES).withDefault("accepted"));
  const query = useQuery(
    trpc.ops.throughput.queryOptions(
      { minutes, by: "source" },
      { refetchInterval: REFRESH_MS, placeholderData: keepPreviousData },
    ),
  );
  return (
    <Panel
      title="Flow"
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Measure"
          data={MEASURES.map((value) => ({ value, label: MEASURE_WORDS[value] }))}
          value={measure}
          onChange={(value) => void setMeasure(value)}
        />
      }
    >
      <QueryBoundary query={query} skeletonRows={7}>
        {(flow) => (
          <TimeSeriesChart
            label={`${MEASURE_WORDS[measure]} per minute by source${measure === "errorRate" ? ", percent" : ""}`}
            kind={measure === "errorRate" ? "line" : "area"}
            series={flowSeries(flow, measure)}
          />
        )}
      </QueryBoundary>
    </Panel>
  );
}

function flowSeries(flow: Throughput, measure: (typeof MEASURES)[number]) {
  const groups = [...new Set(flow.minutes.map(({ group }) => group))].sort();
  return groups.map((group) => {
    const own = flow.minutes.filter((minute) => minute.group === group);
    if (measure === "errorRate") {
      const points = own.map(({ minute, errorRate }) => ({
        at: minute,
        value: errorRate === null ? null : Math.round(errorRate * 1_000) / 10,
      }));
      return { key: group, label: group, points };
    }
    return {
      key: group,
      label: group,
      points: everyMinute(
        flow,
        own.map((m) => ({ at: m.minute, value: m[measure] })),
      ),
    };
  });
}

/** Percentiles of a delay, per minute. */
export function LatencyPanel({ minutes }: { minutes: number }) {
  const trpc = useTRPC();
  const [metric, setMetric] = useQueryState(
    "metric",
    parseAsStringLiteral(LATENCY_METRICS).withDefault("ingested_to_visible"),
  );
  const query = useQuery(
    trpc.ops.latency.queryOptions(
      { minutes, metric },
      { refetchInterval: REFRESH_MS, placeholderData: keepPreviousData },
    ),
  );
  return (
    <Panel
      title="Delay"
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Metric"
          data={LATENCY_METRICS.map((value) => ({ value, label: METRIC_WORDS[value] }))}
          value={metric}
          onChange={(value) => void setMetric(value)}
        />
      }
    >
      <QueryBoundary query={query} skeletonRows={7}>
        {(latency) => (
          <>
            <TimeSeriesChart
              label={`${METRIC_WORDS[metric]}, milliseconds`}
              unit="ms"
              series={latencySeries(latency)}
              thresholds={metric === "ingested_to_visible" ? [{ label: "promise", value: PROMISE_MS }] : []}
            />
            <p className={classes.dim}>
              Whole period: p50 {millis(latency.overall.p50Ms)}, p95 {millis(latency.overall.p95Ms)}, p99{" "}
              {millis(latency.overall.p99Ms)} over {latency.overall.events.toLocaleString("en-US")} events
            </p>
          </>
        )}
      </QueryBoundary>
    </Panel>
  );
}

const millis = (ms: number | null): string => (ms === null ? "—" : secondsText(ms / 1_000));

const latencySeries = ({ minutes }: Latency) => [
  { key: "p50", label: "p50", points: minutes.map((m) => ({ at: m.minute, value: m.p50Ms })) },
  { key: "p95", label: "p95", points: minutes.map((m) => ({ at: m.minute, value: m.p95Ms })) },
  { key: "p99", label: "p99", points: minutes.map((m) => ({ at: m.minute, value: m.p99Ms })) },
];
