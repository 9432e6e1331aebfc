"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { type DataColumn, DataTable } from "@/components/tables/data-table";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { Money } from "@/components/ui/money";
import type { StatementLine } from "@/server/indexes/reconciliation/contract-statements";
import classes from "../../_components/statements.module.css";

const PAGE_ROWS = 100;

const COLUMNS: readonly DataColumn<StatementLine>[] = [
  {
    key: "booked",
    header: "Booked",
    width: 110,
    render: ({ bookingDate }) => bookingDate,
    text: ({ bookingDate }) => bookingDate,
  },
  { key: "value", header: "Value date", width: 110, hidden: true, render: ({ valueDate }) => valueDate ?? "—" },
  {
    key: "amount",
    header: "Amount",
    width: 150,
    align: "right",
    render: ({ amountMinor, currency, exponent }) => (
      <Money amount={amountMinor === null ? null : { amountMinor, currency, exponent }} />
    ),
  },
  {
    key: "reference",
    header: "Reference",
    width: 220,
    render: ({ reference, kind }) => (
      <span className={kind === "detail" ? `mono ${classes.detail}` : "mono"}>{reference ?? "—"}</span>
    ),
    text: ({ reference }) => reference ?? "",
  },
  {
    key: "party",
    header: "Counterparty",
    width: 200,
    render: ({ counterparty }) => counterparty ?? "—",
    text: ({ counterparty }) => counterparty ?? "",
  },
  {
    key: "remittance",
    header: "Text",
    render: ({ remittance }) => <span title={remittance ?? undefined}>{remittance ?? "—"}</span>,
    text: ({ remittance }) => remittance ?? "",
  },
  {
    key: "code",
    header: "Code",
    width: 150,
    render: ({ code, reversal }) => `${code ?? "—"}${reversal ? ", reversal" : ""}`,
    text: ({ code }) => code ?? "",
  },
  { key: "status", header: "Status", width: 100, hidden: true, render: ({ status }) => status },
  { key: "account", header: "Account", width: 190, hidden: true, render: ({ account }) => account },
  { key: "place", header: "Place in the file", width: 130, render: ({ place }) => place, text: ({ place }) => place },
];

/** The bookings a file brought; the payments of a grouped booking stand below it. */
export function FileLines({ intake }: { readonly intake: number }) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.statements.lines.infiniteQueryOptions(
      { intake, limit: PAGE_ROWS },
      { getNextPageParam: ({ nextCursor }) => nextCursor },
    ),
  );
  const rows = query.data?.pages.flatMap((page) => page.rows);
  return (
    <DataTable
      id="statement-lines"
      label="Lines"
      columns={COLUMNS}
      rows={rows}
      rowKey={({ lineKey }) => lineKey}
      total={query.data?.pages[0]?.total}
      hasMore={query.hasNextPage}
      onMore={query.fetchNextPage}
      fetching={query.isFetching}
      error={rows === undefined || query.isFetchNextPageError ? query.error : null}
      onRetry={query.refetch}
      empty={
        <EmptyState title="No line was booked with this file">
          It was refused, holds no entries, or everything in it was known before.
        </EmptyState>
      }
    />
  );
}
