"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useQueryStates } from "nuqs";
import { PageHeader } from "@/components/console/page-header";
import { useTRPC } from "@/components/trpc/client";
import { faultOf } from "@/components/trpc/fault";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { Skeletons } from "@/components/ui/skeletons";
import { StaleBanner } from "@/components/ui/stale-banner";
import { StatTile, StatTiles } from "@/components/ui/stat-tile";
import { Time } from "@/components/ui/time";
import type { DaySummary } from "@/server/indexes/reconciliation/contract";
import { ClosePicker, PastClose } from "../../_components/close-picker";
import { closeOf, closeParsers, hrefIn } from "../../_components/close-state";
import classes from "../../_components/reconciliation.module.css";
import { Ages, Controls, Kinds, Stages } from "./day-facts";
import { DayGroups } from "./day-groups";

const REFRESH_MS = 15_000;

/** A day at a glance: everything that came in is matched, broken or in flight, and each figure leads to its rows. */
export function DayPage() {
  const trpc = useTRPC();
  const [state, setState] = useQueryStates(closeParsers, { history: "push" });
  const query = useQuery(
    trpc.reconciliation.day.queryOptions(closeOf(state), {
      placeholderData: keepPreviousData,
      refetchInterval: REFRESH_MS,
    }),
  );
  const { data } = query;
  return (
    <>
      <PageHeader
        title="Reconciliation"
        asOf={data?.asOf}
        description={
          data === undefined ? (
            "What of our books and of the statements belongs together."
          ) : (
            <>
              Close of <b>{data.close.businessDate}</b>, run {data.close.run + 1} at{" "}
              <Time at={data.close.startedAt} short />, rules {data.close.ruleVersion}.
            </>
          )
        }
        actions={<ClosePicker chosen={closeOf(state)} onChange={(choice) => void setState(choice)} />}
      />
      <PastClose close={data?.close} chosen={closeOf(state)} />
      {query.error !== null && data !== undefined && (
        <StaleBanner since={new Date(query.dataUpdatedAt).toISOString()} />
      )}
      {data !== undefined && <Day day={data} state={closeOf(state)} />}
      {data === undefined && query.error === null && <Skeletons rows={12} />}
      {data === undefined && query.error !== null && (
        <NotClosed error={query.error} onRetry={() => void query.refetch()} />
      )}
    </>
  );
}

function NotClosed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { code, message, remedy } = faultOf(error);
  if (code !== "no_such_close") return <ErrorState error={error} onRetry={onRetry} />;
  return <EmptyState title={message}>{remedy}</EmptyState>;
}

function Day({ day, state }: { day: DaySummary; state: ReturnType<typeof closeOf> }) {
  const sum = (value: (group: DaySummary["groups"][number]) => number) =>
    day.groups.reduce((total, group) => total + value(group), 0);
  const [matched, broken, inFlight] = [
    sum(({ matched: { items } }) => items),
    sum(({ broken: { items } }) => items),
    sum(({ inFlight: { items } }) => items),
  ];
  const breaks = day.kinds.reduce((total, one) => total + one.breaks, 0);
  const number = (value: number) => value.toLocaleString("en-US");
  const due = matched + broken;
  return (
    <div className={classes.stack}>
      <StatTiles>
        <StatTile
          label="Breaks"
          value={number(breaks)}
          hint={`${number(broken)} items that do not belong together`}
          tone={breaks > 0 ? "warn" : "good"}
          href={hrefIn(state, "breaks")}
        />
        <StatTile
          label="Matched by this close"
          value={number(matched)}
          hint={due === 0 ? "nothing was due" : `${((matched / due) * 100).toFixed(2)} % of what was due`}
          href={hrefIn(state, "matches")}
        />
        <StatTile label="In flight" value={number(inFlight)} hint="not due yet, no break" />
        <StatTile
          label="Control totals"
          value={number(day.controls.length)}
          hint="in = out, each of them"
          tone="good"
          href="#control-totals"
        />
      </StatTiles>
      <div className={classes.pair}>
        <Stages day={day} state={state} />
        <Kinds day={day} state={state} />
      </div>
      <Ages day={day} state={state} />
      <DayGroups day={day} state={state} />
      <Controls day={day} />
    </div>
  );
}
