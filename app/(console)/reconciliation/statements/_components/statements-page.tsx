"use client";

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useQueryStates } from "nuqs";
import { FilterInput } from "@/components/console/filter-input";
import { PageHeader } from "@/components/console/page-header";
import { DataTable } from "@/components/tables/data-table";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { StaleBanner } from "@/components/ui/stale-banner";
import type { StatementFile } from "@/server/indexes/reconciliation/contract-statements";
import shared from "../../_components/reconciliation.module.css";
import { columnsFor } from "./file-columns";
import { queryOf, STATEMENT_VIEW_KEYS, STATES, statementsParsers } from "./statements-state";
import { UploadPanel } from "./upload-panel";

const REFRESH_MS = 5_000;
const keyOf = ({ intake }: StatementFile): string => String(intake);
const hrefOf = ({ intake }: StatementFile): string => `/reconciliation/statements/${intake}`;

/** Every statement file that came: by which way, what it holds, and why a refused one was refused. */
export function StatementsPage() {
  const trpc = useTRPC();
  const router = useRouter();
  const [state, setState] = useQueryStates(statementsParsers, { history: "push" });
  const query = useInfiniteQuery(
    trpc.statements.files.infiniteQueryOptions(queryOf(state), {
      getNextPageParam: ({ nextCursor }) => nextCursor,
      placeholderData: (before) => before,
      refetchInterval: REFRESH_MS,
    }),
  );
  const limits = useQuery(trpc.statements.limits.queryOptions());
  const rows = query.data?.pages.flatMap((page) => page.rows);
  const refused = state.state === "refused";
  return (
    <>
      <PageHeader
        title="Statements"
        asOf={query.data?.pages[0]?.asOf}
        description="Files of banks and processors. A file is accepted whole or refused whole, and booked once however often it comes."
      />
      {query.error !== null && rows !== undefined && (
        <StaleBanner since={new Date(query.dataUpdatedAt).toISOString()} />
      )}
      {limits.data?.mayDeliver === true && <UploadPanel limits={limits.data} />}
      <div className={shared.filters}>
        <fieldset className={shared.tabs}>
          <legend className="visually-hidden">State of the file</legend>
          {STATES.map((one) => (
            <button
              key={one}
              type="button"
              className={shared.tab}
              aria-pressed={state.state === one}
              onClick={() => void setState({ state: one })}
            >
              {one === "all" ? "All" : one === "accepted" ? "Accepted" : "Refused"}
            </button>
          ))}
        </fieldset>
        <FilterInput label="File, account or hash" value={state.q} onChange={(q) => void setState({ q })} width={230} />
      </div>
      <DataTable
        id={refused ? "statement-files-refused" : "statement-files"}
        label="Statement files"
        columns={columnsFor(refused)}
        rows={rows}
        rowKey={keyOf}
        onOpen={(file) => router.push(hrefOf(file))}
        total={query.data?.pages[0]?.total}
        hasMore={query.hasNextPage}
        onMore={query.fetchNextPage}
        fetching={query.isFetching}
        error={rows === undefined || query.isFetchNextPageError ? query.error : null}
        onRetry={query.refetch}
        views={STATEMENT_VIEW_KEYS}
        empty={
          <EmptyState title="No statement file here">
            {state.state === "all" && state.q === null
              ? "Drop one above, or put it into landing/statements/SOURCE/ of the lake."
              : "Choose another state, or clear the filter."}
          </EmptyState>
        }
      />
    </>
  );
}
