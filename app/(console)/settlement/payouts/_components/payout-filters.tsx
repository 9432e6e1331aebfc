"use client";

import { NativeSelect, TextInput } from "@mantine/core";
import { FilterInput } from "@/components/console/filter-input";
import { moneyText } from "@/components/ui/money";
import {
  PAYOUT_STATUSES,
  type PayoutStatus,
  type PayoutsPage,
  SHIFT_KINDS,
} from "@/server/indexes/settlement/contract";
import classes from "../../_components/settlement.module.css";
import { SHIFT_WORDS, STATUS_WORDS } from "../../_components/words";
import type { PayoutsState } from "./payouts-state";

const TOTALS_SHOWN = 4;

interface PayoutFiltersProps {
  readonly state: PayoutsState;
  readonly page: PayoutsPage | undefined;
  readonly onChange: (change: Partial<PayoutsState>) => void;
}

/** Which payouts are in the list, and what they come to. */
export function PayoutFilters({ state, page, onChange }: PayoutFiltersProps) {
  const tabs: { label: string; status: PayoutStatus[] }[] = [
    { label: "All", status: [] },
    ...PAYOUT_STATUSES.map((status) => ({ label: STATUS_WORDS[status][1], status: [status] })),
  ];
  const countOf = (statuses: readonly PayoutStatus[]) =>
    (statuses.length === 0 ? PAYOUT_STATUSES : statuses).reduce(
      (sum, status) => sum + (page?.byStatus[status] ?? 0),
      0,
    );
  return (
    <div className={classes.filters}>
      <fieldset className={classes.tabs}>
        <legend className="visually-hidden">Status</legend>
        {tabs.map(({ label, status }) => (
          <button
            key={label}
            type="button"
            className={classes.tab}
            aria-pressed={state.status.join() === status.join()}
            onClick={() => onChange({ status })}
          >
            {label}
            {page !== undefined && <span className={classes.tabCount}>{countOf(status).toLocaleString("en-US")}</span>}
          </button>
        ))}
      </fieldset>
      <FilterInput label="Merchant or payout" value={state.q} onChange={(q) => onChange({ q })} />
      <DateInput label="From" value={state.from} onChange={(from) => onChange({ from })} />
      <DateInput label="To" value={state.to} onChange={(to) => onChange({ to })} />
      <NativeSelect
        size="xs"
        aria-label="Moved by"
        value={state.movedBy ?? ""}
        data={[
          { value: "", label: "Moved by anything" },
          ...SHIFT_KINDS.map((value) => ({ value, label: SHIFT_WORDS[value] })),
        ]}
        onChange={({ currentTarget }) =>
          onChange({ movedBy: SHIFT_KINDS.find((kind) => kind === currentTarget.value) ?? null })
        }
      />
      <Totals page={page} />
    </div>
  );
}

function Totals({ page }: { page: PayoutsPage | undefined }) {
  const totals = page?.totals ?? [];
  if (totals.length === 0) return null;
  return (
    <span className="dim tabular">
      {totals
        .slice(0, TOTALS_SHOWN)
        .map(
          ({ currency, exponent, netMinor }) =>
            `${moneyText({ amountMinor: netMinor, currency, exponent })} ${currency}`,
        )
        .join(" · ")}
      {totals.length > TOTALS_SHOWN && ` and ${totals.length - TOTALS_SHOWN} more currencies`}
    </span>
  );
}

interface DateInputProps {
  readonly label: string;
  readonly value: string | null;
  readonly onChange: (value: string | null) => void;
}

function DateInput({ label, value, onChange }: DateInputProps) {
  return (
    <TextInput
      type="date"
      size="xs"
      aria-label={label}
      value={value ?? ""}
      onChange={({ currentTarget }) => onChange(currentTarget.value === "" ? null : currentTarget.value)}
    />
  );
}
