"use client";

import { usePageKeys } from "@/components/console/use-page-keys";
import type { RowSelection } from "./selection";

export interface RowKeys<Row> {
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly activeKey: string | null;
  readonly onActivate: (row: Row) => void;
  readonly onOpen: ((row: Row) => void) | undefined;
  readonly selection: RowSelection | null;
  readonly enabled: boolean;
}

/** `j` and `k` move, `enter` opens, `x` selects. Gives the move by one row, for the arrows. */
export function useRowKeys<Row>(keys: RowKeys<Row>): (by: 1 | -1) => void {
  const { rows, rowKey, activeKey, onActivate, onOpen, selection, enabled } = keys;
  const here = rows.findIndex((row) => rowKey(row) === activeKey);
  const go = (by: 1 | -1) => {
    const next = rows[here < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, here + by))];
    if (next !== undefined) onActivate(next);
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
    run: () => active !== undefined && selection?.toggle(rowKey(active)),
  };
  usePageKeys(
    !enabled ? [] : [...move, ...(onOpen === undefined ? [] : [open]), ...(selection === null ? [] : [select])],
  );
  return go;
}
