"use client";

import { Button } from "@mantine/core";
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { ErrorState } from "@/components/ui/error-state";
import { Skeletons } from "@/components/ui/skeletons";
import type { DataColumn, DataSort } from "./column";
import { ColumnMenu } from "./column-menu";
import classes from "./data-table.module.css";
import { ExportMenu } from "./export-menu";
import { type AllPages, type RowSelection, selectionOf } from "./selection";
import { SelectionStrip, type SelectionStripProps } from "./selection-strip";
import { TableHead } from "./table-head";
import { TableRow } from "./table-row";
import { useCells } from "./use-cells";
import { type ArrangedColumns, useColumns } from "./use-columns";
import { useRowKeys } from "./use-row-keys";
import { useView } from "./use-view";
import { useWindow } from "./use-window";
import { ViewMenu } from "./view-menu";

export type { DataColumn, DataSort } from "./column";

const ROW_PX = 34;
/** So many selected rows are meant as a whole page, though more were loaded behind them since. */
const MANY_ROWS = 50;
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
  /** Parameters of the address a saved view of this table keeps; without them it has no views. One table of a page. */
  readonly views?: readonly string[];
  /** For tables whose verbs can run on the server over every row of the query. */
  readonly allPages?: AllPages | undefined;
  /** `j`, `k`, `enter`, `x` and the arrows are this table's; of several tables on a page only one can have them. */
  readonly keys?: boolean;
}

/** Rows of a query the server sorts, filters and pages: columns as the person likes them, keys, selection, export. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { id, label, rows, rowKey, error, onRetry, empty, total, selected = NONE, onSelect, keys = true } = props;
  const view = useView(id, props.views);
  const columns = useColumns(view.id === null ? id : `${id}@${view.id}`, props.columns, view.view?.columns ?? null);
  const scroller = useRef<HTMLDivElement>(null);
  const { copied, copy } = useCopied();
  const [ownActive, setOwnActive] = useState<string | null>(null);
  const { onOpen, onActivate = (row: Row) => setOwnActive(rowKey(row)) } = props;
  const activeKey = props.onActivate === undefined ? ownActive : (props.activeKey ?? null);
  const loaded = rows ?? [];
  const selection =
    onSelect === undefined
      ? null
      : selectionOf({ keys: loaded.map(rowKey), selected, onSelect, allPages: props.allPages });
  useFollowActive(scroller, rows, rowKey, activeKey);
  const goRow = useRowKeys({ rows: loaded, rowKey, activeKey, onActivate, onOpen, selection, enabled: keys });
  const cell = useCells({
    columns: columns.visible,
    active: loaded.find((row) => rowKey(row) === activeKey),
    scroller,
    enabled: keys,
    goRow,
    onCopy: copy,
  });
  const failed = error !== null && error !== undefined;
  return (
    <div className={classes.frame}>
      <div className={classes.tools}>
        <div className={classes.own}>{props.tools}</div>
        <span className={classes.count} aria-live="polite">
          {copied ?? countText(rows?.length, total, props.allPages?.chosen === true ? "all" : selected.size)}
        </span>
        {props.views !== undefined && <ViewMenu table={id} here={view} columns={columns} />}
        <ColumnMenu columns={columns} />
        {props.exportHref !== undefined && <ExportMenu href={props.exportHref} />}
      </div>
      {props.allPages !== undefined && (selection?.all === true || selected.size >= MANY_ROWS) && (
        <AllPagesOffer allPages={props.allPages} selected={selected.size} loaded={loaded.length} total={total ?? 0} />
      )}
      <span className="visually-hidden" aria-live="polite">
        {cell.said}
      </span>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys. */}
      <section ref={scroller} className={classes.scroller} aria-label={label} tabIndex={0} data-cells>
        <table
          className={classes.table}
          aria-label={label}
          aria-rowcount={total ?? -1}
          aria-busy={props.fetching ?? false}
          style={{ minWidth: minWidthOf(columns, onSelect !== undefined) }}
        >
          <TableHead columns={columns} sort={props.sort} onSort={props.onSort} selection={selection} />
          {rows !== undefined && (
            <Body
              {...props}
              rows={rows}
              activeKey={activeKey}
              arranged={columns}
              scroller={scroller}
              selection={selection}
              cell={cell.column}
              onCopy={copy}
            />
          )}
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

interface AllPagesOfferProps extends SelectionStripProps {
  readonly loaded: number;
}

/** Nothing where everything is loaded. */
const AllPagesOffer = ({ loaded, ...strip }: AllPagesOfferProps) =>
  strip.total > loaded ? <SelectionStrip {...strip} /> : null;

const NONE: ReadonlySet<string> = new Set();

interface BodyProps<Row> extends Omit<DataTableProps<Row>, "rows" | "columns"> {
  readonly rows: readonly Row[];
  readonly arranged: ArrangedColumns<DataColumn<Row>>;
  readonly scroller: RefObject<HTMLElement | null>;
  readonly selection: RowSelection | null;
  /** Column of the cell the arrows are on. */
  readonly cell: string | null;
  readonly onCopy: (text: string, header: string) => void;
}

function Body<Row>(props: BodyProps<Row>) {
  const { rows, rowKey, arranged, scroller, selection, hasMore, fetching, onMore } = props;
  const { from, to } = useWindow(scroller, rows.length, ROW_PX);
  const nearEnd = hasMore === true && fetching !== true && to + AHEAD_ROWS >= rows.length;
  useEffect(() => {
    if (nearEnd) onMore?.();
  }, [nearEnd, onMore]);
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
            selected={selection?.has(key) ?? false}
            onSelect={selection === null ? undefined : () => selection.toggle(key)}
            cell={key === props.activeKey ? props.cell : null}
            onOpen={props.onOpen ?? props.onActivate}
            onCopy={props.onCopy}
          />
        );
      })}
      {to < rows.length && <tr aria-hidden className={classes.gap} style={{ height: (rows.length - to) * ROW_PX }} />}
    </tbody>
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

function useCopied(): { copied: string | null; copy: (text: string, header: string) => void } {
  const [copied, setCopied] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const say = (text: string) => {
    setCopied(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(null), COPIED_MS);
  };
  const copy = async (text: string, header: string): Promise<void> => {
    try {
      // Over plain HTTP from another machine the browser has no clipboard at all.
      await navigator.clipboard.writeText(text);
      say(text === "" ? `${header} is empty` : `${header} copied`);
    } catch {
      say("The browser does not allow copying");
    }
  };
  return { copied, copy: (text, header) => void copy(text, header) };
}

function countText(loaded: number | undefined, total: number | undefined, selected: number | "all"): string {
  if (loaded === undefined) return "";
  const number = (value: number) => value.toLocaleString("en-US");
  const rows = total === undefined ? `${number(loaded)} loaded` : `${number(total)} ${total === 1 ? "row" : "rows"}`;
  if (selected === "all") return `all ${rows} selected`;
  return selected === 0 ? rows : `${number(selected)} selected of ${rows}`;
}

/** Narrower than this the table scrolls sideways instead of squeezing its columns. */
function minWidthOf<Row>(columns: ArrangedColumns<DataColumn<Row>>, selectable: boolean): number {
  const flexible = 140;
  return columns.visible.reduce((sum, column) => sum + (columns.widthOf(column) ?? flexible), selectable ? 36 : 0);
}
