import Link from "next/link";
import type { DataColumn } from "@/components/tables/data-table";
import { moneyText } from "@/components/ui/money";
import { StatusBadge } from "@/components/ui/status-badge";
import type { MerchantRow } from "@/server/indexes/merchants/contract";
import { amountOf, BareAmount, Rate, rateText } from "./figures";

const count = (
  key: "events" | "settled" | "customers" | "denied",
  header: string,
  hidden = false,
): DataColumn<MerchantRow> => ({
  key,
  header,
  width: key === "customers" ? 86 : 76,
  align: "right",
  sortable: true,
  hidden,
  render: (row) => row[key].toLocaleString("en-US"),
  text: (row) => String(row[key]),
});

const amount = (
  key: "gross" | "net" | "averageTicket",
  name: "grossMinor" | "netMinor" | "averageTicketMinor",
  header: string,
): DataColumn<MerchantRow> => ({
  key,
  header,
  width: key === "averageTicket" ? 116 : 124,
  align: "right",
  sortable: true,
  render: (row) => <BareAmount of={row} name={name} />,
  text: (row) => {
    const value = amountOf(row, name);
    return value === null ? "" : `${moneyText(value)} ${value.currency}`;
  },
});

const rate = (key: "approvalRate" | "refundRate" | "chargebackRate", header: string): DataColumn<MerchantRow> => ({
  key,
  header,
  width: header.length > 8 ? 98 : 80,
  align: "right",
  sortable: true,
  render: (row) => <Rate rate={row[key]} />,
  text: (row) => rateText(row[key]),
});

/** `period` is kept when a merchant is opened. */
export const merchantColumns = (period: string): readonly DataColumn<MerchantRow>[] => [
  {
    key: "merchantId",
    header: "Merchant",
    sortable: true,
    render: ({ merchantId, name }) => (
      <Link href={`/merchants/${encodeURIComponent(merchantId)}?${period}`} prefetch={false}>
        <span className="mono">{merchantId}</span> {name}
      </Link>
    ),
    text: ({ merchantId, name }) => (name === null ? merchantId : `${merchantId} ${name}`),
  },
  {
    key: "currency",
    header: "Currency",
    width: 78,
    render: ({ currency }) => currency ?? <span title="the source gives no amounts">none</span>,
    text: ({ currency }) => currency ?? "",
  },
  amount("gross", "grossMinor", "Gross"),
  amount("net", "netMinor", "Net"),
  count("settled", "Settled"),
  amount("averageTicket", "averageTicketMinor", "Average ticket"),
  rate("approvalRate", "Approved"),
  rate("refundRate", "Refunds"),
  rate("chargebackRate", "Chargebacks"),
  count("customers", "Customers"),
  count("events", "Events", true),
  count("denied", "Denied", true),
  {
    key: "risk",
    header: "Risk",
    width: 104,
    hidden: true,
    render: ({ riskLevel }) =>
      riskLevel === null ? (
        <span title="not in the reference data">—</span>
      ) : (
        <StatusBadge tone={riskLevel === "HIGH" ? "warn" : "neutral"}>{riskLevel.toLowerCase()}</StatusBadge>
      ),
    text: ({ riskLevel }) => riskLevel ?? "",
  },
  {
    key: "mcc",
    header: "MCC",
    width: 80,
    hidden: true,
    render: ({ mcc }) => mcc ?? "—",
    text: ({ mcc }) => mcc ?? "",
  },
  {
    key: "country",
    header: "Country",
    width: 86,
    hidden: true,
    render: ({ country }) => country ?? "—",
    text: ({ country }) => country ?? "",
  },
];
