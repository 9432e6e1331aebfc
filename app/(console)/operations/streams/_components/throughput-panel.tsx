"use client";

import { SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ChartPeriod, everyMinute } from "@/components/charts/series";
import { TimeSeriesChart } from "@/components/charts/time-series-chart";
import { useTRPC } from "@/components/trpc/client";
import { Panel } from "@/components/ui/panel";
import { QueryBoundary } from "@/components/ui/query-boundary";
import type { Throughput } from "@/server/indexes/ops/contract";
import classes from "../../_components/operations.module.css";
import { numberText, shareText } from "../../_components/words";
import { type FlowState, MEASURES, type Measure, spanOf } from "./flow-state";

const REFRESH_MS = 5_000;
const MEASURE_WORDS: Readonly<Record<Measure, string>> = {
  accepted: "Accepted",
  quarantined: "Quarantined",
  duplicates: "Duplicates",
  late: "Late",
  errorRate: "Error rate",
};

export interface FlowPanelProps {
  readonly state: FlowState;
  readonly onChange: (change: Partial<FlowState>) => void;
  readonly onBrush: (period: ChartPeriod) => void;
}

/** What came in, minute by minute. */
export function ThroughputPanel({ state, onChange, onBrush }: FlowPanelProps) {
  const trpc = useTRPC();
  const { by, measure } = state;
  const span = spanOf(state);
  const query = useQuery(
    trpc.ops.throughput.queryOptions(
      { ...span, by },
      { refetchInterval: span.until === null ? REFRESH_MS : false, placeholderData: keepPreviousData },
    ),
  );
  return (
    <Panel
      title="Flow"
      actions={
        <>
          <SegmentedControl
            size="xs"
            aria-label="What is counted"
            data={MEASURES.map((value) => ({ value, label: MEASURE_WORDS[value] }))}
            value={measure}
            onChange={(value) => onChange({ measure: value })}
          />
          <SegmentedControl
            size="xs"
            aria-label="Grouped by"
            data={[
              { value: "source", label: "By source" },
              { value: "rail", label: "By rail" },
            ]}
            value={by}
            onChange={(value) => onChange({ by: value })}
          />
        </>
      }
    >
      <QueryBoundary query={query} skeletonRows={7}>
        {(flow) => (
          <>
            <TimeSeriesChart
              label={
                measure === "errorRate"
                  ? `Declined, failed and returned of the accepted, by ${by}`
                  : `${MEASURE_WORDS[measure]} per minute, by ${by}`
              }
              kind={measure === "errorRate" ? "line" : "area"}
              unit={measure === "errorRate" ? "%" : ""}
              series={seriesOf(flow, measure)}
              onBrush={onBrush}
            />
            <Sums flow={flow} />
          </>
        )}
      </QueryBoundary>
    </Panel>
  );
}

function Sums({ flow: { minutes } }: { flow: Throughput }) {
  const sum = (key: "accepted" | "quarantined" | "duplicates" | "late" | "errors") =>
    minutes.reduce((total, minute) => total + minute[key], 0);
  const accepted = sum("accepted");
  return (
    <p className={classes.note}>
      Whole period: {numberText(accepted)} accepted, {numberText(sum("quarantined"))} quarantined,{" "}
      {numberText(sum("duplicates"))} duplicates, {numberText(sum("late"))} late; error rate{" "}
      {shareText(accepted === 0 ? null : sum("errors") / accepted)}
    </p>
  );
}

function seriesOf(flow: Throughput, measure: Measure) {
  const groups = [...new Set(flow.minutes.map(({ group }) => group))].sort();
  return groups.map((group) => {
    const own = flow.minutes.filter((minute) => minute.group === group);
    const points =
      measure === "errorRate"
        ? everyMinute(
            flow,
            own.flatMap(({ minute, errorRate }) => (errorRate === null ? [] : { at: minute, value: errorRate * 100 })),
            { missing: null },
          )
        : everyMinute(
            flow,
            own.map((m) => ({ at: m.minute, value: m[measure] })),
            { running: false },
          );
    return { key: group, label: group, points };
  });
}
