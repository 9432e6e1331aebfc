import Link from "next/link";
import type { DataColumn } from "@/components/tables/data-table";
import { Money, moneyText } from "@/components/ui/money";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { BreakRow } from "@/server/indexes/reconciliation/contract";
import { kindTitle, kindWhy, STATUS_TONES, STATUS_WORDS, valueText } from "../../_components/words";

const none = <span className="dim">—</span>;

function Id({ value }: { value: string | null }) {
  if (value === null) return none;
  return (
    <Link href={`/search?q=${encodeURIComponent(value)}`} className="mono" prefetch={false}>
      {value}
    </Link>
  );
}

const differenceOf = ({ differenceMinor, currency, exponent }: BreakRow) =>
  differenceMinor === null || currency === null || exponent === null
    ? null
    : { amountMinor: differenceMinor, currency, exponent };

const amountText = (amount: BreakRow["internal"]): string =>
  amount === null ? "" : `${moneyText(amount)} ${amount.currency}`;

export const BREAK_COLUMNS: readonly DataColumn<BreakRow>[] = [
  {
    key: "kind",
    header: "Kind",
    width: 158,
    render: ({ kind }) => <span title={kindWhy(kind)}>{kindTitle(kind)}</span>,
    text: ({ kind }) => kind,
  },
  {
    key: "oldest",
    header: "Age, days",
    width: 92,
    align: "right",
    sortable: true,
    render: ({ ageBusinessDays }) => (ageBusinessDays === null ? none : ageBusinessDays.toLocaleString("en-US")),
    text: ({ ageBusinessDays }) => String(ageBusinessDays ?? ""),
  },
  {
    key: "value",
    header: "Difference",
    width: 136,
    align: "right",
    sortable: true,
    render: (row) => <Money amount={differenceOf(row)} />,
    text: (row) => amountText(differenceOf(row)),
  },
  {
    key: "internal",
    header: "Our books",
    width: 136,
    align: "right",
    render: ({ internal }) => <Money amount={internal} />,
    text: ({ internal }) => amountText(internal),
  },
  {
    key: "external",
    header: "Statement",
    width: 136,
    align: "right",
    render: ({ external }) => <Money amount={external} />,
    text: ({ external }) => amountText(external),
  },
  {
    key: "differs",
    header: "What differs",
    width: 190,
    render: (row) =>
      row.field === null
        ? none
        : `${row.field}: ${valueText(row, "internalValue")} / ${valueText(row, "externalValue")}`,
    text: ({ field, internalValue, externalValue }) => `${field ?? ""} ${internalValue ?? ""} ${externalValue ?? ""}`,
  },
  {
    key: "reference",
    header: "Reference",
    width: 168,
    render: ({ reference }) => <Id value={reference} />,
    text: ({ reference }) => reference ?? "",
  },
  {
    key: "where",
    header: "Account or rail",
    width: 168,
    render: ({ account, rail }) => account ?? rail ?? none,
    text: ({ account, rail }) => account ?? rail ?? "",
  },
  {
    key: "status",
    header: "State",
    width: 150,
    render: ({ status }) => <StatusBadge tone={STATUS_TONES[status]}>{STATUS_WORDS[status]}</StatusBadge>,
    text: ({ status }) => status,
  },
  {
    key: "assignee",
    header: "Assignee",
    width: 112,
    render: ({ assigneeName }) => assigneeName ?? <span className="dim">nobody</span>,
    text: ({ assigneeName }) => assigneeName ?? "",
  },
  {
    key: "expected",
    header: "Expected by",
    width: 150,
    hidden: true,
    render: ({ expectedBy }) => (expectedBy === null ? none : <Time at={expectedBy} short />),
    text: ({ expectedBy }) => expectedBy ?? "",
  },
  {
    key: "counterparty",
    header: "Other party",
    width: 150,
    hidden: true,
    render: ({ counterparty }) => counterparty ?? none,
    text: ({ counterparty }) => counterparty ?? "",
  },
  {
    key: "merchant",
    header: "Merchant",
    width: 110,
    hidden: true,
    render: ({ merchantId }) => <Id value={merchantId} />,
    text: ({ merchantId }) => merchantId ?? "",
  },
  {
    key: "transaction",
    header: "Payment",
    width: 170,
    hidden: true,
    render: ({ transactionId }) => <Id value={transactionId} />,
    text: ({ transactionId }) => transactionId ?? "",
  },
  {
    key: "date",
    header: "Business date",
    width: 110,
    hidden: true,
    render: ({ itemDate }) => itemDate ?? none,
    text: ({ itemDate }) => itemDate ?? "",
  },
  {
    key: "sides",
    header: "Sides",
    width: 130,
    hidden: true,
    render: ({ sides }) => sides,
    text: ({ sides }) => sides,
  },
];
