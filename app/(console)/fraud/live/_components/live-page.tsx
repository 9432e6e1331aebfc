"use client";

import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { parseAsInteger, useQueryState } from "nuqs";
import { Histogram } from "@/components/charts/histogram";
import { everyMinute } from "@/components/charts/series";
import { TimeSeriesChart } from "@/components/charts/time-series-chart";
import { PageHeader } from "@/components/console/page-header";
import { DataTable } from "@/components/tables/data-table";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { Panel } from "@/components/ui/panel";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { StatTile, StatTiles } from "@/components/ui/stat-tile";
import type { Live } from "@/server/indexes/fraud/contract";
import { ruleTitle } from "../../_components/words";
import classes from "./live.module.css";
import { STOLEN_CARD_COLUMNS } from "./stolen-card-columns";

const REFRESH_MS = 5_000;
const MINUTE_MS = 60_000;
const SPANS = [15, 60, 240, 1_440] as const;
const spanWord = (minutes: number) => (minutes < 60 ? `${minutes} min` : `${minutes / 60} h`);

/** What the rules are saying right now. */
export function LivePage() {
  const trpc = useTRPC();
  const [minutes, setMinutes] = useQueryState("minutes", parseAsInteger.withDefault(60));
  const query = useQuery(
    trpc.fraud.live.queryOptions({ minutes }, { refetchInterval: REFRESH_MS, placeholderData: (before) => before }),
  );
  return (
    <>
      <PageHeader
        title="Fraud live"
        asOf={query.data?.asOf}
        description="Alerts by rule, scores of the model and stolen cards in use, as they come."
        actions={
          <SegmentedControl
            size="xs"
            aria-label="Period"
            data={SPANS.map((span) => ({ value: String(span), label: spanWord(span) }))}
            value={String(minutes)}
            onChange={(value) => void setMinutes(Number(value))}
          />
        }
      />
      <QueryBoundary query={query} skeletonRows={14}>
        {(live) => <Shown live={live} minutes={minutes} />}
      </QueryBoundary>
    </>
  );
}

function Shown({ live, minutes }: { live: Live; minutes: number }) {
  return (
    <div className={classes.stack}>
      <StatTiles>
        {live.byRule.map(({ rule, alerts, perMinute }) => (
          <StatTile
            key={rule}
            label={ruleTitle(rule)}
            value={alerts.toLocaleString("en-US")}
            hint={`${perMinute < 0.05 ? "below 0.1" : perMinute.toFixed(1)} a minute`}
            href={queueHref(rule, live.from)}
          />
        ))}
      </StatTiles>
      <div className={classes.pair}>
        <Panel>
          <TimeSeriesChart
            label="Alerts per minute by rule"
            kind="bars"
            series={seriesOf(live)}
            hrefOf={(rule, minute) => queueHref(rule, minute, new Date(Date.parse(minute) + MINUTE_MS).toISOString())}
            empty={`No alert in the last ${spanWord(minutes)}.`}
          />
        </Panel>
        <Panel>
          <Histogram
            label="Scores of fraud signals"
            buckets={live.scores.map(({ from: low, signals }) => ({ label: low.toFixed(2), count: signals }))}
            thresholds={[
              { label: "medium", value: bucketOf(live, live.scoreThresholds.medium) },
              { label: "high", value: bucketOf(live, live.scoreThresholds.high) },
            ]}
            empty="No signal in this period."
          />
        </Panel>
      </div>
      <DataTable
        id="stolen-cards"
        label="Stolen cards in use"
        columns={STOLEN_CARD_COLUMNS}
        rows={live.stolenCards}
        rowKey={({ cardToken }) => cardToken}
        total={live.stolenCards.length}
        tools={<h2 className={classes.heading}>Stolen cards in use, last 60 minutes</h2>}
        empty={
          <EmptyState title="No summary was written in the last 60 minutes">
            While a stolen card is in use, one is written for it every ten seconds.
          </EmptyState>
        }
      />
    </div>
  );
}

/** The alerts of a rule, in whatever state, from an instant on. */
const queueHref = (rule: string, from: string, until?: string): string =>
  `/fraud/queue?status=&${new URLSearchParams({ rule, from, ...(until === undefined ? {} : { until }) })}`;

const bucketOf = (live: Live, score: number): number => live.scores.findIndex(({ to }) => score < to - 1e-9);

function seriesOf({ perMinute, byRule, from, until }: Live) {
  return byRule.map(({ rule }) => ({
    key: rule,
    label: ruleTitle(rule),
    points: everyMinute(
      { from, until },
      perMinute.filter((point) => point.rule === rule).map(({ minute, alerts }) => ({ at: minute, value: alerts })),
    ),
  }));
}
