"use client";

import { useSyncExternalStore } from "react";

const STORED_UNDER = "concordance.columns.";
const WIDTH_MIN = 56;
const WIDTH_MAX = 2_000;

interface Arrangement {
  /** Keys in the order chosen; columns made later come behind. */
  readonly order: readonly string[];
  readonly hidden: readonly string[];
  readonly shown: readonly string[];
  /** Pixels by key. */
  readonly widths: Readonly<Record<string, number>>;
}

const NOTHING: Arrangement = { order: [], hidden: [], shown: [], widths: {} };
const keysIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((key) => typeof key === "string") : [];

/** What was stored, without what is not as it should be. */
function arrangementOf(stored: unknown): Arrangement {
  const { order, hidden, shown, widths }: Partial<Record<keyof Arrangement, unknown>> =
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

const known = new Map<string, Arrangement>();
const listeners = new Set<() => void>();

function read(id: string): Arrangement {
  const before = known.get(id);
  if (before !== undefined) return before;
  let found = NOTHING;
  try {
    found = arrangementOf(JSON.parse(window.localStorage.getItem(STORED_UNDER + id) ?? "{}"));
  } catch {
    // Storage may be forbidden or hold something else: the columns stand as they were made.
  }
  known.set(id, found);
  return found;
}

function write(id: string, arrangement: Arrangement): void {
  known.set(id, arrangement);
  try {
    window.localStorage.setItem(STORED_UNDER + id, JSON.stringify(arrangement));
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
  reset(): void;
}

/** Columns as this person chose, ordered and sized them; remembered in this browser under the table's id. */
export function useColumns<Column extends ArrangeableColumn>(
  id: string,
  columns: readonly Column[],
): ArrangedColumns<Column> {
  const arrangement = useSyncExternalStore(
    subscribe,
    () => read(id),
    () => NOTHING,
  );
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
    reset: () => write(id, NOTHING),
  };
}
