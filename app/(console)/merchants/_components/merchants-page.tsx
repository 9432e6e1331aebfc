"use client";

import { Button, NativeSelect } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useQueryStates } from "nuqs";
import { useState } from "react";
import { FilterInput } from "@/components/console/filter-input";
import { PageHeader } from "@/components/console/page-header";
import { PastBanner } from "@/components/console/past-banner";
import { usePast } from "@/components/console/use-past";
import { DataTable } from "@/components/tables/data-table";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { StaleBanner } from "@/components/ui/stale-banner";
import { StatTile, StatTiles } from "@/components/ui/stat-tile";
import type { MerchantRow, MerchantsPage as MerchantsData } from "@/server/indexes/merchants/contract";
import { BareAmount } from "./figures";
import { merchantColumns } from "./merchant-columns";
import classes from "./merchants.module.css";
import { MERCHANT_SORTS, MERCHANT_VIEW_KEYS, merchantsParsers, merchantsQueryOf, periodOf } from "./merchants-state";
import { PeriodPicker } from "./period-picker";

const REFRESH_MS = 5_000;
const TILES_MAX = 5;

const keyOf = ({ merchantId, currency }: MerchantRow): string => `${merchantId}/${currency ?? ""}`;

/** Every merchant and currency of a period. */
export function MerchantsPage() {
  const trpc = useTRPC();
  const router = useRouter();
  const [state, setState] = useQueryStates(merchantsParsers, { history: "push" });
  const [active, setActive] = useState<string | null>(null);
  const past = usePast();
  const wanted = merchantsQueryOf(state);
  const query = useQuery(
    trpc.merchants.list.queryOptions(wanted, {
      placeholderData: keepPreviousData,
      refetchInterval: past.at === null && REFRESH_MS,
    }),
  );
  const { data } = query;
  const period = periodOf(state);
  const periodText = new URLSearchParams(past.at === null ? period : { ...period, asOf: past.at }).toString();
  const pages = data === undefined ? 0 : Math.ceil(data.total / wanted.pageSize);
  return (
    <>
      <PageHeader
        title="Merchants"
        asOf={data?.asOf}
        partial
        description="How each merchant is doing, per currency. Amounts of two currencies are never added."
        actions={
          <PeriodPicker
            {...period}
            available={data?.available ?? null}
            onChange={(change) => void setState({ ...change, page: 0 })}
          />
        }
      />
      <PastBanner past={past} />
      {query.error !== null && data !== undefined && (
        <StaleBanner since={new Date(query.dataUpdatedAt).toISOString()} />
      )}
      {data !== undefined && <Totals data={data} onCurrency={(currency) => void setState({ currency, page: 0 })} />}
      <DataTable
        id="merchants"
        label="Merchants"
        columns={merchantColumns(periodText)}
        rows={data?.rows}
        rowKey={keyOf}
        sort={{ key: state.sort, direction: state.direction === "asc" ? "ascending" : "descending" }}
        onSort={({ key, direction }) =>
          void setState({
            sort: MERCHANT_SORTS.find((known) => known === key) ?? "gross",
            direction: direction === "ascending" ? "asc" : "desc",
            page: 0,
          })
        }
        activeKey={active}
        onActivate={(row) => setActive(keyOf(row))}
        onOpen={({ merchantId }) => router.push(`/merchants/${encodeURIComponent(merchantId)}?${periodText}`)}
        total={data?.total}
        fetching={query.isFetching}
        error={data === undefined ? query.error : null}
        onRetry={query.refetch}
        views={MERCHANT_VIEW_KEYS}
        exportHref={`/api/export/merchants?view=list&filter=${encodeURIComponent(JSON.stringify(exported(wanted)))}`}
        empty={
          <EmptyState title="No merchant matches">
            {data?.available === null
              ? "No payment with a merchant has been read yet."
              : `Events lie between ${data?.available?.from} and ${data?.available?.to}.`}
          </EmptyState>
        }
        tools={
          <>
            <FilterInput
              label="Merchant or name"
              value={state.search}
              onChange={(search) => void setState({ search, page: 0 })}
            />
            <NativeSelect
              size="xs"
              aria-label="Currency"
              w={140}
              data={[
                { value: "", label: "Every currency" },
                ...new Set(
                  (data?.totals ?? []).flatMap(({ currency }) => currency ?? []).concat(wanted.currency ?? []),
                ),
              ]}
              value={wanted.currency ?? ""}
              onChange={({ currentTarget: { value } }) =>
                void setState({ currency: value === "" ? null : value, page: 0 })
              }
            />
            <Pager page={wanted.page} pages={pages} onPage={(page) => void setState({ page })} />
          </>
        }
      />
    </>
  );
}

function exported({ page: _page, pageSize: _pageSize, ...filter }: ReturnType<typeof merchantsQueryOf>) {
  return filter;
}

/** Gross per currency; a figure filters the list to its currency. */
function Totals({ data, onCurrency }: { data: MerchantsData; onCurrency: (currency: string | null) => void }) {
  const [first, ...rest] = data.totals.length > TILES_MAX ? data.totals.slice(0, TILES_MAX) : data.totals;
  if (first === undefined) return null;
  return (
    <div className={classes.totals}>
      <StatTiles>
        {[first, ...rest].map((total) => (
          <button
            key={total.currency ?? "none"}
            type="button"
            className={classes.total}
            onClick={() => onCurrency(total.currency)}
          >
            <StatTile
              label={`Gross, ${total.currency ?? "no currency"}`}
              value={<BareAmount of={total} name="grossMinor" />}
              hint={`${total.merchants.toLocaleString("en-US")} merchants, ${total.settled.toLocaleString("en-US")} settled`}
            />
          </button>
        ))}
      </StatTiles>
      {data.totals.length > TILES_MAX && (
        <p className="dim">and {data.totals.length - TILES_MAX} more currencies: choose one in the list</p>
      )}
    </div>
  );
}

function Pager({ page, pages, onPage }: { page: number; pages: number; onPage: (page: number) => void }) {
  if (pages < 2) return null;
  return (
    <span className={classes.pager}>
      <Button variant="default" size="compact-sm" disabled={page === 0} onClick={() => onPage(page - 1)}>
        Before
      </Button>
      <span className="tabular dim">
        {page + 1} of {pages}
      </span>
      <Button variant="default" size="compact-sm" disabled={page + 1 >= pages} onClick={() => onPage(page + 1)}>
        Next
      </Button>
    </span>
  );
}
