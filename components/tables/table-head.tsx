"use client";

import { Checkbox } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import type { PointerEvent } from "react";
import type { DataColumn, DataSort } from "./column";
import classes from "./data-table.module.css";
import type { RowSelection } from "./selection";
import type { ArrangedColumns } from "./use-columns";

export interface TableHeadProps<Row> {
  readonly columns: ArrangedColumns<DataColumn<Row>>;
  readonly sort: DataSort | undefined;
  readonly onSort: ((sort: DataSort) => void) | undefined;
  readonly selection: RowSelection | null;
}

export function TableHead<Row>({ columns, sort, onSort, selection }: TableHeadProps<Row>) {
  return (
    <>
      <colgroup>
        {selection !== null && <col style={{ width: 36 }} />}
        {columns.visible.map((column) => {
          const width = columns.widthOf(column);
          return <col key={column.key} {...(width === null ? {} : { style: { width } })} />;
        })}
      </colgroup>
      <thead className={classes.head}>
        <tr>
          {selection !== null && (
            <th scope="col" className={classes.check}>
              <Checkbox
                size="xs"
                aria-label="Select every loaded row"
                checked={selection.all}
                indeterminate={selection.some}
                onChange={selection.toggleAll}
              />
            </th>
          )}
          {columns.visible.map((column) => (
            <HeadCell
              key={column.key}
              column={column}
              sort={sort?.key === column.key ? sort.direction : null}
              onSort={column.sortable === true ? onSort : undefined}
              onResize={(width) => columns.resize(column.key, width)}
            />
          ))}
        </tr>
      </thead>
    </>
  );
}

interface HeadCellProps<Row> {
  readonly column: DataColumn<Row>;
  readonly sort: DataSort["direction"] | null;
  readonly onSort: ((sort: DataSort) => void) | undefined;
  readonly onResize: (width: number) => void;
}

function HeadCell<Row>({ column, sort, onSort, onResize }: HeadCellProps<Row>) {
  const { key, header, align = "left" } = column;
  const SortIcon = sort === "ascending" ? IconArrowUp : IconArrowDown;
  return (
    <th scope="col" data-align={align} aria-sort={sort ?? (onSort === undefined ? undefined : "none")}>
      {onSort === undefined ? (
        <span className={classes.header}>{header}</span>
      ) : (
        <button
          type="button"
          className={classes.sort}
          onClick={() => onSort({ key, direction: sort === "descending" ? "ascending" : "descending" })}
        >
          {header}
          {sort !== null && <SortIcon size={13} aria-hidden />}
        </button>
      )}
      <span className={classes.resizer} aria-hidden onPointerDown={(event) => follow(event, onResize)} />
    </th>
  );
}

/** Sizes the column with the pointer until it is let go. */
function follow(event: PointerEvent<HTMLElement>, onResize: (width: number) => void): void {
  event.preventDefault();
  const handle = event.currentTarget;
  const startX = event.clientX;
  const startWidth = handle.parentElement?.getBoundingClientRect().width ?? 0;
  handle.setPointerCapture(event.pointerId);
  const move = (moved: globalThis.PointerEvent) => onResize(startWidth + moved.clientX - startX);
  const end = () => {
    handle.removeEventListener("pointermove", move);
    handle.removeEventListener("pointerup", end);
    handle.removeEventListener("pointercancel", end);
  };
  handle.addEventListener("pointermove", move);
  handle.addEventListener("pointerup", end);
  handle.addEventListener("pointercancel", end);
}
