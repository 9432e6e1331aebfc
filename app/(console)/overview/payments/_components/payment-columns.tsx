import Link from "next/link";
import { traceHref } from "@/components/console/places";
import type { DataColumn } from "@/components/tables/data-table";
import { Money, moneyText } from "@/components/ui/money";
import { Time } from "@/components/ui/time";
import type { PaymentRow } from "@/server/console/payments-contract";

/** An id that opens everything known of it. */
function Id({ value }: { value: string | null }) {
  if (value === null) return <span title="not given">—</span>;
  return (
    <Link href={`/search?q=${encodeURIComponent(value)}`} className="mono" prefetch={false}>
      {value}
    </Link>
  );
}

const beneficiaryOf = ({ merchantId, counterpartyId }: PaymentRow): string | null => merchantId ?? counterpartyId;

export const PAYMENT_COLUMNS: readonly DataColumn<PaymentRow>[] = [
  {
    key: "event",
    header: "Happened",
    width: 160,
    render: ({ eventTime }) => <Time at={eventTime} />,
    text: ({ eventTime }) => eventTime,
  },
  {
    key: "amount",
    header: "Amount",
    width: 150,
    align: "right",
    render: ({ amount }) => <Money amount={amount} />,
    text: ({ amount }) => `${moneyText(amount)} ${amount.currency}`,
  },
  {
    key: "status",
    header: "Step",
    width: 120,
    render: ({ status }) => status.toLowerCase(),
    text: ({ status }) => status,
  },
  {
    key: "rail",
    header: "Rail",
    width: 130,
    render: ({ paymentType }) => paymentType,
    text: ({ paymentType }) => paymentType,
  },
  {
    key: "user",
    header: "Customer",
    width: 120,
    render: ({ userId }) => <Id value={userId} />,
    text: ({ userId }) => userId,
  },
  {
    key: "other",
    header: "Beneficiary",
    width: 120,
    render: (row) => <Id value={beneficiaryOf(row)} />,
    text: (row) => beneficiaryOf(row) ?? "",
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
];
