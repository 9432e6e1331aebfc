import { describe, expect, it } from "vitest";
import { type BusinessDate, businessDate, dayNumber } from "../time";
import { addBusinessDays, type RollConvention, roll } from "./business-days";
import { CALENDARS } from "./calendars";
import { addLags, rollWithReasons } from "./shift";

const d = (date: string) => date as BusinessDate;

describe("rolling with reasons", () => {
  it("tells each weekend and each run of holidays as one step", () => {
    const { date, shifts } = rollWithReasons(CALENDARS.uk, d("2021-12-25"));
    expect(date).toBe("2021-12-29");
    expect(shifts).toEqual([
      {
        kind: "weekend",
        from: "2021-12-25",
        to: "2021-12-27",
        reason: "weekend: England and Wales closed",
        closed: [
          { date: "2021-12-25", kind: "weekend", name: "Saturday" },
          { date: "2021-12-26", kind: "weekend", name: "Sunday" },
        ],
      },
      {
        kind: "holiday",
        from: "2021-12-27",
        to: "2021-12-29",
        reason: "Christmas Day (substitute day), Boxing Day (substitute day): England and Wales closed",
        closed: [
          { date: "2021-12-27", kind: "holiday", name: "Christmas Day (substitute day)" },
          { date: "2021-12-28", kind: "holiday", name: "Boxing Day (substitute day)" },
        ],
      },
    ]);
  });

  it("has nothing to tell of a business day", () => {
    expect(rollWithReasons(CALENDARS.uk, d("2026-11-20"))).toEqual({ date: "2026-11-20", shifts: [] });
  });

  it("arrives where rolling does, in steps that join, from every day of ten years and by every convention", () => {
    const conventions: RollConvention[] = [
      "following",
      "preceding",
      "modified_following",
      "modified_preceding",
      "none",
    ];
    for (const convention of conventions) {
      const wrong: string[] = [];
      for (let day = dayNumber("2020-01-01"); day < dayNumber("2030-01-01"); day++) {
        const start = businessDate(day);
        const { date, shifts } = rollWithReasons(CALENDARS.target, start, convention);
        const joined = [start, ...shifts.map(({ to }) => to)].every(
          (step, index) => step === (shifts[index]?.from ?? date),
        );
        const explained = shifts.every(({ closed, kind }) => closed.length > 0 && kind !== "lag");
        if (date !== roll(CALENDARS.target, start, convention) || !joined || !explained) wrong.push(start);
      }
      expect(wrong).toEqual([]);
    }
  });
});

describe("lags", () => {
  it("add up, each with its reason and the closed days it stepped over", () => {
    const { date, shifts } = addLags(CALENDARS.fed, d("2026-11-25"), [
      { unit: "business_days", count: 2, why: "to settle" },
      { unit: "calendar_days", count: 60, why: "to claim" },
      { unit: "months", count: 1, why: "to answer" },
      { unit: "business_days", count: 0, why: "nothing" },
    ]);
    expect(date).toBe("2027-02-28");
    expect(
      shifts.map(({ from, to, reason, closed }) => [from, to, reason, closed.map((day) => day.name).join(" ")]),
    ).toEqual([
      ["2026-11-25", "2026-11-30", "2 business days: to settle", "Thanksgiving Day Saturday Sunday"],
      ["2026-11-30", "2027-01-29", "60 calendar days: to claim", ""],
      ["2027-01-29", "2027-02-28", "1 month: to answer", ""],
    ]);
  });

  it("count the same business days as adding them does", () => {
    for (let day = dayNumber("2026-01-01"); day < dayNumber("2027-01-01"); day++) {
      const start = businessDate(day);
      const { date, shifts } = addLags(CALENDARS.uk, start, [{ unit: "business_days", count: 3, why: "x" }]);
      expect(date).toBe(addBusinessDays(CALENDARS.uk, start, 3));
      expect(dayNumber(date) - day).toBe(3 + (shifts[0]?.closed.length ?? 0));
    }
  });
});
