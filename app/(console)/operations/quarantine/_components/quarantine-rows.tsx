"use client";

import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { FilterInput } from "@/components/console/filter-input";
import { type DataColumn, DataTable } from "@/components/tables/data-table";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { Money } from "@/components/ui/money";
import { Time } from "@/components/ui/time";
import type { QuarantineRow } from "@/server/indexes/ops/contract";
import { bytesText } from "../../_components/words";
import { QUARANTINE_VIEW_KEYS, type QuarantineState } from "./quarantine-state";

const PAGE_ROWS = 200;

const coordinatesText = ({ coordinates: c }: QuarantineRow): string => `${c.source}/${c.partition}/${c.offset}`;

/** The end of a long file name tells files apart, its beginning does not. */
const placeText = ({ coordinates: c }: QuarantineRow): string => `${c.partition.split("/").at(-1)}/${c.offset}`;

const COLUMNS: readonly DataColumn<QuarantineRow>[] = [
  {
    key: "ingested",
    header: "Ingested",
    width: 150,
    render: ({ ingestedAt }) => <Time at={ingestedAt} />,
    text: ({ ingestedAt }) => ingestedAt,
  },
  { key: "code", header: "Code", width: 170, render: ({ code }) => code, text: ({ code }) => code },
  { key: "stage", header: "Stage", width: 80, hidden: true, render: ({ stage }) => stage, text: ({ stage }) => stage },
  {
    key: "field",
    header: "Field",
    width: 116,
    render: ({ field }) => field ?? "—",
    text: ({ field }) => field ?? "",
  },
  { key: "message", header: "What is wrong", render: ({ message }) => message, text: ({ message }) => message },
  {
    key: "amount",
    header: "Amount",
    width: 132,
    align: "right",
    render: ({ amount }) => <Money amount={amount} />,
  },
  {
    key: "coordinates",
    header: "Where it came from",
    width: 264,
    render: (row) => <span className="mono">{placeText(row)}</span>,
    text: coordinatesText,
  },
  {
    key: "bytes",
    header: "Size",
    width: 84,
    align: "right",
    hidden: true,
    render: ({ rawBytes }) => bytesText(rawBytes),
    text: ({ rawBytes }) => String(rawBytes),
  },
];

export interface QuarantineRowsProps {
  readonly state: QuarantineState;
  readonly onChange: (change: Partial<QuarantineState>) => void;
}

/** The records of a group, newest first. */
export function QuarantineRows({ state, onChange }: QuarantineRowsProps) {
  const trpc = useTRPC();
  const { code, source, q } = state;
  const query = useInfiniteQuery(
    trpc.ops.quarantineRows.infiniteQueryOptions(
      { code, source, text: q, limit: PAGE_ROWS },
      { getNextPageParam: ({ nextCursor }) => nextCursor, placeholderData: (before) => before },
    ),
  );
  const rows = query.data?.pages.flatMap((page) => page.rows);
  const filter = [code, source].filter((part) => part !== null).join(", ");
  return (
    <DataTable
      id="quarantine"
      label="Quarantined records"
      columns={COLUMNS}
      rows={rows}
      rowKey={({ quarantineId }) => quarantineId}
      activeKey={state.record}
      onActivate={({ quarantineId }) => onChange({ record: quarantineId })}
      total={query.data?.pages[0]?.total}
      views={QUARANTINE_VIEW_KEYS}
      hasMore={query.hasNextPage}
      onMore={query.fetchNextPage}
      fetching={query.isFetching}
      error={rows === undefined || query.isFetchNextPageError ? query.error : null}
      onRetry={query.refetch}
      exportHref={`/api/export/ops?view=quarantine&filter=${encodeURIComponent(JSON.stringify({ code, source, text: q }))}`}
      empty={<EmptyState title="No record matches">Choose another group, or clear the filter.</EmptyState>}
      tools={
        <>
          <FilterInput
            label="Id, message or coordinates"
            value={q}
            onChange={(text) => onChange({ q: text })}
            width={240}
          />
          {filter !== "" && (
            <Button variant="default" size="compact-sm" onClick={() => onChange({ code: null, source: null })}>
              {filter} ×
            </Button>
          )}
        </>
      }
    />
  );
}
