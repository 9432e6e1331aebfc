"use client";

import { MultiSelect, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { ALERT_RULES, ruleTitle, SEVERITIES, severityWord } from "../../_components/words";
import classes from "./queue.module.css";
import type { QueueFiltersProps } from "./queue-filters";

/** Rules, severities and assignee of the queue. */
export default function QueueChoices({ state, onChange }: Pick<QueueFiltersProps, "state" | "onChange">) {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.fraud.assignees.queryOptions(undefined, { staleTime: 60_000 }));
  const people = data?.people.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  return (
    <>
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
    </>
  );
}
