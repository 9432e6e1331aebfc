"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useQueryStates } from "nuqs";
import { PageHeader } from "@/components/console/page-header";
import { usePageKeys } from "@/components/console/use-page-keys";
import { DataTable } from "@/components/tables/data-table";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { StaleBanner } from "@/components/ui/stale-banner";
import type { PayoutRow } from "@/server/indexes/settlement/contract";
import { CloseNotes } from "../../_components/close-notes";
import classes from "../../_components/settlement.module.css";
import { PAYOUT_COLUMNS } from "./payout-columns";
import { PayoutFilters } from "./payout-filters";
import { exportHrefOf, PAYOUT_VIEW_KEYS, type PayoutsState, payoutsParsers, queryOf } from "./payouts-state";

// Seen once a payout is opened: no part of the first load.
const PayoutPanel = dynamic(() => import("./payout-panel").then((panel) => panel.PayoutPanel), { ssr: false });

const keyOf = ({ payoutId }: PayoutRow): string => payoutId;

/** Every payout, by date or amount, with what moved it. */
export function PayoutsPage() {
  const trpc = useTRPC();
  const [state, setState] = useQueryStates(payoutsParsers, { history: "push" });
  const query = useInfiniteQuery(
    trpc.settlement.payouts.infiniteQueryOptions(queryOf(state), {
      getNextPageParam: ({ nextCursor }) => nextCursor,
      placeholderData: (before) => before,
    }),
  );
  const first = query.data?.pages[0];
  const rows = query.data?.pages.flatMap((page) => page.rows);
  const open = (payout: string | null) => void setState({ payout }, { history: "replace" });
  const change = (filter: Partial<PayoutsState>) => void setState(filter);
  usePageKeys([{ key: "escape", label: "Close the panel", run: () => open(null) }]);
  return (
    <>
      <PageHeader
        title="Payouts"
        asOf={first?.asOf}
        description="What each merchant is paid, when, and what moved it. The nightly close makes the schedule."
      />
      <CloseNotes close={first?.close} />
      {query.error !== null && rows !== undefined && (
        <StaleBanner since={new Date(query.dataUpdatedAt).toISOString()} />
      )}
      <PayoutFilters state={state} page={first} onChange={change} />
      <div className={classes.split} data-open={state.payout !== null}>
        <DataTable
          id="settlement-payouts"
          label="Payouts"
          columns={PAYOUT_COLUMNS}
          rows={rows}
          rowKey={keyOf}
          sort={{ key: state.sort, direction: state.sort === "net" ? "descending" : "ascending" }}
          onSort={({ key }) => change({ sort: key === "net" ? "net" : "date" })}
          activeKey={state.payout}
          onActivate={({ payoutId }) => open(payoutId)}
          total={first?.total}
          hasMore={query.hasNextPage}
          onMore={query.fetchNextPage}
          fetching={query.isFetching}
          error={rows === undefined || query.isFetchNextPageError ? query.error : null}
          onRetry={query.refetch}
          exportHref={exportHrefOf(state)}
          views={PAYOUT_VIEW_KEYS}
          empty={<NoPayouts page={first} />}
        />
        {state.payout !== null && (
          <PayoutPanel key={state.payout} payoutId={state.payout} state={state} onClose={() => open(null)} />
        )}
      </div>
    </>
  );
}

function NoPayouts({ page }: { page: { byStatus: Readonly<Record<string, number>> } | undefined }) {
  const other = Object.values(page?.byStatus ?? {}).reduce((sum, count) => sum + count, 0);
  return (
    <EmptyState title={other === 0 ? "No payouts here" : "No payout in this status"}>
      {other === 0
        ? "Nothing is due under this filter. The nightly close makes the schedule from settled payments."
        : `${other.toLocaleString("en-US")} are in other statuses.`}
    </EmptyState>
  );
}
