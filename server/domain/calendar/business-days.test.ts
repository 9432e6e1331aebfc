import { describe, expect, it } from "vitest";
import { type BusinessDate, businessDate, dayNumber } from "../time";
import {
  addBusinessDays,
  addDays,
  addMonths,
  businessDaysBetween,
  calendarRows,
  isBusinessDay,
  nextBusinessDay,
  previousBusinessDay,
  type RollConvention,
  roll,
} from "./business-days";
import { unionOf } from "./calendar";
import { CALENDARS } from "./calendars";

const d = (date: string) => date as BusinessDate;
const { fed, target, uk, always } = CALENDARS;

describe("adding business days", () => {
  it.each([
    ["fed", "2026-11-25", 1, "2026-11-27"], // over Thanksgiving
    ["fed", "2026-07-02", 1, "2026-07-03"], // the Friday before a Saturday holiday is open
    ["fed", "2026-07-04", 1, "2026-07-06"],
    ["fed", "2026-07-04", 2, "2026-07-07"],
    ["fed", "2026-07-04", -1, "2026-07-03"],
    ["fed", "2026-07-04", 0, "2026-07-06"],
    ["fed", "2026-07-06", 0, "2026-07-06"],
    ["target", "2026-04-02", 1, "2026-04-07"], // over Easter
    ["target", "2026-04-07", -1, "2026-04-02"],
    ["target", "2024-02-28", 1, "2024-02-29"],
    ["uk", "2022-06-01", 2, "2022-06-07"], // over the Platinum Jubilee
    ["uk", "2021-12-24", 1, "2021-12-29"],
    ["uk", "2021-12-24", 4, "2022-01-04"],
    ["always", "2026-12-24", 2, "2026-12-26"],
  ] as const)("%s: %s and %i is %s", (id, from, days, to) => {
    expect(addBusinessDays(CALENDARS[id], d(from), days)).toBe(to);
  });

  it("agrees with counting day by day, from every day of six years, in every calendar and a union", () => {
    for (const calendar of [fed, target, uk, always, unionOf([fed, uk])]) {
      const counted: string[] = [];
      const added: string[] = [];
      for (let day = dayNumber("2019-12-15"); day < dayNumber("2026-01-15"); day++) {
        let forward = day;
        let back = day;
        for (let count = 1; count <= 12; count++) {
          do forward++;
          while (!calendar.isOpen(forward));
          do back--;
          while (!calendar.isOpen(back));
          counted.push(businessDate(forward), businessDate(back));
          added.push(addBusinessDays(calendar, businessDate(day), count));
          added.push(addBusinessDays(calendar, businessDate(day), -count));
        }
      }
      expect(added).toEqual(counted);
    }
  });

  it("returns to the start where the start is a business day", () => {
    for (let day = dayNumber("2024-01-01"); day < dayNumber("2025-01-01"); day++) {
      if (!uk.isOpen(day)) continue;
      const start = businessDate(day);
      for (const count of [1, 5, 250]) {
        expect(addBusinessDays(uk, addBusinessDays(uk, start, count), -count)).toBe(start);
      }
    }
  });

  it("never leaves the years the calendar covers", () => {
    expect(() => nextBusinessDay(fed, d("2100-12-31"))).toThrow(
      expect.objectContaining({ code: "calendar_out_of_range" }),
    );
    expect(() => previousBusinessDay(fed, d("2000-01-03"))).toThrow(
      expect.objectContaining({ code: "calendar_out_of_range" }),
    );
    expect(() => nextBusinessDay(fed, d("2026-02-30"))).toThrow(expect.objectContaining({ code: "bad_business_date" }));
  });
});

describe("counting business days", () => {
  it.each([
    ["2026-11-20", "2026-11-20", 0],
    ["2026-11-20", "2026-11-21", 0],
    ["2026-11-20", "2026-11-23", 1],
    ["2026-11-21", "2026-11-23", 1],
    ["2026-11-23", "2026-11-30", 4], // Thanksgiving week
    ["2026-11-30", "2026-11-23", -4],
  ])("from %s to %s: %i", (from, to, days) => {
    expect(businessDaysBetween(fed, d(from), d(to))).toBe(days);
  });

  it("is the inverse of adding, and adds up over any day between", () => {
    const start = d("2025-12-19");
    for (let count = 0; count < 600; count++) {
      const end = addBusinessDays(target, start, count);
      expect(businessDaysBetween(target, start, end)).toBe(count);
      const middle = addDays(start, Math.floor(count / 3));
      expect(businessDaysBetween(target, start, middle) + businessDaysBetween(target, middle, end)).toBe(count);
    }
  });
});

describe("rolling", () => {
  it.each<[RollConvention, string, string]>([
    ["following", "2026-05-30", "2026-06-01"],
    ["modified_following", "2026-05-30", "2026-05-29"],
    ["preceding", "2026-05-30", "2026-05-29"],
    ["preceding", "2026-08-01", "2026-07-31"],
    ["modified_preceding", "2026-08-01", "2026-08-03"],
    ["modified_following", "2026-08-01", "2026-08-03"],
    ["none", "2026-05-30", "2026-05-30"],
    ["following", "2026-05-29", "2026-05-29"],
    ["modified_following", "2027-12-31", "2027-12-31"],
    ["modified_following", "2022-12-31", "2022-12-30"],
  ])("%s: %s becomes %s", (convention, from, to) => {
    expect(roll(fed, d(from), convention)).toBe(to);
  });

  it("gives a business day, and keeps the month where the convention is modified, for every day of the century", () => {
    const wrong: string[] = [];
    for (let day = dayNumber("2000-01-15"); day <= dayNumber("2100-12-01"); day++) {
      const date = businessDate(day);
      for (const convention of ["modified_following", "modified_preceding"] as const) {
        const rolled = roll(uk, date, convention);
        if (!isBusinessDay(uk, rolled) || rolled.slice(0, 7) !== date.slice(0, 7)) wrong.push(`${convention} ${date}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe("adding months", () => {
  it.each([
    ["2026-01-31", 1, "2026-02-28"],
    ["2024-01-31", 1, "2024-02-29"],
    ["2024-02-29", 12, "2025-02-28"],
    ["2026-11-20", 13, "2027-12-20"],
    ["2026-12-15", 1, "2027-01-15"],
    ["2026-01-15", -1, "2025-12-15"],
    ["2026-03-31", -13, "2025-02-28"],
  ])("%s and %i months is %s", (from, months, to) => {
    expect(addMonths(d(from), months)).toBe(to);
  });
});

describe("calendar rows", () => {
  it("say for each date what the functions say", () => {
    const rows = calendarRows(fed, d("2026-11-20"), d("2026-12-01"));
    expect(rows).toHaveLength(12);
    for (const row of rows) {
      expect(row.isBusinessDay).toBe(isBusinessDay(fed, row.date));
      expect(row.following).toBe(roll(fed, row.date, "following"));
      const first = rows[0]?.businessDayNumber ?? Number.NaN;
      expect(row.businessDayNumber - first).toBe(businessDaysBetween(fed, d("2026-11-20"), row.date));
    }
    expect(rows[6]?.closure).toEqual({ kind: "holiday", name: "Thanksgiving Day" });
  });

  it("reach to the last day the calendar covers", () => {
    expect(calendarRows(fed, d("2000-01-01"), d("2100-12-31"))).toHaveLength(36_890);
  });

  it("refuse a range that ends before it starts", () => {
    expect(() => calendarRows(fed, d("2026-02-01"), d("2026-01-01"))).toThrow(
      expect.objectContaining({ code: "bad_date_range" }),
    );
  });
});
