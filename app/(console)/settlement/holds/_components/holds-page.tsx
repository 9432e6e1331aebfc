"use client";

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { PageHeader } from "@/components/console/page-header";
import { useMe } from "@/components/console/use-me";
import { type DataColumn, DataTable } from "@/components/tables/data-table";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { HoldRow } from "@/server/indexes/settlement/contract";
import { exportHref } from "../../_components/close-state";
import { PlaceHoldDialog, ReleaseHoldDialog } from "../../_components/hold-dialogs";
import { HOLD_WORDS } from "../../_components/words";

const keyOf = ({ holdId }: HoldRow): string => holdId;

/** Every hold, those in force first: who, since when, why. */
export function HoldsPage() {
  const trpc = useTRPC();
  const { can } = useMe();
  const query = useQuery(trpc.settlement.holds.queryOptions());
  const [placing, setPlacing] = useState(false);
  const [released, setReleased] = useState<HoldRow | null>(null);
  const writes = can("settlement", "write");
  const closedOn = query.data?.asOf.watermark?.slice(0, 10) ?? "";
  return (
    <>
      <PageHeader
        title="Holds"
        asOf={query.data?.asOf}
        description="Payouts kept by a person. A hold ends only when somebody releases it; every act is in the audit."
        actions={
          writes && (
            <Button variant="default" size="compact-sm" onClick={() => setPlacing(true)}>
              Hold payouts
            </Button>
          )
        }
      />
      <DataTable
        id="settlement-holds"
        label="Holds"
        columns={columnsOf(writes ? setReleased : null)}
        rows={query.data?.holds}
        rowKey={keyOf}
        total={query.data?.holds.length}
        fetching={query.isFetching}
        error={query.data === undefined ? query.error : null}
        onRetry={query.refetch}
        exportHref={exportHref("holds", {})}
        empty={<EmptyState title="Nothing is held">No merchant's payouts are kept by a person.</EmptyState>}
      />
      <PlaceHoldDialog
        opened={placing}
        merchantId={null}
        currency={null}
        from=""
        closedOn={closedOn}
        onClose={() => setPlacing(false)}
      />
      <ReleaseHoldDialog hold={released} onClose={() => setReleased(null)} />
    </>
  );
}

function columnsOf(onRelease: ((hold: HoldRow) => void) | null): readonly DataColumn<HoldRow>[] {
  const columns: DataColumn<HoldRow>[] = [
    {
      key: "merchant",
      header: "Merchant",
      width: 220,
      render: ({ merchantId, merchantName }) => (
        <Link href={`/settlement/payouts?merchant=${encodeURIComponent(merchantId)}`} prefetch={false}>
          {merchantName ?? merchantId}
        </Link>
      ),
      text: ({ merchantId }) => merchantId,
    },
    {
      key: "currency",
      header: "Currency",
      width: 90,
      render: ({ currency }) => currency ?? "every",
      text: ({ currency }) => currency ?? "",
    },
    {
      key: "state",
      header: "State",
      width: 200,
      render: ({ state }) => <StatusBadge tone={HOLD_WORDS[state][0]}>{HOLD_WORDS[state][1]}</StatusBadge>,
      text: ({ state }) => HOLD_WORDS[state][1],
    },
    {
      key: "from",
      header: "From",
      width: 104,
      render: ({ from }) => <span className="tabular">{from}</span>,
      text: ({ from }) => from,
    },
    {
      key: "until",
      header: "Until",
      width: 104,
      render: ({ until }) => <span className="tabular">{until ?? "—"}</span>,
      text: ({ until }) => until ?? "",
    },
    {
      key: "reason",
      header: "Why",
      render: ({ reason }) => <span title={reason}>{reason}</span>,
      text: ({ reason }) => reason,
    },
    {
      key: "placed",
      header: "Placed",
      width: 200,
      render: ({ placedAt, placedBy }) => (
        <span title={placedBy}>
          <Time at={placedAt} short />
        </span>
      ),
      text: ({ placedAt, placedBy }) => `${placedAt} ${placedBy}`,
    },
    {
      key: "released",
      header: "Released",
      width: 220,
      hidden: true,
      render: ({ releasedAt, releaseReason }) =>
        releasedAt !== null && (
          <span title={releaseReason ?? undefined}>
            <Time at={releasedAt} short />
          </span>
        ),
      text: ({ releasedAt, releasedBy, releaseReason }) => [releasedAt, releasedBy, releaseReason].join(" ").trim(),
    },
  ];
  if (onRelease === null) return columns;
  return [
    ...columns,
    {
      key: "release",
      header: "",
      width: 110,
      align: "right",
      render: (hold) =>
        (hold.state === "active" || hold.state === "placed_next_run") && (
          <Button variant="default" size="compact-xs" onClick={() => onRelease(hold)}>
            Release
          </Button>
        ),
    },
  ];
}
