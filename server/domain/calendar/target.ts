import { easterSunday } from "./easter";
import { dayOf, type Holiday } from "./holidays";

/** The one closing day outside the lasting list: the eve of the euro cash changeover. */
const CHANGEOVER_YEAR = 2001;

/**
 * Closing days of TARGET, TARGET2 (from 2007) and T2 (from 2023); none is moved when it falls on a weekend.
 * Sources: ECB press releases "TARGET closing days in 2000" (15 July 1999), for 2001 the annual calendar with
 * 31 December 2001 in addition, and "Long-term calendar for TARGET closing days" (14 December 2000; from 2002 until
 * further notice; taken over by Guideline ECB/2022/8, Annex I, Appendix V, for T2).
 */
export function targetHolidays(year: number): Holiday[] {
  const easter = easterSunday(year);
  const changeover =
    year === CHANGEOVER_YEAR ? [{ day: dayOf(year, 12, 31), name: "Eve of the euro cash changeover" }] : [];
  return [
    { day: dayOf(year, 1, 1), name: "New Year's Day" },
    { day: easter - 2, name: "Good Friday" },
    { day: easter + 1, name: "Easter Monday" },
    { day: dayOf(year, 5, 1), name: "Labour Day" },
    { day: dayOf(year, 12, 25), name: "Christmas Day" },
    { day: dayOf(year, 12, 26), name: "Christmas Holiday" },
    ...changeover,
  ];
}
