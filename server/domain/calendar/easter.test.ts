import { describe, expect, it } from "vitest";
import { businessDate } from "../time";
import { easterSunday } from "./easter";
import { SUNDAY, weekdayOf } from "./holidays";

/** J.-M. Oudin (1940), in Seidelmann, "Explanatory Supplement to the Astronomical Almanac", section 12.6: another way to the same day. */
function oudin(year: number): string {
  const div = (a: number, b: number) => Math.trunc(a / b);
  const century = div(year, 100);
  const golden = year % 19;
  let i = century - div(century, 4) - div(century - div(century - 17, 25), 3) + 19 * golden + 15;
  i -= 30 * div(i, 30);
  i -= div(i, 28) * (1 - div(i, 28) * div(29, i + 1) * div(21 - golden, 11));
  let j = year + div(year, 4) + i + 2 - century + div(century, 4);
  j -= 7 * div(j, 7);
  const month = 3 + div(i - j + 40, 44);
  const day = i - j + 28 - 31 * div(month, 4);
  return `${year}-0${month}-${String(day).padStart(2, "0")}`;
}

describe("easter", () => {
  it.each([
    "2000-04-23",
    "2008-03-23",
    "2011-04-24",
    "2019-04-21",
    "2024-03-31",
    "2025-04-20",
    "2026-04-05",
    "2038-04-25",
    "2049-04-18",
    "2100-03-28",
  ])("was or will be on %s", (date) => {
    expect(businessDate(easterSunday(Number(date.slice(0, 4))))).toBe(date);
  });

  it("is the Sunday an independent algorithm gives, for every year from 1900 to 2299", () => {
    for (let year = 1900; year < 2300; year++) {
      const day = easterSunday(year);
      expect(businessDate(day)).toBe(oudin(year));
      expect(weekdayOf(day)).toBe(SUNDAY);
    }
  });
});
