import { type inferParserType, parseAsString } from "nuqs/server";
import { closeOf, closeParsers, exportHref } from "../../_components/close-state";

export const calendarParsers = {
  ...closeParsers,
  month: parseAsString,
  currency: parseAsString,
  /** The day that is chosen. */
  day: parseAsString,
};
export type CalendarState = inferParserType<typeof calendarParsers>;

/** The month of the address, else that of today (UTC). */
export const monthOf = ({ month }: CalendarState): string =>
  month !== null && /^\d{4}-(0[1-9]|1[0-2])$/.test(month) ? month : new Date().toISOString().slice(0, 7);

export const queryOf = (state: CalendarState) => ({
  close: closeOf(state),
  month: monthOf(state),
  currency: state.currency?.length === 3 ? state.currency : null,
});

export const exportHrefOf = (state: CalendarState): string => exportHref("calendar", queryOf(state));

/** The month so many months on. */
export function monthFrom(month: string, by: number): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
}

/** The days of the weeks a month lies in, Monday first; dates as text. */
export function weeksOf(month: string): readonly (readonly string[])[] {
  const first = Date.parse(`${month}-01T00:00:00Z`);
  const last = Date.parse(`${monthFrom(month, 1)}-01T00:00:00Z`) - DAY_MS;
  const start = first - ((new Date(first).getUTCDay() + 6) % 7) * DAY_MS;
  const weeks: string[][] = [];
  for (let monday = start; monday <= last; monday += 7 * DAY_MS) {
    weeks.push(Array.from({ length: 7 }, (_, place) => dateText(monday + place * DAY_MS)));
  }
  return weeks;
}

const DAY_MS = 86_400_000;
const dateText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The date so many days on. */
export const dayFrom = (date: string, days: number): string =>
  dateText(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS);
