import { dayOf, type Holiday, lastWeekday, MONDAY, nthWeekday, SUNDAY, THURSDAY, weekdayOf } from "./holidays";

/** Juneteenth became a legal holiday on 17 June 2021, too late for that year's schedule: the Reserve Banks first closed for it in 2022. */
const JUNETEENTH_SINCE = 2022;

/**
 * Holidays of the Federal Reserve Banks, and so of FedACH and the Fedwire services: a holiday on a Sunday closes the
 * Monday after it, one on a Saturday leaves the Friday before it open.
 * Source: Federal Reserve Financial Services, "Holiday Schedules" (frbservices.org, footnotes on Saturday and Sunday); days by 5 U.S.C. 6103(a).
 */
export function fedHolidays(year: number): Holiday[] {
  const fixed = (name: string, month: number, day: number): Holiday => {
    const date = dayOf(year, month, day);
    return weekdayOf(date) === SUNDAY ? { day: date + 1, name: `${name} (observed)` } : { day: date, name };
  };
  const juneteenth = year >= JUNETEENTH_SINCE ? [fixed("Juneteenth National Independence Day", 6, 19)] : [];
  return [
    fixed("New Year's Day", 1, 1),
    { day: nthWeekday(year, 1, MONDAY, 3), name: "Birthday of Martin Luther King, Jr." },
    { day: nthWeekday(year, 2, MONDAY, 3), name: "Washington's Birthday" },
    { day: lastWeekday(year, 5, MONDAY), name: "Memorial Day" },
    ...juneteenth,
    fixed("Independence Day", 7, 4),
    { day: nthWeekday(year, 9, MONDAY, 1), name: "Labor Day" },
    { day: nthWeekday(year, 10, MONDAY, 2), name: "Columbus Day" },
    fixed("Veterans Day", 11, 11),
    { day: nthWeekday(year, 11, THURSDAY, 4), name: "Thanksgiving Day" },
    fixed("Christmas Day", 12, 25),
  ];
}
