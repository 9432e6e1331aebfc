"use client";

import { Button } from "@mantine/core";
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { usePageKeys } from "@/components/console/use-page-keys";
import { ErrorState } from "@/components/ui/error-state";
import { Skeletons } from "@/components/ui/skeletons";
import type { DataColumn, DataSort } from "./column";
import { ColumnMenu } from "./column-menu";
import classes from "./data-table.module.css";
import { ExportMenu } from "./export-menu";
import { TableHead } from "./table-head";
import { TableRow } from "./table-row";
import { type ArrangedColumns, useColumns } from "./use-columns";
import { useWindow } from "./use-window";

export type { DataColumn, DataSort } from "./column";

const ROW_PX = 34;
const COPIED_MS = 1_500;
/** The next page is asked for when fewer rows than this lie below what is seen. */
const AHEAD_ROWS = 40;

export interface DataTableProps<Row> {
  /** The columns chosen are remembered under it. */
  readonly id: string;
  readonly label: string;
  readonly columns: readonly DataColumn<Row>[];
  /** Undefined while the first page is on its way. */
  readonly rows: readonly Row[] | undefined;
  readonly rowKey: (row: Row) => string;
  readonly sort?: DataSort | undefined;
  readonly onSort?: (sort: DataSort) => void;
  readonly selected?: ReadonlySet<string>;
  readonly onSelect?: (selected: ReadonlySet<string>) => void;
  readonly activeKey?: string | null;
  readonly onActivate?: (row: Row) => void;
  readonly onOpen?: (row: Row) => void;
  /** Rows under the filter, all pages. */
  readonly total?: number | undefined;
  readonly hasMore?: boolean;
  readonly onMore?: () => void;
  readonly fetching?: boolean;
  readonly error?: unknown;
  readonly onRetry?: () => void;
  readonly empty: ReactNode;
  /** Address of exactly this query, without `format`. */
  readonly exportHref?: string;
  /** What stands left of the table's own verbs. */
  readonly tools?: ReactNode;
  /** `j`, `k`, `enter` and `x` are this table's; of several tables on a page only one can have them. */
  readonly keys?: boolean;
}

/** Rows of a query the server sorts, filters and pages: columns as the person likes them, keys, selection, export. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { id, label, rows, rowKey, error, onRetry, empty, total, selected, onSelect, keys = true } = props;
  const columns = useColumns(id, props.columns);
  const scroller = useRef<HTMLDivElement>(null);
  const { copied, copy } = useCopied();
  useFollowActive(scroller, rows, rowKey, props.activeKey ?? null);
  useRowKeys(props, keys);
  const failed = error !== null && error !== undefined;
  return (
    <div className={classes.frame}>
      <div className={classes.tools}>
        <div className={classes.own}>{props.tools}</div>
        <span className={classes.count} aria-live="polite">
          {copied ?? countText(rows?.length, total, selected?.size ?? 0)}
        </span>
        <ColumnMenu columns={columns} />
        {props.exportHref !== undefined && <ExportMenu href={props.exportHref} />}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys. */}
      <section ref={scroller} className={classes.scroller} aria-label={label} tabIndex={0}>
        <table
          className={classes.table}
          aria-label={label}
          aria-rowcount={total ?? -1}
          aria-busy={props.fetching ?? false}
          style={{ minWidth: minWidthOf(columns, onSelect !== undefined) }}
        >
          <TableHead
            columns={columns}
            sort={props.sort}
            onSort={props.onSort}
            selection={onSelect === undefined ? null : selectionOf(rows ?? [], rowKey, selected ?? NONE, onSelect)}
          />
          {rows !== undefined && <Body {...props} rows={rows} arranged={columns} scroller={scroller} onCopy={copy} />}
        </table>
        {rows === undefined && (failed ? <ErrorState error={error} onRetry={onRetry} /> : <Skeletons rows={8} />)}
        {rows !== undefined && rows.length === 0 && !failed && empty}
        {rows !== undefined && failed && <ErrorState error={error} onRetry={onRetry} />}
        {props.hasMore === true && !failed && (
          <div className={classes.more}>
            <Button variant="default" size="compact-sm" loading={props.fetching ?? false} onClick={props.onMore}>
              More rows
            </Button>
          </div>
        )}
      </section>
    </div>
  );
}

const NONE: ReadonlySet<string> = new Set();

interface BodyProps<Row> extends Omit<DataTableProps<Row>, "rows" | "columns"> {
  readonly rows: readonly Row[];
  readonly arranged: ArrangedColumns<DataColumn<Row>>;
  readonly scroller: RefObject<HTMLElement | null>;
  readonly onCopy: (text: string) => void;
}

function Body<Row>(props: BodyProps<Row>) {
  const { rows, rowKey, arranged, scroller, selected = NONE, onSelect, hasMore, fetching, onMore } = props;
  const { from, to } = useWindow(scroller, rows.length, ROW_PX);
  const nearEnd = hasMore === true && fetching !== true && to + AHEAD_ROWS >= rows.length;
  useEffect(() => {
    if (nearEnd) onMore?.();
  }, [nearEnd, onMore]);
  const toggle = (key: string) => {
    const next = new Set(selected);
    if (!next.delete(key)) next.add(key);
    onSelect?.(next);
  };
  return (
    <tbody>
      {from > 0 && <tr aria-hidden className={classes.gap} style={{ height: from * ROW_PX }} />}
      {rows.slice(from, to).map((row, place) => {
        const key = rowKey(row);
        return (
          <TableRow
            key={key}
            row={row}
            rowKey={key}
            columns={arranged.visible}
            place={from + place + 2}
            active={key === props.activeKey}
            selected={selected.has(key)}
            onSelect={onSelect === undefined ? undefined : () => toggle(key)}
            onOpen={props.onOpen ?? props.onActivate}
            onCopy={props.onCopy}
          />
        );
      })}
      {to < rows.length && <tr aria-hidden className={classes.gap} style={{ height: (rows.length - to) * ROW_PX }} />}
    </tbody>
  );
}

/** `j` and `k` move, `enter` opens, `x` selects. */
function useRowKeys<Row>(props: DataTableProps<Row>, enabled: boolean): void {
  const { rows = [], rowKey, activeKey, selected = NONE, onSelect, onOpen, onActivate } = props;
  const here = rows.findIndex((row) => rowKey(row) === activeKey);
  const go = (by: 1 | -1) => {
    const next = rows[here < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, here + by))];
    if (next !== undefined) onActivate?.(next);
  };
  const active = rows[here];
  const move = [
    { key: "j", label: "Next row", run: () => go(1) },
    { key: "k", label: "Row before", run: () => go(-1) },
  ];
  const open = { key: "enter", label: "Open the row", run: () => active !== undefined && onOpen?.(active) };
  const select = {
    key: "x",
    label: "Select the row",
    run: () => {
      if (active === undefined) return;
      const next = new Set(selected);
      if (!next.delete(rowKey(active))) next.add(rowKey(active));
      onSelect?.(next);
    },
  };
  usePageKeys(
    !enabled || onActivate === undefined
      ? []
      : [...move, ...(onOpen === undefined ? [] : [open]), ...(onSelect === undefined ? [] : [select])],
  );
}

/** Keeps the active row in view when keys move it; rows that are not drawn have no element to scroll to. */
function useFollowActive<Row>(
  scroller: RefObject<HTMLElement | null>,
  rows: readonly Row[] | undefined,
  rowKey: (row: Row) => string,
  activeKey: string | null,
): void {
  const place = rows?.findIndex((row) => rowKey(row) === activeKey) ?? -1;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a change of the active row scrolls, rows that arrive above it do not.
  useEffect(() => {
    const element = scroller.current;
    if (element === null || place < 0) return;
    const top = place * ROW_PX;
    const visible = element.clientHeight - ROW_PX;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW_PX > element.scrollTop + visible) element.scrollTop = top + ROW_PX - visible;
  }, [activeKey]);
}

function useCopied(): { copied: string | null; copy: (text: string) => void } {
  const [copied, setCopied] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const say = (text: string) => {
    setCopied(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(null), COPIED_MS);
  };
  return {
    copied,
    copy: (text) => {
      navigator.clipboard.writeText(text).then(
        () => say("Cell copied"),
        () => say("The browser does not allow copying"),
      );
    },
  };
}

function countText(loaded: number | undefined, total: number | undefined, selected: number): string {
  if (loaded === undefined) return "";
  const number = (value: number) => value.toLocaleString("en-US");
  const rows = total === undefined ? `${number(loaded)} loaded` : `${number(total)} ${total === 1 ? "row" : "rows"}`;
  return selected === 0 ? rows : `${number(selected)} selected of ${rows}`;
}

function selectionOf<Row>(
  rows: readonly Row[],
  rowKey: (row: Row) => string,
  selected: ReadonlySet<string>,
  onSelect: (selected: ReadonlySet<string>) => void,
) {
  const all = rows.length > 0 && rows.every((row) => selected.has(rowKey(row)));
  return {
    all,
    some: selected.size > 0 && !all,
    toggle: () => onSelect(all ? new Set() : new Set(rows.map(rowKey))),
  };
}

/** Narrower than this the table scrolls sideways instead of squeezing its columns. */
function minWidthOf<Row>(columns: ArrangedColumns<DataColumn<Row>>, selectable: boolean): number {
  const flexible = 140;
  return columns.visible.reduce((sum, column) => sum + (columns.widthOf(column) ?? flexible), selectable ? 36 : 0);
}
