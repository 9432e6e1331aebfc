"use client";

import { Checkbox } from "@mantine/core";
import { type MouseEvent, memo } from "react";
import type { DataColumn } from "./column";
import classes from "./data-table.module.css";

export interface TableRowProps<Row> {
  readonly row: Row;
  readonly rowKey: string;
  readonly columns: readonly DataColumn<Row>[];
  /** Number of the row in the whole table, the head being 1. */
  readonly place: number;
  readonly active: boolean;
  readonly selected: boolean;
  readonly onSelect: (() => void) | undefined;
  readonly onOpen: ((row: Row) => void) | undefined;
  /** Column of the cell the arrows are on; null where they are on another row. */
  readonly cell: string | null;
  readonly onCopy: (text: string, header: string) => void;
}

/** A click inside a link or button is for that one, not for the row. */
const isControl = (target: EventTarget) =>
  target instanceof Element && target.closest("a, button, input, label") !== null;

function Row<Row>(props: TableRowProps<Row>) {
  const { row, rowKey, columns, place, active, selected, onSelect, onOpen, cell, onCopy } = props;
  const click = (event: MouseEvent) => {
    if (isControl(event.target) || window.getSelection()?.isCollapsed === false) return;
    onOpen?.(row);
  };
  return (
    <tr
      className={classes.row}
      data-active={active}
      data-selected={selected}
      data-opens={onOpen !== undefined}
      aria-rowindex={place}
      aria-current={active ? "true" : undefined}
      onClick={click}
    >
      {onSelect !== undefined && (
        <td className={classes.check}>
          <Checkbox size="xs" aria-label={`Select ${rowKey}`} checked={selected} onChange={onSelect} />
        </td>
      )}
      {columns.map(({ key, header, align = "left", render, text }) => (
        <td
          key={key}
          data-align={align}
          data-cell={key === cell ? "true" : undefined}
          {...(text === undefined
            ? {}
            : { title: `${text(row)}\nDouble-click copies`, onDoubleClick: () => onCopy(text(row), header) })}
        >
          {render(row)}
        </td>
      ))}
    </tr>
  );
}

export const TableRow = memo(Row) as typeof Row;
