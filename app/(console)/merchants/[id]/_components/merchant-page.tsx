"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useQueryStates } from "nuqs";
import { TimeSeriesChart } from "@/components/charts/time-series-chart";
import { PageHeader } from "@/components/console/page-header";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { Panel } from "@/components/ui/panel";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { StatTile, StatTiles } from "@/components/ui/stat-tile";
import type { MerchantDetail, MerchantFigures } from "@/server/indexes/merchants/contract";
import { Figure, rateText } from "../../_components/figures";
import classes from "../../_components/merchants.module.css";
import { merchantsParsers, periodOf } from "../../_components/merchants-state";
import { PeriodPicker } from "../../_components/period-picker";
import { Alerts, Customers, DeclineCodes, Profile } from "./merchant-facts";

const REFRESH_MS = 5_000;

/** Everything known of one merchant over a period. */
export function MerchantPage({ merchantId }: { merchantId: string }) {
  const trpc = useTRPC();
  const { from, to } = merchantsParsers;
  const [state, setState] = useQueryStates({ from, to }, { history: "push" });
  const period = periodOf(state);
  const query = useQuery(
    trpc.merchants.get.queryOptions(
      { merchantId, ...period },
      { placeholderData: keepPreviousData, refetchInterval: REFRESH_MS },
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
        {(merchant) => <Shown merchant={merchant} />}
      </QueryBoundary>
    </>
  );
}

function Shown({ merchant }: { merchant: MerchantDetail }) {
  return (
    <div className={classes.stack}>
      {merchant.totals.length === 0 && (
        <Panel>
          <EmptyState title="No payment in this period">The facts below do not depend on it.</EmptyState>
        </Panel>
      )}
      {merchant.totals.map((figures) => (
        <CurrencyFigures key={figures.currency ?? "none"} merchant={merchant} figures={figures} />
      ))}
      <div className={classes.pair}>
        <DeclineCodes codes={merchant.declineCodes} />
        <Profile profile={merchant.profile} />
      </div>
      <Customers customers={merchant.customers} />
      {merchant.alerts !== null && <Alerts merchantId={merchant.merchantId} alerts={merchant.alerts} />}
    </div>
  );
}

function CurrencyFigures({ merchant, figures }: { merchant: MerchantDetail; figures: MerchantFigures }) {
  const { currency } = figures;
  const days = merchant.days.filter((day) => day.currency === currency);
  const at = (businessDate: string) => `${businessDate}T00:00:00Z`;
  return (
    <Panel title={currency === null ? "Events without amounts" : `In ${currency}`}>
      <div className={classes.stack}>
        <StatTiles>
          <StatTile
            label="Gross"
            value={<Figure of={figures} name="grossMinor" />}
            hint={`${figures.settled.toLocaleString("en-US")} settled`}
          />
          <StatTile
            label="Net"
            value={<Figure of={figures} name="netMinor" />}
            hint="less refunds, returns, chargebacks"
          />
          <StatTile
            label="Average ticket"
            value={<Figure of={figures} name="averageTicketMinor" />}
            hint="gross / settled"
          />
          <StatTile
            label="Approval rate"
            value={rateText(figures.approvalRate)}
            hint={`${figures.declined.toLocaleString("en-US")} declined`}
          />
          <StatTile
            label="Refund rate"
            value={rateText(figures.refundRate)}
            hint={<Figure of={figures} name="refundedMinor" />}
          />
          <StatTile
            label="Chargeback rate"
            value={rateText(figures.chargebackRate)}
            hint={<Figure of={figures} name="chargebackMinor" />}
          />
          <StatTile label="Customers" value={figures.customers.toLocaleString("en-US")} hint="distinct in the period" />
        </StatTiles>
        {days.length > 1 && (
          <TimeSeriesChart
            label="Settled and declined events per business date"
            kind="bars"
            series={[
              {
                key: "settled",
                label: "Settled",
                points: days.map((d) => ({ at: at(d.businessDate), value: d.settled })),
              },
              {
                key: "declined",
                label: "Declined",
                points: days.map((d) => ({ at: at(d.businessDate), value: d.declined })),
              },
            ]}
          />
        )}
      </div>
    </Panel>
  );
}
