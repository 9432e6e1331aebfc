"use client";

import { Button } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import classes from "./operations.module.css";

const CLEAR_PX = 8;

export interface FootPanelProps {
  readonly label: string;
  readonly title: ReactNode;
  readonly actions?: ReactNode;
  /** Names what is open: with another one the page makes sure again that its row is seen. */
  readonly of: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** What is open of a list, at the foot of the window, so that no row of the list moves. */
export function FootPanel({ label, title, actions, of, onClose, children }: FootPanelProps) {
  const panel = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked at once for each thing that is opened.
  useEffect(() => {
    const row = document.querySelector('tr[data-active="true"]')?.getBoundingClientRect();
    const top = panel.current?.getBoundingClientRect().top;
    if (row === undefined || top === undefined) return;
    if (row.bottom > top - CLEAR_PX) window.scrollBy({ top: row.bottom - top + CLEAR_PX });
  }, [of]);
  return (
    <aside ref={panel} className={classes.record} aria-label={label}>
      <header className={classes.recordHead}>
        {title}
        <span className={classes.recordVerbs}>
          {actions}
          <Button variant="default" size="compact-sm" onClick={onClose}>
            Close
          </Button>
        </span>
      </header>
      {children}
    </aside>
  );
}
