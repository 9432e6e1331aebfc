"use client";

import dynamic from "next/dynamic";
import { FilterInput } from "@/components/console/filter-input";
import { moneyText } from "@/components/ui/money";
import type { BreakStatus, BreaksPage } from "@/server/indexes/reconciliation/contract";
import classes from "../../_components/reconciliation.module.css";
import { BREAK_STATUSES, STATUS_WORDS } from "../../_components/words";
import type { BreaksState } from "./breaks-state";

// Lists that open weigh more than the rest of the page: they come behind it, into room that is kept for them.
const BreakChoices = dynamic(() => import("./break-choices"), {
  ssr: false,
  loading: () => <span className={classes.choices} aria-hidden />,
});

export interface BreakFiltersProps {
  readonly state: BreaksState;
  readonly page: BreaksPage | null;
  readonly onChange: (change: Partial<BreaksState>) => void;
}

const VALUES_SHOWN = 4;

/** Which breaks are in the list, and what they come to. */
export function BreakFilters({ state, page, onChange }: BreakFiltersProps) {
  const tabs: { label: string; statuses: BreakStatus[] }[] = [
    ...BREAK_STATUSES.map((status) => ({ label: STATUS_WORDS[status], statuses: [status] })),
    { label: "All", statuses: [] },
  ];
  const values = page?.values ?? [];
  return (
    <div className={classes.filters}>
      <fieldset className={classes.tabs}>
        <legend className="visually-hidden">State of the break</legend>
        {tabs.map(({ label, statuses }) => (
          <button
            key={label}
            type="button"
            className={classes.tab}
            aria-pressed={state.status.join() === statuses.join()}
            onClick={() => onChange({ status: statuses })}
          >
            {label}
            {page !== null && (
              <span className={classes.tabCount}>{countOf(page, statuses).toLocaleString("en-US")}</span>
            )}
          </button>
        ))}
      </fieldset>
      <FilterInput label="Reference, payment, account" value={state.q} onChange={(q) => onChange({ q })} width={180} />
      <BreakChoices state={state} page={page} onChange={onChange} />
      {values.length > 0 && (
        <span className="dim tabular">
          {values
            .slice(0, VALUES_SHOWN)
            .map(
              ({ currency, exponent, valueMinor }) =>
                `${moneyText({ amountMinor: valueMinor, currency, exponent })} ${currency}`,
            )
            .join(" · ")}
          {values.length > VALUES_SHOWN && ` and ${values.length - VALUES_SHOWN} more currencies`}
        </span>
      )}
    </div>
  );
}

const countOf = ({ byStatus }: BreaksPage, statuses: readonly BreakStatus[]): number =>
  (statuses.length === 0 ? BREAK_STATUSES : statuses).reduce((sum, status) => sum + (byStatus[status] ?? 0), 0);
