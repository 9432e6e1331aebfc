import { useEffect, useRef } from "react";
import { moneyText } from "@/components/ui/money";
import { type CalendarDay, type CalendarMonth, PAYOUT_STATUSES } from "@/server/indexes/settlement/contract";
import classes from "../../_components/settlement.module.css";
import { STATUS_WORDS } from "../../_components/words";
import { weeksOf } from "./calendar-state";

const LINES_SHOWN = 3;
const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

interface MonthGridProps {
  readonly month: string;
  readonly data: CalendarMonth;
  readonly chosen: string | null;
  readonly onOpen: (day: string) => void;
}

/** A month of days; arrows move over them, enter opens the one that has the focus. */
export function MonthGrid({ month, data, chosen, onOpen }: MonthGridProps) {
  const days = new Map<string, CalendarDay[]>();
  for (const day of data.days) days.set(day.date, [...(days.get(day.date) ?? []), day]);
  const today = data.asOf.readAt.slice(0, 10);
  return (
    <table className={classes.grid} aria-label={`Payouts of ${month}`}>
      <thead>
        <tr>
          {WEEKDAYS.map((name) => (
            <th key={name} scope="col" abbr={name}>
              {name.slice(0, 3)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeksOf(month).map((week) => (
          <tr key={week[0]}>
            {week.map((date, place) => (
              <td key={date} data-weekend={place > 4}>
                {date.startsWith(month) && (
                  <Day
                    date={date}
                    rows={days.get(date) ?? []}
                    closed={data.closed.filter((one) => one.date === date)}
                    isToday={date === today}
                    isChosen={date === chosen}
                    onOpen={onOpen}
                  />
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface DayProps {
  readonly date: string;
  readonly rows: readonly CalendarDay[];
  readonly closed: CalendarMonth["closed"];
  readonly isToday: boolean;
  readonly isChosen: boolean;
  readonly onOpen: (day: string) => void;
}

function Day({ date, rows, closed, isToday, isChosen, onOpen }: DayProps) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isChosen) button.current?.focus({ preventScroll: false });
  }, [isChosen]);
  const count = (status: (typeof PAYOUT_STATUSES)[number]) => rows.reduce((sum, row) => sum + row.payouts[status], 0);
  const total = PAYOUT_STATUSES.reduce((sum, status) => sum + count(status), 0);
  const mix = PAYOUT_STATUSES.filter((status) => count(status) > 0);
  const label = `${date}: ${total === 0 ? "no payouts" : mix.map((status) => `${count(status)} ${status}`).join(", ")}`;
  return (
    <button
      ref={button}
      type="button"
      className={classes.day}
      aria-label={label}
      aria-pressed={isChosen}
      onClick={() => onOpen(date)}
    >
      <span className={classes.dayHead}>
        <b className={isToday ? classes.today : undefined}>{Number(date.slice(8))}</b>
        {total > 0 && <span className="dim tabular">{total.toLocaleString("en-US")}</span>}
      </span>
      {closed.length > 0 && (
        <span
          className={classes.closed}
          title={closed.map(({ calendar, name }) => `${name}: ${calendar} closed`).join("\n")}
        >
          {[...new Set(closed.map(({ name }) => name))].join(", ")}
        </span>
      )}
      {rows.slice(0, LINES_SHOWN).map((row) => (
        <span key={row.currency} className={classes.dayLine}>
          <span className="dim">{row.currency}</span>
          <span>{moneyText({ amountMinor: totalOf(row), currency: row.currency, exponent: row.exponent })}</span>
        </span>
      ))}
      {rows.length > LINES_SHOWN && (
        <span className={classes.dayLine}>
          <span className="dim">{rows.length - LINES_SHOWN} more</span>
        </span>
      )}
      <span className={classes.marks}>
        {mix
          .filter((status) => status === "held" || status === "late")
          .map((status) => (
            <span key={status} data-tone={STATUS_WORDS[status][0]}>
              {count(status)} {status}
            </span>
          ))}
      </span>
    </button>
  );
}

const totalOf = ({ netMinor }: CalendarDay): bigint =>
  PAYOUT_STATUSES.reduce((sum, status) => sum + netMinor[status], 0n);
