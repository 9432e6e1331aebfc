"use client";

import { type RefObject, useEffect, useState } from "react";

/** Rows kept above and below what is seen. */
const MARGIN_ROWS = 12;

export interface RowWindow {
  readonly from: number;
  readonly to: number;
}

/** Which rows of a scrolled list of equally high rows to draw, so that fifty thousand scroll like fifty. */
export function useWindow(scroller: RefObject<HTMLElement | null>, rows: number, rowHeight: number): RowWindow {
  const [seen, setSeen] = useState<RowWindow>({ from: 0, to: 60 });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const look = () => {
      const first = Math.floor(element.scrollTop / rowHeight);
      const last = Math.ceil((element.scrollTop + element.clientHeight) / rowHeight);
      setSeen((before) => {
        // Drawn again only when the edge comes near: scrolling inside the margin costs nothing.
        const near = first - MARGIN_ROWS / 2 < before.from || last + MARGIN_ROWS / 2 > before.to;
        return near ? { from: Math.max(0, first - MARGIN_ROWS), to: last + MARGIN_ROWS } : before;
      });
    };
    look();
    element.addEventListener("scroll", look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      observer.disconnect();
    };
  }, [scroller, rowHeight]);
  const to = Math.min(seen.to, rows);
  return { from: Math.min(seen.from, Math.max(0, to - 1)), to };
}
