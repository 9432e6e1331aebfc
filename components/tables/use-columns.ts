"use client";

import { useSyncExternalStore } from "react";
import type { ColumnArrangement } from "@/server/console/views-contract";

const STORED_UNDER = "concordance.columns.";
const WIDTH_MIN = 56;
const WIDTH_MAX = 2_000;

const NOTHING: ColumnArrangement = { order: [], hidden: [], shown: [], widths: {} };
const keysIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((key) => typeof key === "string") : [];

/** What was stored, without what is not as it should be. */
function arrangementOf(stored: unknown): ColumnArrangement {
  const { order, hidden, shown, widths }: Partial<Record<keyof ColumnArrangement, unknown>> =
    typeof stored === "object" && stored !== null ? stored : {};
  const sized = typeof widths === "object" && widths !== null ? Object.entries(widths) : [];
  return {
    order: keysIn(order),
    hidden: keysIn(hidden),
    shown: keysIn(shown),
    widths: Object.fromEntries(
      sized.filter(([, width]) => typeof width === "number" && width >= WIDTH_MIN && width <= WIDTH_MAX),
    ),
  };
}

const known = new Map<string, ColumnArrangement | null>();
const listeners = new Set<() => void>();

/** Null where nothing was arranged here. */
function read(id: string): ColumnArrangement | null {
  const before = known.get(id);
  if (before !== undefined) return before;
  let found: ColumnArrangement | null = null;
  try {
    const stored = window.localStorage.getItem(STORED_UNDER + id);
    if (stored !== null) found = arrangementOf(JSON.parse(stored));
  } catch {
    // Storage may be forbidden or hold something else: the columns stand as they were made.
  }
  known.set(id, found);
  return found;
}

function write(id: string, arrangement: ColumnArrangement | null): void {
  known.set(id, arrangement);
  try {
    if (arrangement === null) window.localStorage.removeItem(STORED_UNDER + id);
    else window.localStorage.setItem(STORED_UNDER + id, JSON.stringify(arrangement));
  } catch {
    // Kept for this tab only.
  }
  for (const tell of listeners) tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export interface ArrangeableColumn {
  readonly key: string;
  /** Pixels. */
  readonly width?: number;
  /** Not shown until somebody asks for it. */
  readonly hidden?: boolean;
}

export interface ArrangedColumns<Column> {
  /** Every column in the order chosen. */
  readonly all: readonly Column[];
  readonly visible: readonly Column[];
  /** Pixels; null where the column takes what is left. */
  widthOf(column: Column): number | null;
  toggle(key: string): void;
  /** Moves a column by so many places. */
  move(key: string, by: -1 | 1): void;
  resize(key: string, width: number): void;
  /** As the view has them; without a view, as they were made. */
  reset(): void;
  /** What a saved view keeps; null: as they were made. */
  readonly arrangement: ColumnArrangement | null;
  /** Arranged otherwise than the view, or the table, was made. */
  readonly changed: boolean;
}

/**
 * Columns as this person chose, ordered and sized them; remembered in this browser under the table's id, for each of its
 * saved views apart. `made` is what the view says, null without one.
 */
export function useColumns<Column extends ArrangeableColumn>(
  id: string,
  columns: readonly Column[],
  made: ColumnArrangement | null = null,
): ArrangedColumns<Column> {
  const own = useSyncExternalStore(
    subscribe,
    () => read(id),
    () => null,
  );
  const arrangement = own ?? made ?? NOTHING;
  const { order, hidden, shown, widths } = arrangement;
  const place = (key: string) => (order.includes(key) ? order.indexOf(key) : Number.POSITIVE_INFINITY);
  const all = columns
    .map((column, made) => ({ column, made }))
    .sort((a, b) =>
      place(a.column.key) === place(b.column.key) ? a.made - b.made : place(a.column.key) - place(b.column.key),
    )
    .map(({ column }) => column);
  const isVisible = ({ key, hidden: byDefault }: Column) =>
    byDefault === true ? shown.includes(key) : !hidden.includes(key);
  const without = (keys: readonly string[], key: string) => keys.filter((other) => other !== key);
  return {
    all,
    visible: all.filter(isVisible),
    widthOf: ({ key, width }) => widths[key] ?? width ?? null,
    toggle: (key) => {
      const column = columns.find((candidate) => candidate.key === key);
      if (column === undefined) return;
      const on = !isVisible(column);
      write(id, {
        ...arrangement,
        hidden: on ? without(hidden, key) : [...without(hidden, key), key],
        shown: on ? [...without(shown, key), key] : without(shown, key),
      });
    },
    move: (key, by) => {
      const keys = all.map((column) => column.key);
      const from = keys.indexOf(key);
      const to = from + by;
      if (from < 0 || to < 0 || to >= keys.length) return;
      keys.splice(to, 0, ...keys.splice(from, 1));
      write(id, { ...arrangement, order: keys });
    },
    resize: (key, width) =>
      write(id, { ...arrangement, widths: { ...widths, [key]: Math.max(WIDTH_MIN, Math.round(width)) } }),
    reset: () => write(id, null),
    arrangement: own ?? made,
    changed: own !== null && JSON.stringify(own) !== JSON.stringify(made ?? NOTHING),
  };
}
