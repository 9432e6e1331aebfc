import { Button } from "@mantine/core";
import Link from "next/link";
import type { DataColumn } from "@/components/tables/data-table";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { BlacklistRow } from "@/server/indexes/fraud/contract";
import { ruleTitle } from "../../_components/words";

/** `onRemove` null where the person may not change the blacklist. */
export function blacklistColumns(onRemove: ((row: BlacklistRow) => void) | null): readonly DataColumn<BlacklistRow>[] {
  const columns: DataColumn<BlacklistRow>[] = [
    {
      key: "party",
      header: "Party",
      width: 112,
      render: ({ partyId }) => (
        <Link href={`/search?q=${encodeURIComponent(partyId)}`} className="mono" prefetch={false}>
          {partyId}
        </Link>
      ),
      text: ({ partyId }) => partyId,
    },
    { key: "role", header: "As", width: 104, render: ({ role }) => role, text: ({ role }) => role },
    {
      key: "since",
      header: "Since",
      width: 156,
      render: ({ since }) => <Time at={since} />,
      text: ({ since }) => since,
    },
    {
      key: "why",
      header: "Why",
      render: (row) => whyText(row),
      text: whyText,
    },
    {
      key: "by",
      header: "By",
      width: 140,
      render: ({ addedBy, alertId, rule }) =>
        alertId === null ? (
          addedBy
        ) : (
          <Link href={`/fraud/queue?status=&alert=${encodeURIComponent(alertId)}`}>{ruleTitle(rule)} rule</Link>
        ),
      text: ({ addedBy }) => addedBy,
    },
    {
      key: "removed",
      header: "Removed",
      width: 260,
      hidden: true,
      render: ({ removed }) =>
        removed !== null && (
          <>
            <Time at={removed.at} short /> by {removed.by}: {removed.reason}
          </>
        ),
      text: ({ removed }) => (removed === null ? "" : `${removed.at} ${removed.by}: ${removed.reason}`),
    },
    {
      key: "version",
      header: "Rule version",
      width: 120,
      hidden: true,
      render: ({ ruleVersion }) => <span className="mono">{ruleVersion}</span>,
      text: ({ ruleVersion }) => ruleVersion,
    },
    {
      key: "state",
      header: "State",
      width: 108,
      render: ({ removed }) =>
        removed === null ? (
          <StatusBadge tone="bad">Denied</StatusBadge>
        ) : (
          <span title={`${removed.by}, ${removed.at}: ${removed.reason}`}>
            <StatusBadge tone="neutral">Removed</StatusBadge>
          </span>
        ),
    },
  ];
  if (onRemove === null) return columns;
  return [
    ...columns,
    {
      key: "remove",
      header: "",
      width: 140,
      align: "right",
      render: (row) =>
        row.removed === null && (
          <Button variant="default" size="compact-xs" onClick={() => onRemove(row)}>
            Un-blacklist
          </Button>
        ),
    },
  ];
}

function whyText({ rule, count, previousCount, threshold, businessDate }: BlacklistRow): string {
  if (rule === "velocity") return `${count ?? "?"} payments, limit ${threshold ?? "?"}, on ${businessDate}`;
  if (rule === "acceleration") {
    return `${count ?? "?"} payments after ${previousCount ?? "?"}, limit ${threshold ?? "?"}×, on ${businessDate}`;
  }
  return `Put there by a person on ${businessDate}`;
}
