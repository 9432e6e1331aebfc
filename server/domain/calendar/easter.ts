import { invariant } from "../errors";
import { dayNumberOf } from "../time";

/**
 * Easter Sunday of the Gregorian calendar as a day number, by the anonymous computus in the form of Meeus,
 * "Astronomical Algorithms", 2nd edition, chapter 8; it holds for every year from 1583 on.
 */
export function easterSunday(year: number): number {
  const golden = year % 19;
  const century = Math.floor(year / 100);
  const yearOfCentury = year % 100;
  const moonCorrection = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3);
  const epact = (19 * golden + century - Math.floor(century / 4) - moonCorrection + 15) % 30;
  const toSunday = (32 + 2 * (century % 4) + 2 * Math.floor(yearOfCentury / 4) - epact - (yearOfCentury % 4)) % 7;
  const lateMoon = Math.floor((golden + 11 * epact + 22 * toSunday) / 451);
  const sinceMarch = epact + toSunday - 7 * lateMoon + 114;
  const day = dayNumberOf(year, Math.floor(sinceMarch / 31), (sinceMarch % 31) + 1);
  invariant(day !== null, `Easter of ${year} is not a day of the calendar.`);
  return day;
}
