"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useQueryStates } from "nuqs";
import type { ChartPeriod } from "@/components/charts/series";
import { PageHeader } from "@/components/console/page-header";
import { PastBanner } from "@/components/console/past-banner";
import { usePast } from "@/components/console/use-past";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { Panel } from "@/components/ui/panel";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { StatTile, StatTiles } from "@/components/ui/stat-tile";
import type { MerchantDetail, MerchantFigures } from "@/server/indexes/merchants/contract";
import { BareAmount, Figure, rateText } from "../../_components/figures";
import classes from "../../_components/merchants.module.css";
import { merchantsParsers, periodOf } from "../../_components/merchants-state";
import { PeriodPicker } from "../../_components/period-picker";
import { DaysTable, MerchantCharts, type MerchantDaysProps } from "./merchant-days";
import { Alerts, Customers, DeclineCodes, Profile } from "./merchant-facts";

const REFRESH_MS = 5_000;

/** Everything known of one merchant over a period. */
export function MerchantPage({ merchantId }: { merchantId: string }) {
  const trpc = useTRPC();
  const { from, to, asOf } = merchantsParsers;
  const [state, setState] = useQueryStates({ from, to, asOf }, { history: "push" });
  const past = usePast();
  const period = periodOf(state);
  const query = useQuery(
    trpc.merchants.get.queryOptions(
      { merchantId, ...period, at: past.at },
      { placeholderData: keepPreviousData, refetchInterval: past.at === null && REFRESH_MS },
    ),
  );
  return (
    <>
      <PageHeader
        title={query.data?.profile?.name ?? merchantId}
        asOf={query.data?.asOf}
        partial
        description={query.data?.profile === null ? "The reference data do not know this merchant." : merchantId}
        actions={<PeriodPicker {...period} available={null} onChange={(change) => void setState(change)} />}
      />
      <PastBanner past={past} />
      <QueryBoundary
        query={query}
        skeletonRows={14}
        empty={({ totals, profile }) =>
          totals.length === 0 && profile === null ? (
            <EmptyState title="Nothing is known of this merchant in this period">
              Choose a longer period, or look the id up: it may be written differently.
            </EmptyState>
          ) : null
        }
      >
        {(merchant) => (
          <Shown
            merchant={merchant}
            onBrush={(dragged) => void setState({ from: dragged.from.slice(0, 10), to: dragged.until.slice(0, 10) })}
          />
        )}
      </QueryBoundary>
    </>
  );
}

interface ShownProps {
  readonly merchant: MerchantDetail;
  readonly onBrush: (period: ChartPeriod) => void;
}

function Shown({ merchant, onBrush }: ShownProps) {
  return (
    <div className={classes.stack}>
      {merchant.totals.length === 0 && (
        <Panel>
          <EmptyState title="No payment in this period">
            The reference data do not depend on it. Choose a longer period for the rest.
          </EmptyState>
        </Panel>
      )}
      {merchant.totals.map((figures) => (
        <CurrencyFigures
          key={figures.currency ?? "none"}
          days={merchant.days.filter((day) => day.currency === figures.currency)}
          figures={figures}
          onBrush={onBrush}
        />
      ))}
      <div className={classes.pair}>
        <div id="declines">
          <DeclineCodes codes={merchant.declineCodes} />
        </div>
        <Profile profile={merchant.profile} />
      </div>
      <div id="customers">
        <Customers customers={merchant.customers} />
      </div>
      {merchant.alerts !== null && <Alerts merchantId={merchant.merchantId} alerts={merchant.alerts} />}
    </div>
  );
}

interface CurrencyFiguresProps extends MerchantDaysProps {
  readonly figures: MerchantFigures;
}

/** The figures of one currency; each leads to what it is made of. */
function CurrencyFigures({ figures, days, onBrush }: CurrencyFiguresProps) {
  const { currency } = figures;
  const daysId = `days-${currency ?? "none"}`;
  const count = (value: number) => value.toLocaleString("en-US");
  const amounts = [
    { label: "Gross", name: "grossMinor", hint: `${count(figures.settled)} settled` },
    { label: "Net", name: "netMinor", hint: "less refunds, returns, chargebacks" },
    { label: "Average ticket", name: "averageTicketMinor", hint: "gross / settled" },
  ] as const;
  return (
    <Panel title={currency === null ? "Events without amounts" : `In ${currency}`}>
      <div className={classes.stack}>
        <StatTiles>
          {amounts.map(({ label, name, hint }) => (
            <StatTile
              key={name}
              label={currency === null ? label : `${label}, ${currency}`}
              value={<BareAmount of={figures} name={name} />}
              hint={hint}
              href={`#${daysId}`}
            />
          ))}
          <StatTile
            label="Approval rate"
            value={rateText(figures.approvalRate)}
            hint={`${count(figures.approved)} approved, ${count(figures.declined)} declined`}
            href="#declines"
          />
          <StatTile
            label="Refund rate"
            value={rateText(figures.refundRate)}
            hint={<CountAndSum count={figures.refunded} of={figures} name="refundedMinor" />}
            href={`#${daysId}`}
          />
          <StatTile
            label="Chargeback rate"
            value={rateText(figures.chargebackRate)}
            hint={<CountAndSum count={figures.chargebacks} of={figures} name="chargebackMinor" />}
            href={`#${daysId}`}
          />
          <StatTile
            label="Customers"
            value={count(figures.customers)}
            hint="distinct in the period"
            href="#customers"
          />
        </StatTiles>
        {days.length > 1 && <MerchantCharts days={days} onBrush={onBrush} />}
        <div id={daysId}>
          <DaysTable days={days} currency={currency} />
        </div>
      </div>
    </Panel>
  );
}

/** "3 · 40.00 EUR"; only the number where none happened. */
function CountAndSum({
  count,
  of,
  name,
}: {
  count: number;
  of: MerchantFigures;
  name: "refundedMinor" | "chargebackMinor";
}) {
  if (count === 0) return <>none</>;
  return (
    <>
      {count.toLocaleString("en-US")} · <Figure of={of} name={name} />
    </>
  );
}
