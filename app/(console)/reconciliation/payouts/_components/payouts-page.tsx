"use client";

import { Switch } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useQueryStates } from "nuqs";
import { FilterInput } from "@/components/console/filter-input";
import { PageHeader } from "@/components/console/page-header";
import { usePageKeys } from "@/components/console/use-page-keys";
import { type DataColumn, DataTable } from "@/components/tables/data-table";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { Money, moneyText } from "@/components/ui/money";
import { StaleBanner } from "@/components/ui/stale-banner";
import { StatusBadge } from "@/components/ui/status-badge";
import type { WaterfallRow } from "@/server/indexes/reconciliation/contract";
import { ClosePicker, PastClose } from "../../_components/close-picker";
import { closeOf, hrefIn } from "../../_components/close-state";
import { Fact } from "../../_components/fact";
import classes from "../../_components/reconciliation.module.css";
import { Scroll } from "../../_components/scroll";
import { Waterfall } from "../../_components/waterfall";
import { componentTitle } from "../../_components/words";
import { exportHrefOf, PAYOUT_VIEW_KEYS, type PayoutsState, payoutsParsers, queryOf } from "./payouts-state";

const keyOf = ({ key }: WaterfallRow): string => key;

/** Every payout told by the close, and every account's day, explained to nothing. */
export function PayoutsPage() {
  const trpc = useTRPC();
  const [state, setState] = useQueryStates(payoutsParsers, { history: "push" });
  const query = useInfiniteQuery(
    trpc.reconciliation.payouts.infiniteQueryOptions(queryOf(state), {
      getNextPageParam: ({ nextCursor }) => nextCursor,
      placeholderData: (before) => before,
    }),
  );
  const first = query.data?.pages[0];
  const rows = query.data?.pages.flatMap((page) => page.rows);
  const open = (payout: string | null) => void setState({ payout }, { history: "replace" });
  const change = (filter: Partial<PayoutsState>) => void setState(filter);
  const active = rows?.find(({ key }) => key === state.payout) ?? null;
  usePageKeys([{ key: "escape", label: "Close the panel", run: () => open(null) }]);
  return (
    <>
      <PageHeader
        title="Payouts explained"
        asOf={first?.asOf}
        description="From gross to the bank's own figure: gross, fees, refunds, chargebacks, reserve, currency, what is left."
        actions={<ClosePicker chosen={closeOf(state)} onChange={(choice) => change({ ...choice, payout: null })} />}
      />
      <PastClose close={first?.close} chosen={closeOf(state)} />
      {query.error !== null && rows !== undefined && (
        <StaleBanner since={new Date(query.dataUpdatedAt).toISOString()} />
      )}
      <Filters state={state} unexplained={first?.unexplained ?? 0} onChange={change} />
      <div className={classes.split} data-open={active !== null}>
        <DataTable
          id={`reconciliation-${state.of}`}
          label="Waterfalls"
          columns={state.of === "payouts" ? PAYOUT_COLUMNS : ACCOUNT_COLUMNS}
          rows={rows}
          rowKey={keyOf}
          activeKey={state.payout}
          onActivate={({ key }) => open(key)}
          total={first?.total}
          hasMore={query.hasNextPage}
          onMore={query.fetchNextPage}
          fetching={query.isFetching}
          error={rows === undefined || query.isFetchNextPageError ? query.error : null}
          onRetry={query.refetch}
          exportHref={exportHrefOf(state)}
          views={PAYOUT_VIEW_KEYS}
          empty={
            <EmptyState title="Nothing to explain here">
              A payout is told by the close that matched it, or while it is open. Other closes have theirs.
            </EmptyState>
          }
        />
        {active !== null && <WaterfallPanel row={active} state={state} onClose={() => open(null)} />}
      </div>
    </>
  );
}

interface FiltersProps {
  readonly state: PayoutsState;
  readonly unexplained: number;
  readonly onChange: (change: Partial<PayoutsState>) => void;
}

function Filters({ state, unexplained, onChange }: FiltersProps) {
  const tabs = [
    { of: "payouts", label: "Payouts of processors" },
    { of: "accounts", label: "Bank accounts, the day" },
  ] as const;
  return (
    <div className={classes.filters}>
      <fieldset className={classes.tabs}>
        <legend className="visually-hidden">What is explained</legend>
        {tabs.map(({ of, label }) => (
          <button
            key={of}
            type="button"
            className={classes.tab}
            aria-pressed={state.of === of}
            onClick={() => onChange({ of, payout: null })}
          >
            {label}
          </button>
        ))}
      </fieldset>
      <FilterInput label="Payout or account" value={state.q} onChange={(q) => onChange({ q })} width={210} />
      <Switch
        size="xs"
        label={`Only with something unexplained (${unexplained.toLocaleString("en-US")})`}
        checked={state.unexplained}
        onChange={(event) => onChange({ unexplained: event.currentTarget.checked })}
      />
    </div>
  );
}

function WaterfallPanel({ row, state, onClose }: { row: WaterfallRow; state: PayoutsState; onClose: () => void }) {
  const filter: Record<string, string> =
    row.payoutKey === null ? { account: row.account, currency: row.currency } : { payout: row.payoutKey };
  return (
    <aside className={classes.panel} aria-label="Waterfall">
      <header className={classes.head}>
        <div className={classes.badges}>
          <Explained row={row} />
          <button type="button" className={classes.close} aria-label="Close the panel" onClick={onClose}>
            <IconX size={16} aria-hidden />
          </button>
        </div>
        <h2 className={classes.title}>{nameOf(row)}</h2>
        <p className={classes.line}>{row.account}</p>
      </header>
      <Scroll label="What is known of the payout" fill>
        <Fact title={`In ${row.currency}`}>
          <Waterfall row={row} />
        </Fact>
        <Fact title="Its rows">
          <p className={classes.line}>
            <Link href={hrefIn(closeOf(state), "breaks", { ...filter, status: "" })}>Breaks</Link> ·{" "}
            <Link href={hrefIn(closeOf(state), "matches", { account: row.account, currency: row.currency })}>
              Matches
            </Link>
          </p>
        </Fact>
      </Scroll>
    </aside>
  );
}

const PROCESSORS: Readonly<Record<string, string>> = { stripe: "Stripe", adyen: "Adyen" };

/** Format, account, currency and batch make a payout's key; of ACH returns the file and its batch do. */
function nameOf({ payoutKey, account, currency }: WaterfallRow): string {
  if (payoutKey === null) return `${account}, ${currency}`;
  const parts = payoutKey.split("|").filter((part) => part !== "");
  return `${PROCESSORS[parts[0] ?? ""] ?? "ACH returns"} ${parts.at(-1) ?? payoutKey}`;
}

function Explained({ row }: { row: WaterfallRow }) {
  const { residualMinor, currency, exponent } = row;
  if (residualMinor === 0n) return <StatusBadge tone="good">Explained</StatusBadge>;
  return (
    <span title={`${moneyText({ amountMinor: residualMinor, currency, exponent })} ${currency} is not explained`}>
      <StatusBadge tone="bad">Not explained</StatusBadge>
    </span>
  );
}

const component = (name: string): DataColumn<WaterfallRow> => {
  const amountOf = ({ components, currency, exponent }: WaterfallRow) => {
    const found = components.filter((one) => one.component === name);
    if (found.length === 0) return null;
    return { amountMinor: found.reduce((sum, { amountMinor }) => sum + amountMinor, 0n), currency, exponent };
  };
  return {
    key: name,
    header: componentTitle(name),
    width: 112,
    align: "right",
    render: (row) => {
      const amount = amountOf(row);
      return amount === null ? <span className="dim">—</span> : <span className="tabular">{moneyText(amount)}</span>;
    },
    text: (row) => {
      const amount = amountOf(row);
      return amount === null ? "" : moneyText(amount);
    },
  };
};

const named: readonly DataColumn<WaterfallRow>[] = [
  {
    key: "name",
    header: "Payout or account",
    width: 196,
    render: (row) => <span title={row.payoutKey ?? row.account}>{nameOf(row)}</span>,
    text: ({ key }) => key,
  },
  {
    key: "currency",
    header: "Currency",
    width: 76,
    render: ({ currency }) => currency,
    text: ({ currency }) => currency,
  },
  {
    key: "explained",
    header: "Explained",
    width: 128,
    render: (row) => <Explained row={row} />,
    text: ({ residualMinor }) => String(residualMinor),
  },
];

const sum: DataColumn<WaterfallRow> = {
  key: "sum",
  header: "Sum",
  width: 96,
  align: "right",
  render: ({ sumMinor, currency, exponent }) => <Money amount={{ amountMinor: sumMinor, currency, exponent }} />,
  text: ({ sumMinor }) => String(sumMinor),
};

const hidden = (column: DataColumn<WaterfallRow>): DataColumn<WaterfallRow> => ({ ...column, hidden: true });

const PAYOUT_COLUMNS: readonly DataColumn<WaterfallRow>[] = [
  ...named,
  ...["gross", "fees", "refunds", "chargebacks"].map(component),
  ...["returns", "reserve_held", "reserve_released", "fx", "adjustments", "written_off", "forced"].map((name) =>
    hidden(component(name)),
  ),
  ...["residual", "bank"].map(component),
  sum,
];

const ACCOUNT_COLUMNS: readonly DataColumn<WaterfallRow>[] = [
  ...named,
  ...["payments", "payouts", "fees", "written_off", "forced", "residual", "bank"].map(component),
  sum,
];
