import Link from "next/link";
import type { DataColumn } from "@/components/tables/data-table";
import { Money, moneyText } from "@/components/ui/money";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { AlertRow } from "@/server/indexes/fraud/contract";
import { ruleTitle, STATUS_TONES, STATUS_WORDS, severityTone, severityWord } from "../../_components/words";

/** An id that opens everything known of it. */
function Id({ value }: { value: string | null }) {
  if (value === null) return <span title="not given">—</span>;
  return (
    <Link href={`/search?q=${encodeURIComponent(value)}`} className="mono" prefetch={false}>
      {value}
    </Link>
  );
}

export const ALERT_COLUMNS: readonly DataColumn<AlertRow>[] = [
  {
    key: "newest",
    header: "Detected",
    width: 148,
    sortable: true,
    render: ({ detectedAt }) => <Time at={detectedAt} />,
    text: ({ detectedAt }) => detectedAt,
  },
  {
    key: "riskiest",
    header: "Severity",
    width: 100,
    sortable: true,
    render: ({ severity }) => <StatusBadge tone={severityTone(severity)}>{severityWord(severity)}</StatusBadge>,
    text: ({ severity }) => severity,
  },
  {
    key: "rule",
    header: "Rule",
    width: 140,
    render: ({ rule }) => ruleTitle(rule),
    text: ({ rule }) => rule,
  },
  {
    key: "amount",
    header: "Amount",
    width: 128,
    align: "right",
    render: ({ amount }) => <Money amount={amount} />,
    text: ({ amount }) => (amount === null ? "" : `${moneyText(amount)} ${amount.currency}`),
  },
  {
    key: "user",
    header: "Customer",
    width: 108,
    render: ({ userId }) => <Id value={userId} />,
    text: ({ userId }) => userId ?? "",
  },
  {
    key: "other",
    header: "Beneficiary",
    width: 108,
    render: ({ merchantId, counterpartyId }) => <Id value={merchantId ?? counterpartyId} />,
    text: ({ merchantId, counterpartyId }) => merchantId ?? counterpartyId ?? "",
  },
  {
    key: "status",
    header: "State",
    width: 132,
    render: ({ status }) => <StatusBadge tone={STATUS_TONES[status]}>{STATUS_WORDS[status]}</StatusBadge>,
    text: ({ status }) => status,
  },
  {
    key: "assignee",
    header: "Assignee",
    width: 116,
    render: ({ assigneeName }) => assigneeName ?? <span className="dim">nobody</span>,
    text: ({ assigneeName }) => assigneeName ?? "",
  },
  {
    key: "card",
    header: "Card",
    width: 92,
    hidden: true,
    render: ({ cardLast4 }) =>
      cardLast4 === null ? <span title="no card">—</span> : <span className="mono">•• {cardLast4}</span>,
    text: ({ cardLast4 }) => cardLast4 ?? "",
  },
  {
    key: "decision",
    header: "Decision",
    width: 110,
    hidden: true,
    render: ({ action }) => (action === "DENY" ? "Denied" : <span className="dim">none</span>),
    text: ({ action }) => action,
  },
  {
    key: "transaction",
    header: "Payment",
    width: 180,
    hidden: true,
    render: ({ transactionId }) => <Id value={transactionId} />,
    text: ({ transactionId }) => transactionId ?? "",
  },
  {
    key: "rail",
    header: "Rail",
    width: 120,
    hidden: true,
    render: ({ paymentType }) => paymentType ?? "—",
    text: ({ paymentType }) => paymentType ?? "",
  },
  {
    key: "event",
    header: "Event time",
    width: 152,
    hidden: true,
    render: ({ eventTime }) => <Time at={eventTime} />,
    text: ({ eventTime }) => eventTime,
  },
];
