import type { BusinessCalendar } from "../calendar/calendar";
import { CALENDARS } from "../calendar/calendars";
import { cutOffInstant, endOfDate } from "../calendar/cut-off";
import { addLags, type Shift } from "../calendar/shift";
import type { BusinessDate, Micros } from "../time";
import type { Rail, ReturnKind, ReturnWindow } from "./rail";

export type Returnable =
  | {
      readonly state: "until";
      readonly kind: ReturnKind;
      /** The last date on which it may be seen. */
      readonly date: BusinessDate;
      /** From this instant on no return of this kind is in time. */
      readonly overFrom: Micros;
      readonly shifts: readonly Shift[];
      readonly calendarVersion: string;
      readonly source: string;
    }
  /** The rules let it come back at any time, or set no limit. */
  | { readonly state: "open_ended"; readonly kind: ReturnKind; readonly source: string }
  /** Settlement is final; money comes back only as a new payment. */
  | { readonly state: "final" };

export interface ReturnOptions {
  readonly rail: Rail;
  readonly settledOn: BusinessDate;
  /** A Nacha return code, an ISO 20022 reason code…; without one, or with one no window names, the rail's ordinary returns. */
  readonly code?: string;
  readonly calendar?: BusinessCalendar;
}

/** The window a code falls in; null where the rail's settlement is final for it. */
export function returnWindowOf(rail: Rail, code?: string): ReturnWindow | null {
  const named = code === undefined ? undefined : rail.returns.find(({ codes }) => codes?.includes(code) === true);
  return named ?? rail.returns.find(({ codes }) => codes === null) ?? null;
}

/** Until when a settled payment may still come back; a return seen later is out of time and worth a question. */
export function returnableUntil(options: ReturnOptions): Returnable {
  const { rail, settledOn, code } = options;
  const window = code === undefined ? returnWindowOf(rail) : returnWindowOf(rail, code);
  if (window === null) return { state: "final" };
  if (window.lags === null) return { state: "open_ended", kind: window.kind, source: window.source };
  const calendar = options.calendar ?? CALENDARS[rail.bankCalendar ?? rail.calendar];
  const { date, shifts } = addLags(calendar, settledOn, window.lags);
  const overFrom =
    window.until === undefined
      ? endOfDate(date, rail.zone)
      : cutOffInstant({ time: window.until, zone: rail.zone }, date);
  return {
    state: "until",
    kind: window.kind,
    date,
    overFrom,
    shifts,
    calendarVersion: calendar.version,
    source: window.source,
  };
}
