import Link from "next/link";
import type { ReactNode } from "react";
import classes from "./stat-tile.module.css";
import type { Tone } from "./status-badge";

export interface StatTileProps {
  readonly label: string;
  readonly value: ReactNode;
  readonly hint?: ReactNode;
  /** Where the rows behind the figure are. */
  readonly href?: string;
  readonly tone?: Tone;
}

/** One figure with its name; with an address it is the door to its rows. */
export function StatTile({ label, value, hint, href, tone = "neutral" }: StatTileProps) {
  const content = (
    <>
      <span className={classes.label}>{label}</span>
      <span className={classes.value}>{value}</span>
      {hint !== undefined && <span className={classes.hint}>{hint}</span>}
    </>
  );
  if (href === undefined) {
    return (
      <div className={classes.tile} data-tone={tone}>
        {content}
      </div>
    );
  }
  return (
    <Link href={href} className={classes.tile} data-tone={tone}>
      {content}
    </Link>
  );
}

/** Tiles side by side, as many as fit. */
export function StatTiles({ children }: { children: ReactNode }) {
  return <div className={classes.tiles}>{children}</div>;
}
