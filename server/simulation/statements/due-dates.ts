import { addBusinessDays, addDays, roll } from "../../domain/calendar/business-days";
import type { BusinessCalendar } from "../../domain/calendar/calendar";
import { CALENDARS } from "../../domain/calendar/calendars";
import { invariant } from "../../domain/errors";
import { type DueRow, dueTable } from "../../domain/rails/due-table";
import type { Rail } from "../../domain/rails/rail";
import { type PaymentKind, railOf } from "../../domain/rails/rails";
import { type BusinessDate, businessDate, formatInstant } from "../../domain/time";

const DAY_MS = 86_400_000;
const DAYS_KEPT = 64;

/** When money that was settled at an instant is on a statement. */
export interface Due {
  readonly date: BusinessDate;
  /** The last instant before it is overdue, ISO 8601; null where no rail is known for type and currency. */
  readonly expectedBy: string | null;
  readonly calendar: BusinessCalendar;
}

/**
 * Booking dates: the last date the rail allows (`expectedBy` of server/domain/rails) from the instant of the SETTLED event.
 * A pair of type and currency without a rail books on the next weekday. Tables of three days are kept for the days at hand.
 */
export class DueDates {
  private readonly tables = new Map<string, DueRow[]>();

  due(type: PaymentKind, currency: string, atMs: number): Due {
    const rail = railOf(type, currency);
    const today = businessDate(Math.floor(atMs / DAY_MS));
    if (rail === null) {
      const calendar = CALENDARS.weekends;
      return { date: roll(calendar, today, "following"), expectedBy: null, calendar };
    }
    const at = BigInt(Math.floor(atMs)) * 1_000n;
    const row = this.tableOf(rail, today).find(({ from, until }) => from <= at && at < until);
    invariant(row !== undefined, `${rail.id} has no due date for ${today}.`);
    return { date: row.settlesOn, expectedBy: formatInstant(row.overdueFrom), calendar: CALENDARS[rail.calendar] };
  }

  /** A return is booked on the day it is known, or the first business day after it. */
  returned(type: PaymentKind, currency: string, atMs: number): BusinessDate {
    const rail = railOf(type, currency);
    const calendar = CALENDARS[rail?.bankCalendar ?? rail?.calendar ?? "weekends"];
    return roll(calendar, businessDate(Math.floor(atMs / DAY_MS)), "following");
  }

  later(due: Due, days: number): BusinessDate {
    return addBusinessDays(due.calendar, due.date, days);
  }

  /** So many business days after a date, where cards settle in that currency. */
  afterCard(currency: string, date: BusinessDate, days: number): BusinessDate {
    return addBusinessDays(CALENDARS[railOf("CARD", currency)?.calendar ?? "weekends"], date, days);
  }

  private tableOf(rail: Rail, date: BusinessDate): DueRow[] {
    const key = `${rail.id}/${date}`;
    const known = this.tables.get(key);
    if (known !== undefined) return known;
    const table = dueTable({ rail }, addDays(date, -1), addDays(date, 1));
    this.tables.set(key, table);
    for (const old of this.tables.keys()) {
      if (this.tables.size <= DAYS_KEPT * 16) break;
      this.tables.delete(old);
    }
    return table;
  }
}
