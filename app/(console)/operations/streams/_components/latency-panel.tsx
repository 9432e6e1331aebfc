"use client";

import { keepPreviousData, useQueries } from "@tanstack/react-query";
import { Histogram } from "@/components/charts/histogram";
import { everyMinute } from "@/components/charts/series";
import { TimeSeriesChart } from "@/components/charts/time-series-chart";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { Panel } from "@/components/ui/panel";
import { QueryBoundary } from "@/components/ui/query-boundary";
import type { Latency } from "@/server/indexes/ops/contract";
import classes from "../../_components/operations.module.css";
import { numberText, secondsText } from "../../_components/words";
import { LATENCY_METRICS, spanOf } from "./flow-state";
import type { FlowPanelProps } from "./throughput-panel";

const REFRESH_MS = 5_000;
type Metric = Latency["metric"];
const METRIC_WORDS: Readonly<Record<Metric, { readonly title: string; readonly meaning: string }>> = {
  processing: { title: "Processing", meaning: "as the source reports it" },
  event_to_ingested: { title: "Event to ingested", meaning: "from the producer's clock to our lake" },
  ingested_to_visible: { title: "Ingested to visible", meaning: "from our lake to the indexes" },
};
/** Promise: event to visible p99 <= 2 s, which neither part alone may pass. */
const PROMISE_MS = 2_000;

/** Delays by percentile: the three metrics beside each other, the chosen one in detail. */
export function LatencyPanel({ state, onChange, onBrush }: FlowPanelProps) {
  const trpc = useTRPC();
  const span = spanOf(state);
  const queries = useQueries({
    queries: LATENCY_METRICS.map((metric) =>
      trpc.ops.latency.queryOptions(
        { ...span, metric },
        { refetchInterval: span.until === null ? REFRESH_MS : false, placeholderData: keepPreviousData },
      ),
    ),
  });
  const chosen = queries[LATENCY_METRICS.indexOf(state.metric)];
  return (
    <>
      <Panel title="Delay, percentiles" flush>
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Metric</th>
                <th scope="col">Measures</th>
                {["Events", "p50", "p95", "p99"].map((name) => (
                  <th key={name} scope="col" className={classes.right}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {LATENCY_METRICS.map((metric, place) => (
                <tr key={metric} className={metric === state.metric ? classes.chosen : undefined}>
                  <th scope="row">
                    <button
                      type="button"
                      className={classes.choose}
                      aria-pressed={metric === state.metric}
                      onClick={() => onChange({ metric })}
                    >
                      {METRIC_WORDS[metric].title}
                    </button>
                  </th>
                  <td className={classes.dim}>{METRIC_WORDS[metric].meaning}</td>
                  <Percentiles of={queries[place]?.data?.overall ?? null} />
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
      {chosen !== undefined && (
        <Panel title={METRIC_WORDS[state.metric].title}>
          <QueryBoundary query={chosen} skeletonRows={7}>
            {(latency) => <Detail latency={latency} onBrush={onBrush} />}
          </QueryBoundary>
        </Panel>
      )}
    </>
  );
}

function Percentiles({ of }: { of: Latency["overall"] | null }) {
  const late = of?.p99Ms !== null && (of?.p99Ms ?? 0) > PROMISE_MS;
  return (
    <>
      <td className={classes.right}>{numberText(of?.events ?? null)}</td>
      <td className={classes.right}>{millis(of?.p50Ms)}</td>
      <td className={classes.right}>{millis(of?.p95Ms)}</td>
      <td className={classes.right} title={late ? "above the promise of 2 s" : undefined}>
        {millis(of?.p99Ms)}
        {late && " !"}
      </td>
    </>
  );
}

function Detail({ latency, onBrush }: { latency: Latency; onBrush: FlowPanelProps["onBrush"] }) {
  if (latency.overall.events === 0) {
    return <EmptyState title="Nothing was measured in this period">Choose a longer or an earlier period.</EmptyState>;
  }
  const thresholds = latency.metric === "processing" ? [] : [{ label: "promise: 2 s", value: PROMISE_MS }];
  return (
    <div className={classes.pair}>
      <TimeSeriesChart
        label="Percentiles per minute, milliseconds"
        unit="ms"
        series={percentileSeries(latency)}
        thresholds={thresholds}
        onBrush={onBrush}
      />
      <Histogram
        label="How many events took how long"
        buckets={latency.histogram.map(({ bucketMs, events }) => ({ label: `≤ ${millis(bucketMs)}`, count: events }))}
      />
      <div className={`${classes.scroll} ${classes.across}`}>
        <table className={classes.table}>
          <caption className="visually-hidden">Percentiles by rail</caption>
          <thead>
            <tr>
              <th scope="col">Rail</th>
              {["Events", "p50", "p95", "p99"].map((name) => (
                <th key={name} scope="col" className={classes.right}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {latency.byRail
              .toSorted((a, b) => b.events - a.events)
              .map((rail) => (
                <tr key={rail.paymentType ?? "none"}>
                  <th scope="row">{rail.paymentType ?? "no rail given"}</th>
                  <Percentiles of={rail} />
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

const millis = (ms: number | null | undefined): string =>
  secondsText(ms === null || ms === undefined ? null : ms / 1_000);

const percentileSeries = (latency: Latency) =>
  (["p50", "p95", "p99"] as const).map((name) => ({
    key: name,
    label: name,
    points: everyMinute(
      latency,
      latency.minutes.flatMap((minute) => {
        const value = minute[`${name}Ms`];
        return value === null ? [] : { at: minute.minute, value };
      }),
      { missing: null },
    ),
  }));
