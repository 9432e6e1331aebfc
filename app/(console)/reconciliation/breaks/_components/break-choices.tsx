"use client";

import { MultiSelect, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { closeOf } from "../../_components/close-state";
import classes from "../../_components/reconciliation.module.css";
import { BREAK_KINDS, kindTitle } from "../../_components/words";
import type { BreakFiltersProps } from "./break-filters";

/** Kinds, account or rail, currency and assignee of the work list. */
export default function BreakChoices({ state, onChange }: Pick<BreakFiltersProps, "state" | "page" | "onChange">) {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.reconciliation.workers.queryOptions(undefined, { staleTime: 60_000 }));
  const day = useQuery(trpc.reconciliation.day.queryOptions(closeOf(state), { staleTime: 60_000 })).data;
  const distinct = (values: readonly (string | null)[], chosen: string | null) =>
    [...new Set([...values, chosen].flatMap((value) => value ?? []))].sort();
  const people = data?.people.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  return (
    <>
      <MultiSelect
        aria-label="Kinds"
        placeholder={state.kind.length === 0 ? "Every kind" : ""}
        size="xs"
        clearable
        searchable
        className={classes.kinds}
        data={BREAK_KINDS.map((kind) => ({ value: kind, label: kindTitle(kind) }))}
        value={state.kind}
        onChange={(kind) => onChange({ kind: BREAK_KINDS.filter((known) => kind.includes(known)) })}
      />
      <Select
        aria-label="Account"
        placeholder="Every account"
        clearable
        searchable
        w={136}
        data={distinct(day?.groups.map(({ account }) => account) ?? [], state.account)}
        value={state.account}
        onChange={(account) => onChange({ account })}
      />
      <Select
        aria-label="Currency"
        placeholder="Currency"
        clearable
        w={104}
        data={distinct(day?.groups.map(({ currency }) => currency) ?? [], state.currency)}
        value={state.currency}
        onChange={(currency) => onChange({ currency })}
      />
      <Select
        aria-label="Assignee"
        placeholder="Everybody"
        clearable
        w={116}
        data={[{ value: "me", label: "Me" }, { value: "nobody", label: "Nobody" }, ...people]}
        value={state.assignee}
        onChange={(assignee) => onChange({ assignee })}
      />
    </>
  );
}
