"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useQueryStates } from "nuqs";
import { FilterInput } from "@/components/console/filter-input";
import { PageHeader } from "@/components/console/page-header";
import { useMe } from "@/components/console/use-me";
import { usePageKeys } from "@/components/console/use-page-keys";
import { DataTable } from "@/components/tables/data-table";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { StaleBanner } from "@/components/ui/stale-banner";
import type { MatchRow } from "@/server/indexes/reconciliation/contract";
import { ClosePicker, PastClose } from "../../_components/close-picker";
import { closeOf } from "../../_components/close-state";
import classes from "../../_components/reconciliation.module.css";
import { stageTitle } from "../../_components/words";
import { MATCH_COLUMNS } from "./match-columns";
import { exportHrefOf, MATCH_VIEW_KEYS, type MatchesState, matchesParsers, queryOf, STAGES } from "./matches-state";

const MatchPanel = dynamic(() => import("./match-panel").then((panel) => panel.MatchPanel), { ssr: false });

const keyOf = ({ matchId }: MatchRow): string => matchId;

/** What the close put together, the weakest stages first. */
export function MatchesPage() {
  const trpc = useTRPC();
  const [state, setState] = useQueryStates(matchesParsers, { history: "push" });
  const query = useInfiniteQuery(
    trpc.reconciliation.matches.infiniteQueryOptions(queryOf(state), {
      getNextPageParam: ({ nextCursor }) => nextCursor,
      placeholderData: (before) => before,
    }),
  );
  const first = query.data?.pages[0];
  const rows = query.data?.pages.flatMap((page) => page.rows);
  const { can } = useMe();
  const open = (match: string | null) => void setState({ match }, { history: "replace" });
  const change = (filter: Partial<MatchesState>) => void setState(filter);
  usePageKeys([{ key: "escape", label: "Close the panel", run: () => open(null) }]);
  return (
    <>
      <PageHeader
        title="Matches"
        asOf={first?.asOf}
        description="What this close put together, and what each match rests upon."
        actions={<ClosePicker chosen={closeOf(state)} onChange={(choice) => change({ ...choice, match: null })} />}
      />
      <PastClose close={first?.close} chosen={closeOf(state)} />
      {query.error !== null && rows !== undefined && (
        <StaleBanner since={new Date(query.dataUpdatedAt).toISOString()} />
      )}
      <div className={classes.filters}>
        <StageTabs
          chosen={state.stage}
          counts={new Map(first?.byStage.map(({ stage, matches }) => [stage, matches]))}
          onChange={(stage) => change({ stage: [...stage] })}
        />
        <FilterInput label="Reference or payment" value={state.q} onChange={(q) => change({ q })} width={210} />
      </div>
      <div className={classes.split} data-open={state.match !== null}>
        <DataTable
          id="reconciliation-matches"
          label="Matches"
          columns={MATCH_COLUMNS}
          rows={rows}
          rowKey={keyOf}
          activeKey={state.match}
          onActivate={({ matchId }) => open(matchId)}
          total={first?.total}
          hasMore={query.hasNextPage}
          onMore={query.fetchNextPage}
          fetching={query.isFetching}
          error={rows === undefined || query.isFetchNextPageError ? query.error : null}
          onRetry={query.refetch}
          exportHref={exportHrefOf(state)}
          views={MATCH_VIEW_KEYS}
          empty={
            <EmptyState title="No match here">
              A match is told by the close that made it: the others are in the closes before.
            </EmptyState>
          }
        />
        {state.match !== null && (
          <MatchPanel
            key={state.match}
            matchId={state.match}
            close={closeOf(state)}
            writes={can("reconciliation", "write")}
            onClose={() => open(null)}
          />
        )}
      </div>
    </>
  );
}

interface StageTabsProps {
  readonly chosen: readonly number[];
  readonly counts: ReadonlyMap<number, number>;
  readonly onChange: (stages: readonly number[]) => void;
}

function StageTabs({ chosen, counts, onChange }: StageTabsProps) {
  const all = [...counts.values()].reduce((sum, matches) => sum + matches, 0);
  const tabs = [
    { label: "All", stages: [] as readonly number[], matches: all },
    ...STAGES.filter((stage) => counts.has(stage) || chosen.includes(stage)).map((stage) => ({
      label: stageTitle(stage),
      stages: [stage] as readonly number[],
      matches: counts.get(stage) ?? 0,
    })),
  ];
  return (
    <fieldset className={classes.tabs}>
      <legend className="visually-hidden">Stage</legend>
      {tabs.map(({ label, stages, matches }) => (
        <button
          key={label}
          type="button"
          className={classes.tab}
          aria-pressed={chosen.join() === stages.join()}
          onClick={() => onChange(stages)}
        >
          {label}
          <span className={classes.tabCount}>{matches.toLocaleString("en-US")}</span>
        </button>
      ))}
    </fieldset>
  );
}
