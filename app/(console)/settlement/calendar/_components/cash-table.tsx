import Link from "next/link";
import { type DataColumn, DataTable } from "@/components/tables/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { moneyText } from "@/components/ui/money";
import { Panel } from "@/components/ui/panel";
import {
  type CalendarDay,
  type CalendarMonth,
  PAYOUT_STATUSES,
  type PayoutStatus,
} from "@/server/indexes/settlement/contract";
import { hrefIn } from "../../_components/close-state";
import { STATUS_WORDS } from "../../_components/words";
import type { CalendarState } from "./calendar-state";

const keyOf = ({ date, currency }: CalendarDay): string => `${date}/${currency}`;

/** Cash needed per day and currency, and what of it is in which state. */
export function CashTable({
  data,
  state,
  exportHref,
}: {
  data: CalendarMonth;
  state: CalendarState;
  exportHref: string;
}) {
  return (
    <Panel title="Cash needed, per day and currency" flush>
      <DataTable
        id="settlement-cash"
        label="Cash needed"
        columns={columnsOf(state)}
        rows={data.days}
        rowKey={keyOf}
        total={data.days.length}
        exportHref={exportHref}
        keys={false}
        empty={
          <EmptyState title="Nothing leaves in this month">
            {data.available === null
              ? "No payout is known yet: the nightly close makes the schedule."
              : `Payouts are known from ${data.available.from} to ${data.available.to}.`}
          </EmptyState>
        }
        tools={data.undated.length > 0 && <Undated data={data} state={state} />}
      />
    </Panel>
  );
}

/** What holds without an end keep has no date, and is on no day. */
function Undated({ data, state }: { data: CalendarMonth; state: CalendarState }) {
  const sums = data.undated.map(
    ({ currency, exponent, netMinor, payouts }) =>
      `${moneyText({ amountMinor: netMinor, currency, exponent })} ${currency} (${payouts})`,
  );
  return (
    <Link href={hrefIn(state, "payouts", { status: "held" })} className="tabular">
      Held without a date: {sums.slice(0, 3).join(" · ")}
      {sums.length > 3 && ` and ${sums.length - 3} more currencies`}
    </Link>
  );
}

function columnsOf(state: CalendarState): readonly DataColumn<CalendarDay>[] {
  const filterOf = ({ date, currency }: CalendarDay, status?: PayoutStatus) => ({
    from: date,
    to: date,
    currency,
    ...(status === undefined ? {} : { status }),
  });
  const money = (
    key: string,
    header: string,
    of: (row: CalendarDay) => bigint,
    status?: PayoutStatus,
  ): DataColumn<CalendarDay> => {
    const textOf = (row: CalendarDay) =>
      moneyText({ amountMinor: of(row), currency: row.currency, exponent: row.exponent });
    return {
      key,
      header,
      width: 132,
      align: "right",
      render: (row) =>
        of(row) === 0n ? (
          <span className="dim">—</span>
        ) : (
          <Link href={hrefIn(state, "payouts", filterOf(row, status))} className="tabular" prefetch={false}>
            {textOf(row)}
          </Link>
        ),
      text: textOf,
    };
  };
  return [
    {
      key: "date",
      header: "Date",
      width: 104,
      render: ({ date }) => <span className="tabular">{date}</span>,
      text: ({ date }) => date,
    },
    {
      key: "currency",
      header: "Currency",
      width: 84,
      render: ({ currency }) => currency,
      text: ({ currency }) => currency,
    },
    money("needed", "Needed", ({ neededMinor }) => neededMinor),
    money("expected", "Approved, to settle", ({ expectedMinor }) => expectedMinor),
    ...PAYOUT_STATUSES.map((status) =>
      money(status, STATUS_WORDS[status][1], ({ netMinor }) => netMinor[status], status),
    ),
    {
      key: "payouts",
      header: "Payouts",
      width: 88,
      align: "right",
      render: (row) => (
        <span className="tabular">
          {PAYOUT_STATUSES.reduce((sum, status) => sum + row.payouts[status], 0).toLocaleString("en-US")}
        </span>
      ),
    },
    {
      key: "moved",
      header: "Moved",
      width: 80,
      align: "right",
      render: ({ moved }) => <span className="tabular">{moved.toLocaleString("en-US")}</span>,
    },
  ];
}
