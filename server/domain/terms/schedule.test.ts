import { describe, expect, it } from "vitest";
import { CALENDARS } from "../calendar/calendars";
import { type BusinessDate, businessDate, dayNumber } from "../time";
import { nextPayoutDate, type PayoutSchedule } from "./schedule";

const d = (date: string) => date as BusinessDate;
const { fed, uk } = CALENDARS;
const daily: PayoutSchedule = { every: "business_day" };
const weekly = (...weekdays: number[]): PayoutSchedule => ({ every: "week", weekdays, convention: "following" });
const monthly = (...days: number[]): PayoutSchedule => ({ every: "month", days, convention: "following" });

describe("the next payout date", () => {
  it.each<[PayoutSchedule, string, string]>([
    [daily, "2026-11-25", "2026-11-25"],
    [daily, "2026-11-26", "2026-11-27"],
    [weekly(5), "2026-11-20", "2026-11-20"],
    [weekly(5), "2026-11-21", "2026-11-27"],
    [weekly(1, 4), "2026-11-24", "2026-11-27"], // Thanksgiving Thursday moves to Friday
    [weekly(1), "2026-05-25", "2026-05-26"], // Memorial Day
    [weekly(1), "2026-05-26", "2026-05-26"], // what is due on the moved day goes with it
    [weekly(1), "2026-05-27", "2026-06-01"],
    [monthly(1), "2026-07-15", "2026-08-03"], // 1 August is a Saturday
    [monthly(31), "2026-02-10", "2026-03-02"], // 28 February is a Saturday
    [monthly(15, 31), "2026-11-16", "2026-11-16"], // 15 November is a Sunday
    [monthly(15, 31), "2026-11-17", "2026-11-30"],
    [monthly(29), "2027-02-26", "2027-03-01"],
    [monthly(31), "2000-01-01", "2000-01-31"],
    [{ every: "month", days: [31], convention: "modified_following" }, "2026-02-10", "2026-02-27"],
    [{ every: "month", days: [31], convention: "modified_following" }, "2026-02-28", "2026-03-31"],
    [{ every: "week", weekdays: [6], convention: "preceding" }, "2026-11-20", "2026-11-20"],
    [{ every: "week", weekdays: [6], convention: "preceding" }, "2026-11-21", "2026-11-27"],
  ])("%j on or after %s is %s", (schedule, from, date) => {
    expect(nextPayoutDate(schedule, fed, d(from)).date).toBe(date);
  });

  it("tells what it waits for and what moved it", () => {
    const told = (schedule: PayoutSchedule, from: string) =>
      nextPayoutDate(schedule, fed, d(from)).shifts.map(
        (shift) => `${shift.kind} ${shift.from} ${shift.to} ${shift.reason}`,
      );
    expect(told(weekly(1, 4), "2026-11-24")).toEqual([
      "schedule 2026-11-24 2026-11-26 paid out weekly on Monday, Thursday",
      "holiday 2026-11-26 2026-11-27 Thanksgiving Day: Federal Reserve Banks closed",
    ]);
    expect(told(monthly(1), "2026-07-15")).toEqual([
      "schedule 2026-07-15 2026-08-01 paid out monthly on day 1",
      "weekend 2026-08-01 2026-08-03 weekend: Federal Reserve Banks closed",
    ]);
    expect(told(weekly(1), "2026-05-26")).toEqual([]);
  });

  it("is a business day, not before the date, never later for an earlier one, in steps that join, from every day of 2020 to 2031", () => {
    const schedules = [daily, weekly(1), weekly(2, 5), weekly(7), monthly(1), monthly(5, 20), monthly(31)];
    for (const schedule of [...schedules, { every: "month", days: [30], convention: "preceding" } as const]) {
      const wrong: string[] = [];
      let before = "";
      for (let day = dayNumber("2020-01-01"); day < dayNumber("2031-01-01"); day++) {
        const from = businessDate(day);
        const { date, shifts } = nextPayoutDate(schedule, uk, from);
        const steps = [from, ...shifts.map(({ to }) => to)];
        const joined = steps.every((step, index) => step === (shifts[index]?.from ?? date));
        if (!uk.isOpen(dayNumber(date)) || date < from || date < before || !joined) wrong.push(from);
        before = date;
      }
      expect(wrong).toEqual([]);
    }
  });

  it.each<[PayoutSchedule]>([
    [weekly()],
    [weekly(0)],
    [weekly(8)],
    [monthly(32)],
    [monthly(1.5)],
    [{ every: "week", weekdays: [6], convention: "none" }],
  ])("of %j is refused", (schedule) => {
    expect(() => nextPayoutDate(schedule, fed, d("2026-11-20"))).toThrow(
      expect.objectContaining({ code: "bad_payout_schedule" }),
    );
  });
});
