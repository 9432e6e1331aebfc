import type { ReactNode } from "react";

/** One column of a table. */
export interface DataColumn<Row> {
  readonly key: string;
  readonly header: string;
  /** Pixels; a column without one takes what is left. */
  readonly width?: number;
  readonly align?: "left" | "right";
  /** The server can sort by it. */
  readonly sortable?: boolean;
  readonly render: (row: Row) => ReactNode;
  /** What copying the cell gives. */
  readonly text?: (row: Row) => string;
  /** Not shown until somebody asks for it. */
  readonly hidden?: boolean;
}

export interface DataSort {
  readonly key: string;
  readonly direction: "ascending" | "descending";
}
