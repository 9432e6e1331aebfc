"use client";

import { ActionIcon, Button, NativeSelect } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useQueryStates } from "nuqs";
import { PageHeader } from "@/components/console/page-header";
import { usePageKeys } from "@/components/console/use-page-keys";
import { useTRPC } from "@/components/trpc/client";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { StaleBanner } from "@/components/ui/stale-banner";
import type { CalendarMonth } from "@/server/indexes/settlement/contract";
import { CloseNotes } from "../../_components/close-notes";
import { hrefIn } from "../../_components/close-state";
import classes from "../../_components/settlement.module.css";
import {
  type CalendarState,
  calendarParsers,
  dayFrom,
  exportHrefOf,
  monthFrom,
  monthOf,
  queryOf,
} from "./calendar-state";
import { CashTable } from "./cash-table";
import { MonthGrid } from "./month-grid";

/** The month: what leaves on which day, in which currency. */
export function CalendarPage() {
  const trpc = useTRPC();
  const router = useRouter();
  const [state, setState] = useQueryStates(calendarParsers, { history: "push" });
  const query = useQuery({
    ...trpc.settlement.calendar.queryOptions(queryOf(state)),
    placeholderData: (before) => before,
  });
  const month = monthOf(state);
  const change = (next: Partial<CalendarState>) => void setState(next);
  const choose = (day: string) => void setState({ day, month: day.slice(0, 7) }, { history: "replace" });
  const open = (day: string) => router.push(hrefIn(state, "payouts", dayFilter(day, state.currency)));
  const move = (days: number) => choose(state.day === null ? `${month}-01` : dayFrom(state.day, days));
  usePageKeys([
    { key: "arrowleft", label: "The day before", run: () => move(-1) },
    { key: "arrowright", label: "The day after", run: () => move(1) },
    { key: "arrowup", label: "The week before", run: () => move(-7) },
    { key: "arrowdown", label: "The week after", run: () => move(7) },
    { key: "[", label: "The month before", run: () => change({ month: monthFrom(month, -1), day: null }) },
    { key: "]", label: "The month after", run: () => change({ month: monthFrom(month, 1), day: null }) },
  ]);
  return (
    <>
      <PageHeader
        title="Payout calendar"
        asOf={query.data?.asOf}
        description="What leaves on which day, per currency. Open a day for its payouts and what moved them."
      />
      <CloseNotes close={query.data?.close} />
      {query.error !== null && query.data !== undefined && (
        <StaleBanner since={new Date(query.dataUpdatedAt).toISOString()} />
      )}
      <MonthTools month={month} state={state} data={query.data} onChange={change} />
      <QueryBoundary query={query} skeletonRows={14}>
        {(data) => (
          <>
            <MonthGrid month={month} data={data} chosen={state.day} onOpen={open} />
            <div className={classes.below}>
              <CashTable data={data} state={state} exportHref={exportHrefOf(state)} />
            </div>
          </>
        )}
      </QueryBoundary>
    </>
  );
}

const dayFilter = (day: string, currency: string | null): Record<string, string> => ({
  from: day,
  to: day,
  ...(currency === null ? {} : { currency }),
});

interface MonthToolsProps {
  readonly month: string;
  readonly state: CalendarState;
  readonly data: CalendarMonth | undefined;
  readonly onChange: (next: Partial<CalendarState>) => void;
}

function MonthTools({ month, state, data, onChange }: MonthToolsProps) {
  const go = (next: string) => onChange({ month: next, day: null });
  const name = new Date(`${month}-01T00:00:00Z`).toLocaleDateString("en-GB", {
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
  const currencies = [
    ...new Set([...(data?.days ?? []), ...(data?.undated ?? [])].map(({ currency }) => currency)),
  ].sort();
  const listed =
    state.currency === null || currencies.includes(state.currency) ? currencies : [state.currency, ...currencies];
  return (
    <div className={classes.filters}>
      <div className={classes.month}>
        <ActionIcon variant="default" aria-label="The month before" onClick={() => go(monthFrom(month, -1))}>
          <IconChevronLeft size={16} aria-hidden />
        </ActionIcon>
        <span className={classes.monthName} aria-live="polite">
          {name}
        </span>
        <ActionIcon variant="default" aria-label="The month after" onClick={() => go(monthFrom(month, 1))}>
          <IconChevronRight size={16} aria-hidden />
        </ActionIcon>
      </div>
      <Button variant="default" size="compact-sm" onClick={() => onChange({ month: null, day: null })}>
        This month
      </Button>
      <NativeSelect
        size="xs"
        aria-label="Currency"
        value={state.currency ?? ""}
        data={[{ value: "", label: "Every currency" }, ...listed.map((value) => ({ value, label: value }))]}
        onChange={({ currentTarget }) =>
          onChange({ currency: currentTarget.value === "" ? null : currentTarget.value })
        }
      />
    </div>
  );
}
