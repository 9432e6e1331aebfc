import { describe, expect, it } from "vitest";
import { type BusinessDate, businessDate, dayNumber, formatInstant, parseInstant } from "../time";
import { CALENDARS } from "./calendars";
import { acceptanceDate, businessDateOf, type CutOff, cutOffInstant, endOfDate } from "./cut-off";

const NEW_YORK = "America/New_York";
const d = (date: string) => date as BusinessDate;
const at = (text: string) => {
  const parsed = parseInstant(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
};

describe("a cut-off", () => {
  it.each<[CutOff, string, string]>([
    [{ time: "17:00", zone: "Europe/London" }, "2026-01-15", "2026-01-15T17:00:00.000000Z"],
    [{ time: "17:00", zone: "Europe/London" }, "2026-07-15", "2026-07-15T16:00:00.000000Z"],
    [{ time: "02:15", zone: NEW_YORK, dayOffset: 1 }, "2026-01-15", "2026-01-16T07:15:00.000000Z"],
    [{ time: "21:00", zone: NEW_YORK, dayOffset: -1 }, "2026-01-15", "2026-01-15T02:00:00.000000Z"],
    [{ time: "24:00", zone: "Asia/Kolkata" }, "2026-01-15", "2026-01-15T18:30:00.000000Z"],
    [{ time: "02:30", zone: NEW_YORK }, "2026-03-08", "2026-03-08T07:30:00.000000Z"], // in the gap: 03:30 on the clock
    [{ time: "01:30", zone: NEW_YORK }, "2026-11-01", "2026-11-01T05:30:00.000000Z"], // twice: the first
    [{ time: "02:15", zone: NEW_YORK, dayOffset: 1 }, "2026-03-07", "2026-03-08T07:15:00.000000Z"],
    [{ time: "24:00", zone: "America/Sao_Paulo" }, "2018-11-03", "2018-11-04T03:00:00.000000Z"], // midnight did not exist
  ])("%j of %s is %s", (cutOff, date, instant) => {
    expect(formatInstant(cutOffInstant(cutOff, d(date)))).toBe(instant);
  });

  it.each(["17", "25:00", "24:01", "7:00", "17:60", ""])("%j is refused", (time) => {
    expect(() => cutOffInstant({ time, zone: "UTC" }, d("2026-01-15"))).toThrow(
      expect.objectContaining({ code: "bad_cut_off" }),
    );
  });

  it("of a zone there is not is refused", () => {
    expect(() => cutOffInstant({ time: "17:00", zone: "Mars/Olympus" }, d("2026-01-15"))).toThrow(
      expect.objectContaining({ code: "unknown_zone" }),
    );
  });
});

describe("the business date of an instant", () => {
  const london: CutOff = { time: "17:00", zone: "Europe/London" };

  it.each([
    ["2026-01-15T16:59:59.999999Z", "2026-01-15"],
    ["2026-01-15T17:00:00Z", "2026-01-16"], // at the cut-off is late
    ["2026-07-15T15:59:59Z", "2026-07-15"],
    ["2026-07-15T16:00:00Z", "2026-07-16"],
    ["2026-07-14T23:30:00Z", "2026-07-15"], // already the 15th in London
  ])("%s counts for %s", (instant, date) => {
    expect(businessDateOf(at(instant), london)).toBe(date);
  });

  it("is the calendar day for a cut-off at 24:00, through a year in zones that change their clocks", () => {
    for (const zone of ["Europe/London", NEW_YORK, "Australia/Lord_Howe", "America/Sao_Paulo"]) {
      const wrong: string[] = [];
      const clock = new Intl.DateTimeFormat("en-CA", { timeZone: zone });
      for (let ms = Date.UTC(2018, 0, 1); ms < Date.UTC(2019, 0, 1); ms += 227 * 60_000) {
        const instant = BigInt(ms) * 1000n;
        const shown = clock.format(ms);
        if (businessDateOf(instant, { time: "24:00", zone }) !== shown) wrong.push(formatInstant(instant));
        if (instant >= endOfDate(d(shown), zone)) wrong.push(formatInstant(instant));
      }
      expect(wrong).toEqual([]);
    }
  });
});

describe("the acceptance date", () => {
  const fedAch: CutOff = { time: "02:15", zone: NEW_YORK, dayOffset: 1 };
  const fedwire: CutOff = { time: "18:45", zone: NEW_YORK };
  const eveBefore: CutOff = { time: "21:00", zone: NEW_YORK, dayOffset: -1 };
  const told = (instant: string, cutOff: CutOff) => {
    const { date, shifts } = acceptanceDate(at(instant), cutOff, CALENDARS.fed);
    return [date, ...shifts.map(({ kind, from, to, reason }) => `${kind} ${from} ${to} ${reason}`)];
  };

  it("is the day on the clock, with nothing to tell, before the cut-off of a business day", () => {
    expect(told("2026-11-20T20:00:00Z", fedwire)).toEqual(["2026-11-20"]);
  });

  it("ends with the last microsecond before the cut-off", () => {
    expect(told("2026-11-19T23:44:59.999999Z", fedwire)[0]).toBe("2026-11-19");
    expect(told("2026-11-19T23:45:00Z", fedwire)[0]).toBe("2026-11-20");
  });

  it("tells of the cut-off, then of the weekend", () => {
    expect(told("2026-11-21T00:00:00Z", fedwire)).toEqual([
      "2026-11-23",
      "cut_off 2026-11-20 2026-11-21 after the cut-off at 18:45 America/New_York",
      "weekend 2026-11-21 2026-11-23 weekend: Federal Reserve Banks closed",
    ]);
  });

  it("does not speak of a cut-off on a day that is closed anyway", () => {
    expect(told("2026-11-22T03:00:00Z", fedwire)).toEqual([
      "2026-11-23",
      "weekend 2026-11-21 2026-11-23 weekend: Federal Reserve Banks closed",
    ]);
  });

  it("tells a holiday after a weekend by its name", () => {
    expect(told("2026-05-23T15:00:00Z", fedwire)).toEqual([
      "2026-05-26",
      "weekend 2026-05-23 2026-05-25 weekend: Federal Reserve Banks closed",
      "holiday 2026-05-25 2026-05-26 Memorial Day: Federal Reserve Banks closed",
    ]);
  });

  it("is the day before, early in the morning, for a processing day that ends at night", () => {
    expect(told("2026-11-20T06:00:00Z", fedAch)).toEqual([
      "2026-11-19",
      "cut_off 2026-11-20 2026-11-19 before 02:15 America/New_York, the cut-off of the day before",
    ]);
    expect(told("2026-11-20T08:00:00Z", fedAch)).toEqual(["2026-11-20"]);
    expect(told("2026-11-23T06:00:00Z", fedAch)).toEqual(["2026-11-23"]); // there was no Sunday to count for
    expect(told("2026-11-21T06:00:00Z", fedAch)[0]).toBe("2026-11-20"); // Friday's night
  });

  it("is the first business day whose cut-off is ahead, whatever the hour, over a year with every clock change", () => {
    for (const calendar of [CALENDARS.fed, CALENDARS.target, CALENDARS.uk, CALENDARS.always]) {
      for (const cutOff of [fedAch, fedwire, eveBefore, { time: "24:00", zone: "Europe/London" }]) {
        const wrong: string[] = [];
        for (let hour = 0; hour < 366 * 24; hour += 7) {
          const instant = at("2026-01-01T00:10:00Z") + BigInt(hour) * 3_600_000_000n;
          let day = dayNumber(formatInstant(instant).slice(0, 10)) - 3;
          while (!calendar.isOpen(day) || instant >= cutOffInstant(cutOff, businessDate(day))) day++;
          const { date, shifts } = acceptanceDate(instant, cutOff, calendar);
          const joined = shifts.every((shift, index) => shift.to === (shifts[index + 1]?.from ?? date));
          if (date !== businessDate(day) || !joined) wrong.push(formatInstant(instant));
        }
        expect(wrong).toEqual([]);
      }
    }
  });
});
