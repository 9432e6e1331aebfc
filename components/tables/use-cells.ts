"use client";

import { type RefObject, useEffect, useState } from "react";
import { usePageKeys } from "@/components/console/use-page-keys";
import type { DataColumn } from "./column";

export interface Cells<Row> {
  readonly columns: readonly DataColumn<Row>[];
  /** The row the keys are on; undefined where none is. */
  readonly active: Row | undefined;
  readonly scroller: RefObject<HTMLElement | null>;
  readonly enabled: boolean;
  readonly goRow: (by: 1 | -1) => void;
  readonly onCopy: (text: string, header: string) => void;
}

export interface CellHere {
  /** Column of the cell the arrows are on; null before the first arrow. */
  readonly column: string | null;
  /** Header and value of the cell, for who does not see it. */
  readonly said: string;
}

const CELL = 'tr[aria-current="true"] td[data-cell="true"]';

/** Arrows move from cell to cell, and `mod+C` copies the exact value of the one they are on. */
export function useCells<Row>({ columns, active, scroller, enabled, goRow, onCopy }: Cells<Row>): CellHere {
  const [column, setColumn] = useState<string | null>(null);
  const place = columns.findIndex(({ key }) => key === column);
  const here = columns[place];
  const textHere = (): string => {
    if (active === undefined || here === undefined) return "";
    return here.text?.(active) ?? scroller.current?.querySelector(CELL)?.textContent ?? "";
  };
  const go = (by: 1 | -1) => {
    if (active === undefined) goRow(1);
    const next = columns[place < 0 ? 0 : Math.min(columns.length - 1, Math.max(0, place + by))];
    setColumn(next?.key ?? null);
  };
  const inRow = [
    { key: "arrowright", label: "Cell to the right", run: () => go(1) },
    { key: "arrowleft", label: "Cell to the left", run: () => go(-1) },
  ];
  const onCell = [
    { key: "arrowdown", label: "Cell below", run: () => goRow(1) },
    { key: "arrowup", label: "Cell above", run: () => goRow(-1) },
    { key: "mod+c", label: "Copy the cell", run: () => onCopy(textHere(), here?.header ?? "") },
  ];
  usePageKeys(enabled ? [...inRow, ...(here === undefined || active === undefined ? [] : onCell)] : []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a move of the keys scrolls.
  useEffect(() => {
    if (column !== null) scroller.current?.querySelector(CELL)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [column, active]);
  const [said, setSaid] = useState("");
  // biome-ignore lint/correctness/useExhaustiveDependencies: told when the cell changes, not when its row is read again.
  useEffect(() => {
    setSaid(here === undefined || active === undefined ? "" : `${here.header}: ${textHere() || "empty"}`);
  }, [column, active]);
  return { column: here?.key ?? null, said };
}
