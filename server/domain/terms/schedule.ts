import { addMonths, dateInMonth, type RollConvention, roll } from "../calendar/business-days";
import { type BusinessCalendar, YEAR_FIRST } from "../calendar/calendar";
import { dayOf, SUNDAY, weekdayOf } from "../calendar/holidays";
import { rollWithReasons, type Shift, type Shifted } from "../calendar/shift";
import { ConcordanceError, invariant } from "../errors";
import { type BusinessDate, businessDate, dayNumber } from "../time";

/** On which days a merchant is paid out; what is not a business day is moved by the convention. */
export type PayoutSchedule =
  | { readonly every: "business_day" }
  /** Weekdays of ISO 8601: 1 Monday … 7 Sunday. */
  | { readonly every: "week"; readonly weekdays: readonly number[]; readonly convention: RollConvention }
  /** Days of the month, 1 … 31; one that a month does not have is its last. */
  | { readonly every: "month"; readonly days: readonly number[]; readonly convention: RollConvention };

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
/** A date moved by a convention goes no further than this from where it was. */
const ROLL_DAYS_MAX = 10;
/** From any date there is a day of the schedule within this many. */
const DAYS_AHEAD_MAX = 31;
const DAY_FIRST = dayOf(YEAR_FIRST, 1, 1);

/** Throws `bad_payout_schedule` where the schedule names no day or one there is not, or leaves it on closed days. */
export function checkSchedule(schedule: PayoutSchedule): void {
  if (schedule.every === "business_day") return;
  const [days, last] = schedule.every === "week" ? [schedule.weekdays, 7] : [schedule.days, 31];
  const isSound = days.length > 0 && days.every((day) => Number.isInteger(day) && day >= 1 && day <= last);
  if (isSound && schedule.convention !== "none") return;
  throw new ConcordanceError({
    kind: "config",
    code: "bad_payout_schedule",
    message: isSound
      ? "A payout schedule must move payouts off closed days."
      : `"${days.join(", ")}" are no days of a ${schedule.every} to pay out on.`,
    remedy: `Name days from 1 to ${last}, and a convention such as "following".`,
  });
}

/** The first payout date on or after a date, and what it waits for. */
export function nextPayoutDate(schedule: PayoutSchedule, calendar: BusinessCalendar, from: BusinessDate): Shifted {
  checkSchedule(schedule);
  if (schedule.every === "business_day") return rollWithReasons(calendar, from);
  const { convention } = schedule;
  const nominal = nominalDates(schedule, from).find((candidate) => roll(calendar, candidate, convention) >= from);
  invariant(nominal !== undefined, `No payout date within ${DAYS_AHEAD_MAX} days after ${from}.`);
  const rolled = rollWithReasons(calendar, nominal, convention);
  const wait = (to: BusinessDate): Shift[] =>
    from === to ? [] : [{ kind: "schedule", from, to, reason: scheduleText(schedule), closed: [] }];
  // What was due before `from` and is made up for on a later day takes along what is due by then.
  if (nominal < from) return { date: rolled.date, shifts: wait(rolled.date) };
  return { date: rolled.date, shifts: [...wait(nominal), ...rolled.shifts] };
}

type Periodic = Exclude<PayoutSchedule, { every: "business_day" }>;

/** The days of the schedule about a date, in order; moving them by a convention keeps the order. */
function nominalDates(schedule: Periodic, from: BusinessDate): BusinessDate[] {
  const start = Math.max(dayNumber(from) - ROLL_DAYS_MAX, DAY_FIRST);
  const end = dayNumber(from) + DAYS_AHEAD_MAX + ROLL_DAYS_MAX;
  if (schedule.every === "month") {
    const months = [businessDate(start), addMonths(from, 0), addMonths(from, 1), addMonths(from, 2)];
    const dates = months.flatMap((month) =>
      schedule.days.map((day) => dateInMonth(Number(month.slice(0, 4)), Number(month.slice(5, 7)), day)),
    );
    return [...new Set(dates)].sort().filter((date) => dayNumber(date) >= start && dayNumber(date) <= end);
  }
  const dates: BusinessDate[] = [];
  for (let day = start; day <= end; day++) {
    const weekday = weekdayOf(day);
    if (schedule.weekdays.includes(weekday === SUNDAY ? 7 : weekday)) dates.push(businessDate(day));
  }
  return dates;
}

function scheduleText(schedule: Periodic): string {
  if (schedule.every === "month") return `paid out monthly on day ${schedule.days.join(", ")}`;
  return `paid out weekly on ${schedule.weekdays.map((day) => WEEKDAYS[day - 1]).join(", ")}`;
}
