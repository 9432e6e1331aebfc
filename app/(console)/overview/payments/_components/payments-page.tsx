"use client";

import { NativeSelect } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useQueryStates } from "nuqs";
import { PageHeader } from "@/components/console/page-header";
import { traceHref } from "@/components/console/places";
import { DataTable } from "@/components/tables/data-table";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { Money } from "@/components/ui/money";
import { StaleBanner } from "@/components/ui/stale-banner";
import { Time } from "@/components/ui/time";
import type { PaymentRow } from "@/server/console/payments-contract";
import { PAYMENT_COLUMNS } from "./payment-columns";
import { FLOW_WORDS, type MoneyFlow, paymentsParsers, paymentsQueryOf } from "./payments-state";

const keyOf = ({ coordinates: c }: PaymentRow): string => `${c.source}/${c.partition}/${c.offset}`;

/** The payments behind one amount of the overview. */
export function PaymentsPage() {
  const trpc = useTRPC();
  const router = useRouter();
  const [state, setState] = useQueryStates(paymentsParsers, { history: "push" });
  const wanted = paymentsQueryOf(state);
  const query = useInfiniteQuery(
    trpc.overview.payments.infiniteQueryOptions(wanted ?? NOTHING, {
      enabled: wanted !== null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
      placeholderData: (before) => before,
    }),
  );
  const first = query.data?.pages[0];
  const rows = query.data?.pages.flatMap((page) => page.rows);
  if (wanted === null) {
    return (
      <EmptyState title="The address names no business date and currency">
        Open an amount of the <Link href="/overview">overview</Link>.
      </EmptyState>
    );
  }
  return (
    <>
      <PageHeader
        title={`Payments in ${wanted.currency}`}
        asOf={first?.asOf}
        description={`${FLOW_WORDS[wanted.flow]}, on the business date ${wanted.businessDate}.`}
        actions={first?.sums.map((sum) => <Sum key={sum.exponent} sum={sum} />)}
      />
      {query.error !== null && rows !== undefined && (
        <StaleBanner since={new Date(query.dataUpdatedAt).toISOString()} />
      )}
      <DataTable
        id="overview-payments"
        label="Payments"
        columns={PAYMENT_COLUMNS}
        rows={rows}
        rowKey={keyOf}
        activeKey={state.row}
        onActivate={(row) => void setState({ row: keyOf(row) }, { history: "replace" })}
        onOpen={({ coordinates }) => router.push(traceHref(coordinates))}
        total={first?.total}
        hasMore={query.hasNextPage}
        onMore={query.fetchNextPage}
        fetching={query.isFetching}
        error={rows === undefined || query.isFetchNextPageError ? query.error : null}
        onRetry={query.refetch}
        empty={
          <EmptyState title="No such payment on this date">
            Choose another side, or another date on the overview.
          </EmptyState>
        }
        tools={
          <NativeSelect
            size="xs"
            aria-label="Side"
            data={Object.entries(FLOW_WORDS).map(([value, label]) => ({ value, label }))}
            value={wanted.flow}
            onChange={({ currentTarget: { value } }) => void setState({ flow: value as MoneyFlow, row: null })}
          />
        }
      />
      {first !== undefined && (
        <p className="dim">
          Read <Time at={first.asOf.readAt} />; open a payment for its trace.
        </p>
      )}
    </>
  );
}

/** Never asked for: the query is off while the address says nothing. */
const NOTHING = { businessDate: "1970-01-01", currency: "XXX", flow: "in", limit: 1 } as const;

function Sum({ sum }: { sum: PaymentRow["amount"] }) {
  return (
    <b>
      <Money amount={sum} />
    </b>
  );
}
