"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useQueryStates } from "nuqs";
import { PageHeader } from "@/components/console/page-header";
import { traceHref } from "@/components/console/places";
import { type DataColumn, DataTable } from "@/components/tables/data-table";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { moneyText } from "@/components/ui/money";
import { Panel } from "@/components/ui/panel";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { Time } from "@/components/ui/time";
import type { PayoutDetail } from "@/server/indexes/settlement/contract";
import { CloseNotes } from "../../../_components/close-notes";
import { closeOf, closeParsers } from "../../../_components/close-state";
import { PayoutFacts, PayoutHead } from "../../../_components/payout-facts";
import { PayoutVerbs } from "../../../_components/payout-verbs";
import classes from "../../../_components/settlement.module.css";

type Item = PayoutDetail["items"][number];

/** One payout in full: what it is made of, down to its payments. */
export function PayoutPage({ payoutId }: { payoutId: string }) {
  const trpc = useTRPC();
  const [state] = useQueryStates(closeParsers);
  const query = useQuery(trpc.settlement.payout.queryOptions({ close: closeOf(state), payoutId }));
  return (
    <>
      <PageHeader
        title={`Payout ${payoutId}`}
        asOf={query.data?.asOf}
        description="Explained to zero, with every step of its date and the payments in it."
      />
      <CloseNotes close={query.data?.close} />
      <QueryBoundary query={query} skeletonRows={14}>
        {(detail) => (
          <>
            <section className={classes.panel} aria-label="Payout">
              <header className={classes.head}>
                <PayoutHead payout={detail.payout} />
              </header>
              <PayoutVerbs detail={detail} />
              <PayoutFacts detail={detail} />
            </section>
            <div className={classes.below}>
              <Items detail={detail} />
            </div>
          </>
        )}
      </QueryBoundary>
    </>
  );
}

const itemKey = ({ coordinates: { source, partition, offset } }: Item): string => `${source}/${partition}/${offset}`;

function Items({ detail: { items, payout } }: { detail: PayoutDetail }) {
  return (
    <Panel title={`Payments in it (${payout.payments.toLocaleString("en-US")})`} flush>
      <DataTable
        id="settlement-items"
        label="Payments of the payout"
        columns={columnsOf(payout)}
        rows={items}
        rowKey={itemKey}
        total={payout.payments}
        empty={
          <EmptyState title="No payment of its own">
            Only reserve of earlier payouts, or payments that have not settled yet.
          </EmptyState>
        }
        tools={
          items.length < payout.payments && (
            <span className="dim">The first {items.length.toLocaleString("en-US")} in the order of time.</span>
          )
        }
      />
    </Panel>
  );
}

function columnsOf({ currency, exponent }: PayoutDetail["payout"]): readonly DataColumn<Item>[] {
  const amount = (amountMinor: bigint) => moneyText({ amountMinor, currency, exponent });
  return [
    {
      key: "time",
      header: "When",
      width: 190,
      render: ({ eventTime }) => <Time at={eventTime} short />,
      text: ({ eventTime }) => eventTime,
    },
    {
      key: "payment",
      header: "Payment",
      render: ({ transactionId, coordinates }) => (
        <Link href={traceHref(coordinates)} className="mono" prefetch={false}>
          {transactionId}
        </Link>
      ),
      text: ({ transactionId }) => transactionId,
    },
    {
      key: "status",
      header: "Step",
      width: 116,
      render: ({ status }) => status.toLowerCase(),
      text: ({ status }) => status,
    },
    {
      key: "type",
      header: "Type",
      width: 120,
      render: ({ paymentType }) => paymentType,
      text: ({ paymentType }) => paymentType,
    },
    {
      key: "sale",
      header: "Counts for",
      width: 108,
      render: ({ saleDate }) => <span className="tabular">{saleDate}</span>,
      text: ({ saleDate }) => saleDate,
    },
    {
      key: "amount",
      header: "Amount",
      width: 130,
      align: "right",
      render: ({ amountMinor }) => <span className="tabular">{amount(amountMinor)}</span>,
      text: ({ amountMinor }) => amount(amountMinor),
    },
    {
      key: "fee",
      header: "Fee",
      width: 104,
      align: "right",
      render: ({ feeMinor }) =>
        feeMinor === null ? (
          <span className="dim" title="no rule of the fee plan covers it">
            unknown
          </span>
        ) : (
          <span className="tabular">{amount(feeMinor)}</span>
        ),
      text: ({ feeMinor }) => (feeMinor === null ? "unknown" : amount(feeMinor)),
    },
  ];
}
