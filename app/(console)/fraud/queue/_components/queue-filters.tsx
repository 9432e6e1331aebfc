"use client";

import { MultiSelect, Select, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { FilterInput } from "@/components/console/filter-input";
import { useTRPC } from "@/components/trpc/client";
import type { QueuePage } from "@/server/indexes/fraud/contract";
import { ALERT_RULES, ruleTitle, SEVERITIES, severityWord } from "../../_components/words";
import classes from "./queue.module.css";
import type { QueueState } from "./queue-state";
import { StatusTabs } from "./status-tabs";

export interface QueueFiltersProps {
  readonly state: QueueState;
  readonly onChange: (change: Partial<QueueState>) => void;
  readonly counts: QueuePage["byStatus"] | null;
  readonly snoozed: number;
}

/** Which alerts are in the queue. */
export function QueueFilters({ state, onChange, counts, snoozed }: QueueFiltersProps) {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.fraud.assignees.queryOptions(undefined, { staleTime: 60_000 }));
  const people = data?.people.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  return (
    <div className={classes.filters}>
      <StatusTabs chosen={state.status} counts={counts} onChange={(status) => onChange({ status: [...status] })} />
      <FilterInput label="Id or last four digits" value={state.q} onChange={(q) => onChange({ q })} />
      <MultiSelect
        aria-label="Rules"
        placeholder={state.rule.length === 0 ? "Every rule" : ""}
        size="xs"
        clearable
        className={classes.rules}
        data={ALERT_RULES.map((rule) => ({ value: rule, label: ruleTitle(rule) }))}
        value={state.rule}
        onChange={(rule) => onChange({ rule: ALERT_RULES.filter((known) => rule.includes(known)) })}
      />
      <MultiSelect
        aria-label="Severities"
        placeholder={state.severity.length === 0 ? "Every severity" : ""}
        size="xs"
        clearable
        className={classes.severities}
        data={SEVERITIES.map((severity) => ({ value: severity, label: severityWord(severity) }))}
        value={state.severity}
        onChange={(severity) => onChange({ severity: SEVERITIES.filter((known) => severity.includes(known)) })}
      />
      <Select
        aria-label="Assignee"
        placeholder="Everybody"
        clearable
        searchable
        className={classes.assignee}
        data={[{ value: "me", label: "Me" }, { value: "nobody", label: "Nobody" }, ...people]}
        value={state.assignee}
        onChange={(assignee) => onChange({ assignee })}
      />
      <Switch
        size="xs"
        label={snoozed === 0 ? "Snoozed" : `Snoozed (${snoozed.toLocaleString("en-US")})`}
        checked={state.snoozed}
        onChange={(event) => onChange({ snoozed: event.currentTarget.checked })}
      />
    </div>
  );
}
