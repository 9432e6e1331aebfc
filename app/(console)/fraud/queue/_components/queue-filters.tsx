"use client";

import { Switch } from "@mantine/core";
import dynamic from "next/dynamic";
import { FilterInput } from "@/components/console/filter-input";
import type { QueuePage } from "@/server/indexes/fraud/contract";
import classes from "./queue.module.css";
import type { QueueState } from "./queue-state";
import { StatusTabs } from "./status-tabs";

// Lists that open weigh more than the rest of the page: they come behind it, into room that is kept for them.
const QueueChoices = dynamic(() => import("./queue-choices"), {
  ssr: false,
  loading: () => <span className={classes.choices} aria-hidden />,
});

export interface QueueFiltersProps {
  readonly state: QueueState;
  readonly onChange: (change: Partial<QueueState>) => void;
  readonly counts: QueuePage["byStatus"] | null;
  readonly snoozed: number;
}

/** Which alerts are in the queue. */
export function QueueFilters({ state, onChange, counts, snoozed }: QueueFiltersProps) {
  return (
    <div className={classes.filters}>
      <StatusTabs chosen={state.status} counts={counts} onChange={(status) => onChange({ status: [...status] })} />
      <FilterInput label="Id or last four digits" value={state.q} onChange={(q) => onChange({ q })} />
      <QueueChoices state={state} onChange={onChange} />
      <Switch
        size="xs"
        label={snoozed === 0 ? "Snoozed" : `Snoozed (${snoozed.toLocaleString("en-US")})`}
        checked={state.snoozed}
        onChange={(event) => onChange({ snoozed: event.currentTarget.checked })}
      />
    </div>
  );
}
