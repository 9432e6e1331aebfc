import { easterSunday } from "./easter";
import { dayOf, type Holiday, lastWeekday, MONDAY, nthWeekday, SATURDAY, SUNDAY, weekdayOf } from "./holidays";

/** Regular holidays held on another day that year by royal proclamation: [month, day]. */
const EARLY_MAY_MOVED: Readonly<Record<number, readonly [number, number]>> = {
  2020: [5, 8], // 75 years since VE Day
};
const SPRING_MOVED: Readonly<Record<number, readonly [number, number]>> = {
  2002: [6, 4], // beside the Golden Jubilee
  2012: [6, 4], // beside the Diamond Jubilee
  2022: [6, 2], // beside the Platinum Jubilee
};

/** Holidays held once, by royal proclamation. */
const ONCE: Readonly<Record<number, readonly (readonly [number, number, string])[]>> = {
  2002: [[6, 3, "Golden Jubilee of Queen Elizabeth II"]],
  2011: [[4, 29, "Wedding of Prince William and Catherine Middleton"]],
  2012: [[6, 5, "Diamond Jubilee of Queen Elizabeth II"]],
  2022: [
    [6, 3, "Platinum Jubilee of Queen Elizabeth II"],
    [9, 19, "State Funeral of Queen Elizabeth II"],
  ],
  2023: [[5, 8, "Coronation of King Charles III"]],
};

/**
 * Bank holidays of England and Wales, on which Bacs, CHAPS and the Image Clearing System do not run. A New Year's, Christmas
 * or Boxing Day on a weekend is held on the next weekday that is not one already.
 * Sources: Banking and Financial Dealings Act 1971, section 1 and Schedule 1, paragraph 1 (with the proclamations it
 * provides for: New Year's Day, early May, substitutes, moved and single days); Good Friday and Christmas Day by
 * common law; lists at gov.uk/bank-holidays.
 */
export function ukHolidays(year: number): Holiday[] {
  const easter = easterSunday(year);
  const moved = (to: readonly [number, number] | undefined, regular: number): number =>
    to === undefined ? regular : dayOf(year, to[0], to[1]);
  return [
    newYear(year),
    { day: easter - 2, name: "Good Friday" },
    { day: easter + 1, name: "Easter Monday" },
    { day: moved(EARLY_MAY_MOVED[year], nthWeekday(year, 5, MONDAY, 1)), name: "Early May bank holiday" },
    { day: moved(SPRING_MOVED[year], lastWeekday(year, 5, MONDAY)), name: "Spring bank holiday" },
    ...(ONCE[year] ?? []).map(([month, day, name]) => ({ day: dayOf(year, month, day), name })),
    { day: lastWeekday(year, 8, MONDAY), name: "Summer bank holiday" },
    ...christmas(year),
  ];
}

function newYear(year: number): Holiday {
  const day = dayOf(year, 1, 1);
  const weekday = weekdayOf(day);
  if (weekday === SATURDAY) return { day: day + 2, name: "New Year's Day (substitute day)" };
  if (weekday === SUNDAY) return { day: day + 1, name: "New Year's Day (substitute day)" };
  return { day, name: "New Year's Day" };
}

/** On a Sunday 25th the Boxing Day Monday stays, and Christmas Day is made up for on the Tuesday. */
function christmas(year: number): Holiday[] {
  const day = dayOf(year, 12, 25);
  const weekday = weekdayOf(day);
  const christmasDay =
    weekday === SATURDAY || weekday === SUNDAY
      ? { day: day + 2, name: "Christmas Day (substitute day)" }
      : { day, name: "Christmas Day" };
  const boxing = weekdayOf(day + 1);
  const boxingDay =
    boxing === SATURDAY || boxing === SUNDAY
      ? { day: day + 3, name: "Boxing Day (substitute day)" }
      : { day: day + 1, name: "Boxing Day" };
  return [christmasDay, boxingDay];
}
