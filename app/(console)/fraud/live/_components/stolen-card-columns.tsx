import Link from "next/link";
import type { DataColumn } from "@/components/tables/data-table";
import { Money, moneyText } from "@/components/ui/money";
import { Time } from "@/components/ui/time";
import type { Live } from "@/server/indexes/fraud/contract";

type StolenCard = Live["stolenCards"][number];

export const STOLEN_CARD_COLUMNS: readonly DataColumn<StolenCard>[] = [
  {
    key: "card",
    header: "Card",
    width: 110,
    render: ({ cardLast4, cardToken }) => (
      <Link href={`/fraud/queue?status=&entity=${encodeURIComponent(cardToken)}`} className="mono">
        •• {cardLast4 ?? "????"}
      </Link>
    ),
    text: ({ cardLast4 }) => cardLast4 ?? "",
  },
  {
    key: "events",
    header: "Events",
    width: 90,
    align: "right",
    render: ({ events }) => events.toLocaleString("en-US"),
    text: ({ events }) => String(events),
  },
  {
    key: "sums",
    header: "Sum by currency",
    width: 260,
    render: ({ sums }) =>
      sums.map((sum, place) => (
        <span key={sum.currency}>
          {place > 0 && " · "}
          <Money amount={sum} />
        </span>
      )),
    text: ({ sums }) => sums.map((sum) => `${moneyText(sum)} ${sum.currency}`).join(", "),
  },
  {
    key: "merchants",
    header: "Merchants",
    render: ({ merchants }) => merchants.join(", "),
    text: ({ merchants }) => merchants.join(", "),
  },
  { key: "first", header: "First seen", width: 110, render: ({ firstSeen }) => <Time at={firstSeen} short /> },
  { key: "last", header: "Last seen", width: 150, render: ({ lastSeen }) => <Time at={lastSeen} /> },
  { key: "summary", header: "Summary of", width: 110, render: ({ summaryAt }) => <Time at={summaryAt} short /> },
];
