import type { DataColumn } from "@/components/tables/data-table";
import { moneyText } from "@/components/ui/money";
import type { PayoutRow } from "@/server/indexes/settlement/contract";
import { MovedBy } from "../../_components/moved-by";
import { PayoutStatusBadge } from "../../_components/payout-status";
import { SHIFT_WORDS, STATUS_WORDS } from "../../_components/words";

const money = (
  key: string,
  header: string,
  of: (row: PayoutRow) => bigint,
  more: Partial<DataColumn<PayoutRow>> = {},
): DataColumn<PayoutRow> => {
  const textOf = (row: PayoutRow) =>
    moneyText({ amountMinor: of(row), currency: row.currency, exponent: row.exponent });
  return {
    key,
    header,
    width: 124,
    align: "right",
    render: (row) => (of(row) === 0n ? <span className="dim">—</span> : <span className="tabular">{textOf(row)}</span>),
    text: textOf,
    ...more,
  };
};

export const PAYOUT_COLUMNS: readonly DataColumn<PayoutRow>[] = [
  {
    key: "date",
    header: "Pays on",
    width: 104,
    sortable: true,
    render: ({ payOn, scheduledOn }) => (
      <span className="tabular" title={payOn === scheduledOn ? undefined : `scheduled on ${scheduledOn}`}>
        {payOn ?? "no date"}
      </span>
    ),
    text: ({ payOn }) => payOn ?? "",
  },
  {
    key: "merchant",
    header: "Merchant",
    render: ({ merchantId, merchantName }) => (
      <span title={merchantName === null ? merchantId : `${merchantName}, ${merchantId}`}>
        {merchantName ?? <span className="mono">{merchantId}</span>}
      </span>
    ),
    text: ({ merchantId }) => merchantId,
  },
  money("net", "Net", ({ netMinor }) => netMinor, { sortable: true }),
  {
    key: "currency",
    header: "Currency",
    width: 80,
    render: ({ currency }) => currency,
    text: ({ currency }) => currency,
  },
  {
    key: "status",
    header: "Status",
    width: 190,
    render: (row) => (
      <span title={row.reason ?? undefined}>
        <PayoutStatusBadge payout={row} />
      </span>
    ),
    text: ({ status, reason }) => (reason === null ? STATUS_WORDS[status][1] : `${STATUS_WORDS[status][1]}: ${reason}`),
  },
  {
    key: "moved",
    header: "Moved by",
    width: 190,
    render: ({ movedBy }) => <MovedBy kinds={movedBy} />,
    text: ({ movedBy }) => movedBy.map((kind) => SHIFT_WORDS[kind]).join(", "),
  },
  money("gross", "Gross", ({ grossMinor }) => grossMinor),
  money("refunds", "Refunds", ({ refundsMinor }) => -refundsMinor, { hidden: true }),
  money("chargebacks", "Chargebacks", ({ chargebacksMinor }) => -chargebacksMinor, { hidden: true }),
  money("fees", "Fees", ({ feesMinor }) => -feesMinor, { width: 104 }),
  money("reserve", "Reserve", ({ reserveHeldMinor, reserveReleasedMinor }) => reserveReleasedMinor - reserveHeldMinor, {
    width: 112,
  }),
  money(
    "carried",
    "Carried",
    ({ broughtForwardMinor, carriedForwardMinor }) => broughtForwardMinor - carriedForwardMinor,
    {
      hidden: true,
    },
  ),
  money("expected", "Approved, to settle", ({ expectedMinor }) => expectedMinor, { hidden: true, width: 140 }),
  {
    key: "payments",
    header: "Payments",
    width: 88,
    align: "right",
    hidden: true,
    render: ({ payments }) => <span className="tabular">{payments.toLocaleString("en-US")}</span>,
    text: ({ payments }) => String(payments),
  },
  {
    key: "id",
    header: "Payout",
    width: 210,
    hidden: true,
    render: ({ payoutId }) => <span className="mono">{payoutId}</span>,
    text: ({ payoutId }) => payoutId,
  },
];
