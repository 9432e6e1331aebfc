"use client";

import type { CaseStatus, QueuePage } from "@/server/indexes/fraud/contract";
import { CASE_STATUSES, STATUS_WORDS } from "../../_components/words";
import classes from "./queue.module.css";

const OPEN: readonly CaseStatus[] = ["new", "assigned"];

export interface StatusTabsProps {
  readonly chosen: readonly CaseStatus[];
  /** Null until known. */
  readonly counts: QueuePage["byStatus"] | null;
  readonly onChange: (statuses: readonly CaseStatus[]) => void;
}

/** How many alerts stand in each state under the present filter; each figure shows its rows. */
export function StatusTabs({ chosen, counts, onChange }: StatusTabsProps) {
  const tabs = [
    { label: "Open", statuses: OPEN },
    ...CASE_STATUSES.map((status) => ({ label: STATUS_WORDS[status], statuses: [status] as readonly CaseStatus[] })),
    { label: "All", statuses: [] as readonly CaseStatus[] },
  ];
  return (
    <fieldset className={classes.tabs}>
      <legend className="visually-hidden">State of the case</legend>
      {tabs.map(({ label, statuses }) => (
        <button
          key={label}
          type="button"
          className={classes.tab}
          aria-pressed={same(chosen, statuses)}
          onClick={() => onChange(statuses)}
        >
          {label}
          {counts !== null && (
            <span className={classes.tabCount}>{countOf(counts, statuses).toLocaleString("en-US")}</span>
          )}
        </button>
      ))}
    </fieldset>
  );
}

const same = (a: readonly CaseStatus[], b: readonly CaseStatus[]): boolean =>
  a.length === b.length && a.every((status) => b.includes(status));

const countOf = (counts: QueuePage["byStatus"], statuses: readonly CaseStatus[]): number =>
  (statuses.length === 0 ? CASE_STATUSES : statuses).reduce((sum, status) => sum + (counts[status] ?? 0), 0);
