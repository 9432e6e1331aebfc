"use client";

import { useQuery } from "@tanstack/react-query";
import { parseAsString, useQueryState } from "nuqs";
import { PageHeader } from "@/components/console/page-header";
import { usePageKeys } from "@/components/console/use-page-keys";
import { type DataColumn, DataTable } from "@/components/tables/data-table";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { StaleBanner } from "@/components/ui/stale-banner";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { TableFacts } from "@/server/indexes/ops/contract";
import classes from "../../_components/operations.module.css";
import { bytesText, numberText } from "../../_components/words";
import { TableDetail } from "./table-detail";

const REFRESH_MS = 5_000;
/** Above it the next maintenance run has something to do. */
const SMALL_FILES_MANY = 64;

const whole = (key: "version" | "rows" | "files", header: string): DataColumn<TableFacts> => ({
  key,
  header,
  width: { version: 74, rows: 84, files: 60 }[key],
  align: "right",
  render: (row) => numberText(row[key]),
  text: (row) => String(row[key]),
});

const COLUMNS: readonly DataColumn<TableFacts>[] = [
  { key: "name", header: "Table", width: 166, render: ({ name }) => <b>{name}</b>, text: ({ name }) => name },
  { key: "kind", header: "Kind", width: 92, render: ({ kind }) => kind, text: ({ kind }) => kind },
  whole("version", "Version"),
  {
    key: "committed",
    header: "Last commit",
    width: 136,
    render: ({ committedAt }) =>
      committedAt === null ? <span title="no rows yet">—</span> : <Time at={committedAt} />,
    text: ({ committedAt }) => committedAt ?? "",
  },
  whole("rows", "Rows"),
  whole("files", "Files"),
  {
    key: "bytes",
    header: "Size",
    width: 78,
    align: "right",
    render: ({ bytes }) => bytesText(bytes),
    text: ({ bytes }) => String(bytes),
  },
  {
    key: "perRow",
    header: "Bytes a row",
    width: 92,
    align: "right",
    render: ({ bytes, rows }) => (rows === 0 ? "—" : (bytes / rows).toFixed(1)),
    text: ({ bytes, rows }) => (rows === 0 ? "" : (bytes / rows).toFixed(1)),
  },
  {
    key: "small",
    header: "Small files",
    width: 92,
    align: "right",
    render: ({ smallFiles }) =>
      smallFiles > SMALL_FILES_MANY ? (
        <StatusBadge tone="warn">{numberText(smallFiles)}</StatusBadge>
      ) : (
        numberText(smallFiles)
      ),
    text: ({ smallFiles }) => String(smallFiles),
  },
  {
    key: "description",
    header: "What it holds",
    render: ({ description }) => description,
    text: ({ description }) => description,
  },
];

/** The list has no filter: its views keep columns alone. */
const NO_FILTERS: readonly string[] = [];
const KINDS = ["raw", "dimension", "partial", "final"];
/** In the order of the chain, and always the same one. */
const byKind = (a: TableFacts, b: TableFacts): number =>
  KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.name.localeCompare(b.name);

/** The Delta tables behind everything shown. */
export function TablesPage() {
  const trpc = useTRPC();
  const [open, setOpen] = useQueryState("table", parseAsString.withOptions({ history: "push" }));
  const query = useQuery(trpc.ops.tables.queryOptions(undefined, { refetchInterval: REFRESH_MS }));
  const tables = query.data?.tables.toSorted(byKind);
  usePageKeys([{ key: "escape", label: "Close the table", run: () => void setOpen(null) }]);
  const shown = tables?.find(({ name }) => name === open);
  return (
    <>
      <PageHeader
        title="Tables"
        asOf={query.data?.asOf}
        description="Open Delta tables: any Delta reader opens the path. Small files are compacted in the background."
      />
      {query.error !== null && tables !== undefined && (
        <StaleBanner since={new Date(query.dataUpdatedAt).toISOString()} />
      )}
      <div className={classes.stack}>
        <DataTable
          id="lake-tables"
          label="Tables of the lake"
          columns={COLUMNS}
          rows={tables}
          rowKey={({ name }) => name}
          views={NO_FILTERS}
          activeKey={open}
          onActivate={({ name }) => void setOpen(name)}
          total={tables?.length}
          fetching={query.isFetching}
          error={tables === undefined ? query.error : null}
          onRetry={query.refetch}
          empty={<EmptyState title="The lake holds no table yet">They are made when a worker first starts.</EmptyState>}
        />
        {shown !== undefined && <TableDetail table={shown} onClose={() => void setOpen(null)} />}
      </div>
    </>
  );
}
