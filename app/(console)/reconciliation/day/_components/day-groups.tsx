"use client";

import Link from "next/link";
import { type DataColumn, DataTable } from "@/components/tables/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { moneyText } from "@/components/ui/money";
import type { DaySummary } from "@/server/indexes/reconciliation/contract";
import type { CloseChoice } from "../../_components/close-picker";
import { exportHref, hrefIn } from "../../_components/close-state";
import { sideTitle } from "../../_components/words";

type Group = DaySummary["groups"][number];
type Part = "matched" | "broken" | "inFlight";

const keyOf = ({ side, account, rail, currency }: Group): string => [side, account, rail, currency].join("/");

/** Where the rows behind a figure are; what is in flight is no break and has no list. */
function doorOf(state: CloseChoice, group: Group, part: Part): string | null {
  const { account, rail, currency } = group;
  const own = { currency, ...(account === null ? {} : { account }) };
  if (part === "matched") return hrefIn(state, "matches", own);
  return part === "broken" ? hrefIn(state, "breaks", { ...own, status: "", ...(rail === null ? {} : { rail }) }) : null;
}

function columnsOf(state: CloseChoice): readonly DataColumn<Group>[] {
  const amounts = (part: Part, header: string): DataColumn<Group>[] => [
    {
      key: `${part}-items`,
      header,
      width: 104,
      align: "right",
      render: (group) => {
        const href = doorOf(state, group, part);
        const words = group[part].items.toLocaleString("en-US");
        return href === null || group[part].items === 0 ? words : <Link href={href}>{words}</Link>;
      },
      text: (group) => String(group[part].items),
    },
    {
      key: `${part}-amount`,
      header: `${header}, amount`,
      width: 150,
      align: "right",
      render: (group) => (
        <span className="tabular">{moneyText({ ...group, amountMinor: group[part].amountMinor })}</span>
      ),
      text: (group) => moneyText({ ...group, amountMinor: group[part].amountMinor }),
    },
  ];
  return [
    { key: "side", header: "Side", width: 104, render: ({ side }) => sideTitle(side), text: ({ side }) => side },
    {
      key: "account",
      header: "Account or rail",
      width: 230,
      render: ({ account, rail }) => account ?? rail ?? <span className="dim">no rail</span>,
      text: ({ account, rail }) => account ?? rail ?? "",
    },
    {
      key: "currency",
      header: "Currency",
      width: 84,
      render: ({ currency }) => currency,
      text: ({ currency }) => currency,
    },
    ...amounts("matched", "Matched"),
    ...amounts("broken", "Broken"),
    ...amounts("inFlight", "In flight"),
  ];
}

/** Matched, broken and in flight per account of the statements and per rail of our books; nothing is in two of them. */
export function DayGroups({ day, state }: { day: DaySummary; state: CloseChoice }) {
  return (
    <DataTable
      id="reconciliation-day"
      label="Matched and broken per account and rail"
      columns={columnsOf(state)}
      rows={day.groups}
      rowKey={keyOf}
      total={day.groups.length}
      exportHref={exportHref("day", { date: day.close.businessDate, version: state.version })}
      empty={<EmptyState title="This close tells of no item">Nothing moved on that date.</EmptyState>}
    />
  );
}
