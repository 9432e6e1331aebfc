import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type BusinessDate, businessDate, dayNumber } from "../time";
import { amended, type BusinessCalendar, unionOf, YEAR_FIRST, YEAR_LAST } from "./calendar";
import { CALENDARS } from "./calendars";
import { SATURDAY, SUNDAY, weekdayOf } from "./holidays";

const YEARS = Array.from({ length: YEAR_LAST - YEAR_FIRST + 1 }, (_, offset) => YEAR_FIRST + offset);
const d = (date: string) => date as BusinessDate;

function daysOf(year: number): number[] {
  const first = dayNumber(`${year}-01-01`);
  return Array.from({ length: dayNumber(`${year}-12-31`) - first + 1 }, (_, offset) => first + offset);
}

/** "01-20": the weekdays a calendar is closed on. */
const closedWeekdays = (calendar: BusinessCalendar, year: number): string =>
  daysOf(year)
    .filter((day) => calendar.closureOf(day)?.kind === "holiday")
    .map((day) => businessDate(day).slice(5))
    .join(" ");

const nameOn = (calendar: BusinessCalendar, date: string) => calendar.closureOf(dayNumber(date))?.name ?? null;

describe("the Federal Reserve calendar", () => {
  it.each([
    [2009, "01-01 01-19 02-16 05-25 09-07 10-12 11-11 11-26 12-25"],
    [2010, "01-01 01-18 02-15 05-31 07-05 09-06 10-11 11-11 11-25"],
    [2016, "01-01 01-18 02-15 05-30 07-04 09-05 10-10 11-11 11-24 12-26"],
    [2021, "01-01 01-18 02-15 05-31 07-05 09-06 10-11 11-11 11-25"],
    [2022, "01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26"],
    [2023, "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-23 12-25"],
    [2024, "01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25"],
    [2025, "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25"],
    [2026, "01-01 01-19 02-16 05-25 06-19 09-07 10-12 11-11 11-26 12-25"],
  ])("closes in %i as the Reserve Banks published", (year, days) => {
    expect(closedWeekdays(CALENDARS.fed, year)).toBe(days);
  });

  it("leaves the Friday before a Saturday holiday open, and closes the Monday after a Sunday one", () => {
    expect(nameOn(CALENDARS.fed, "2026-07-03")).toBeNull();
    expect(nameOn(CALENDARS.fed, "2021-12-24")).toBeNull();
    expect(nameOn(CALENDARS.fed, "2021-12-31")).toBeNull();
    expect(nameOn(CALENDARS.fed, "2021-07-05")).toBe("Independence Day (observed)");
  });

  it("knows Juneteenth only from 2022 on", () => {
    expect(nameOn(CALENDARS.fed, "2020-06-19")).toBeNull();
    expect(nameOn(CALENDARS.fed, "2021-06-18")).toBeNull();
    expect(nameOn(CALENDARS.fed, "2022-06-20")).toBe("Juneteenth National Independence Day (observed)");
  });

  it("stays open on days of mourning, as the Reserve Banks did", () => {
    for (const date of ["2004-06-11", "2007-01-02", "2018-12-05", "2025-01-09"]) {
      expect(nameOn(CALENDARS.fed, date)).toBeNull();
    }
  });
});

describe("the TARGET calendar", () => {
  it.each([
    [2000, "04-21 04-24 05-01 12-25 12-26"],
    [2001, "01-01 04-13 04-16 05-01 12-25 12-26 12-31"],
    [2002, "01-01 03-29 04-01 05-01 12-25 12-26"],
    [2008, "01-01 03-21 03-24 05-01 12-25 12-26"],
    [2011, "04-22 04-25 12-26"],
    [2024, "01-01 03-29 04-01 05-01 12-25 12-26"],
    [2025, "01-01 04-18 04-21 05-01 12-25 12-26"],
    [2026, "01-01 04-03 04-06 05-01 12-25"],
  ])("closes in %i as the ECB published", (year, days) => {
    expect(closedWeekdays(CALENDARS.target, year)).toBe(days);
  });

  it("is never closed on 31 December but in 2001", () => {
    const closed = YEARS.filter((year) => nameOn(CALENDARS.target, `${year}-12-31`)?.startsWith("Eve") === true);
    expect(closed).toEqual([2001]);
  });
});

describe("the calendar of England and Wales", () => {
  it.each([
    [2000, "01-03 04-21 04-24 05-01 05-29 08-28 12-25 12-26"],
    [2002, "01-01 03-29 04-01 05-06 06-03 06-04 08-26 12-25 12-26"],
    [2004, "01-01 04-09 04-12 05-03 05-31 08-30 12-27 12-28"],
    [2005, "01-03 03-25 03-28 05-02 05-30 08-29 12-26 12-27"],
    [2011, "01-03 04-22 04-25 04-29 05-02 05-30 08-29 12-26 12-27"],
    [2012, "01-02 04-06 04-09 05-07 06-04 06-05 08-27 12-25 12-26"],
    [2015, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"],
    [2020, "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28"],
    [2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28"],
    [2022, "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27"],
    [2023, "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26"],
    [2024, "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26"],
    [2025, "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26"],
    [2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"],
  ])("closes in %i as gov.uk published", (year, days) => {
    expect(closedWeekdays(CALENDARS.uk, year)).toBe(days);
  });

  it("names the substitute day for what it stands in for", () => {
    expect(nameOn(CALENDARS.uk, "2021-12-27")).toBe("Christmas Day (substitute day)");
    expect(nameOn(CALENDARS.uk, "2021-12-28")).toBe("Boxing Day (substitute day)");
    expect(nameOn(CALENDARS.uk, "2022-12-26")).toBe("Boxing Day");
    expect(nameOn(CALENDARS.uk, "2022-12-27")).toBe("Christmas Day (substitute day)");
  });
});

describe("every year from 2000 to 2100", () => {
  it("has as many closed weekdays as its rules allow", () => {
    for (const year of YEARS) {
      const count = (calendar: BusinessCalendar) => closedWeekdays(calendar, year).split(" ").length;
      expect(count(CALENDARS.fed)).toBeGreaterThanOrEqual(year >= 2022 ? 9 : 8);
      expect(count(CALENDARS.fed)).toBeLessThanOrEqual(year >= 2022 ? 11 : 10);
      expect(count(CALENDARS.target)).toBeGreaterThanOrEqual(3);
      expect(count(CALENDARS.target)).toBeLessThanOrEqual(year === 2001 ? 7 : 6);
      const once = { 2002: 9, 2011: 9, 2012: 9, 2022: 10, 2023: 9 }[year] ?? 8;
      expect(count(CALENDARS.uk)).toBe(once);
    }
  });

  it("closes all banks on weekends, on New Year's Day, and for four days at most (the Reserve Banks three)", () => {
    for (const calendar of [CALENDARS.fed, CALENDARS.target, CALENDARS.uk]) {
      const openWeekends: number[] = [];
      let run = 0;
      let longest = 0;
      for (const day of YEARS.flatMap(daysOf)) {
        const isWeekend = weekdayOf(day) === SATURDAY || weekdayOf(day) === SUNDAY;
        if (isWeekend && calendar.closureOf(day)?.kind !== "weekend") openWeekends.push(day);
        run = calendar.isOpen(day) ? 0 : run + 1;
        longest = Math.max(longest, run);
      }
      expect(openWeekends).toEqual([]);
      expect(longest).toBe(calendar === CALENDARS.fed ? 3 : 4);
      expect(YEARS.filter((year) => calendar.isOpen(dayNumber(`${year}-01-01`)))).toEqual([]);
    }
  });

  it("says open exactly where it gives no reason to be closed, and counts what is open", () => {
    for (const calendar of Object.values(CALENDARS)) {
      let open = 0;
      const wrong = YEARS.flatMap(daysOf).filter((day) => {
        const isOpen = calendar.closureOf(day) === null;
        const counted = calendar.openBefore(day) === open;
        if (isOpen) open++;
        return !counted || calendar.isOpen(day) !== isOpen || (isOpen && calendar.openAt(open - 1) !== day);
      });
      expect(wrong).toEqual([]);
      expect(open).toBeGreaterThan(25_000);
    }
  });
});

describe("a version", () => {
  const fingerprint = (calendar: BusinessCalendar): string => {
    const days = YEARS.map((year) => `${year}: ${closedWeekdays(calendar, year)}`);
    return createHash("sha256").update(days.join("\n")).digest("hex").slice(0, 16);
  };

  it.each([
    ["fed/1", "21ef7b3f5d7ca857"],
    ["target/1", "aab2925ebe8ab0f2"],
    ["uk/1", "a8b9464613785983"],
  ])("%s stands for the same closed days as ever", (version, days) => {
    const calendar = Object.values(CALENDARS).find((candidate) => candidate.version === version);
    expect(calendar === undefined ? null : fingerprint(calendar)).toBe(days);
  });
});

describe("calendars put together", () => {
  const both = unionOf([CALENDARS.fed, CALENDARS.target]);

  it("are open where each of them is, and say which one is closed", () => {
    for (const day of daysOf(2026)) {
      expect(both.isOpen(day)).toBe(CALENDARS.fed.isOpen(day) && CALENDARS.target.isOpen(day));
    }
    expect(nameOn(both, "2026-05-01")).toBe("Labour Day (target)");
    expect(nameOn(both, "2026-12-25")).toBe("Christmas Day (fed), Christmas Day (target)");
    expect(both.id).toBe("fed+target");
    expect(both.version).toBe("fed/1+target/1");
  });

  it("take a day an operator adds or opens, under a version of its own", () => {
    const uk = amended(CALENDARS.uk, "2031-jubilee", [
      { date: d("2031-06-02"), closedFor: "A jubilee" },
      { date: d("2031-05-26"), closedFor: null },
    ]);
    expect(nameOn(uk, "2031-06-02")).toBe("A jubilee");
    expect(uk.isOpen(dayNumber("2031-05-26"))).toBe(true);
    expect(CALENDARS.uk.isOpen(dayNumber("2031-05-26"))).toBe(false);
    expect(uk.version).toBe("uk/1+2031-jubilee");
  });
});

describe("a date outside 2000 to 2100", () => {
  it.each(["1999-12-31", "2101-01-01"])("is refused with its name: %s", (date) => {
    expect(() => CALENDARS.fed.isOpen(dayNumber(date))).toThrow(
      expect.objectContaining({ code: "calendar_out_of_range" }),
    );
    expect(() => CALENDARS.fed.closureOf(dayNumber(date))).toThrow(date);
  });

  it("is refused in an amendment too", () => {
    expect(() => amended(CALENDARS.uk, "x", [{ date: d("2101-01-01"), closedFor: "?" }])).toThrow("2101-01-01");
  });
});
