import { describe, expect, it } from "vitest";
import { unionOf } from "../calendar/calendar";
import { CALENDARS } from "../calendar/calendars";
import { localDate } from "../calendar/cut-off";
import { type BusinessDate, dayNumber, formatInstant, parseInstant } from "../time";
import { type ExpectedOptions, expectedBy, termsOn } from "./expected";
import { businessDays } from "./rail";
import { RAILS, type RailId } from "./rails";

const d = (date: string) => date as BusinessDate;
const at = (text: string) => {
  const parsed = parseInstant(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
};
const expected = (rail: RailId, accepted: string, more: Partial<ExpectedOptions> = {}) =>
  expectedBy({ rail: RAILS[rail], accepted: accepted.length === 10 ? d(accepted) : at(accepted), ...more });
const told = (rail: RailId, accepted: string, more: Partial<ExpectedOptions> = {}) =>
  expected(rail, accepted, more).shifts.map(({ kind, from, to, reason }) => `${kind} ${from} ${to} ${reason}`);

describe("the date by which money must be seen", () => {
  it.each<[RailId, string, string, string]>([
    // rail, handed in, counts for, must be seen by the end of
    ["ach_credit", "2026-11-20T15:00:00Z", "2026-11-20", "2026-11-24"],
    ["ach_credit", "2026-11-25T15:00:00Z", "2026-11-25", "2026-11-30"], // Thanksgiving and a weekend between
    ["ach_credit", "2026-11-20T06:00:00Z", "2026-11-19", "2026-11-23"], // 01:00 in New York: Thursday's processing day
    ["ach_debit", "2026-07-02T15:00:00Z", "2026-07-02", "2026-07-03"], // the Friday before a Saturday 4 July is open
    ["ach_debit", "2026-07-03T15:00:00Z", "2026-07-03", "2026-07-06"],
    ["ach_debit", "2021-06-18T15:00:00Z", "2021-06-18", "2021-06-21"], // Juneteenth was no holiday of the Fed yet
    ["ach_debit", "2022-06-17T15:00:00Z", "2022-06-17", "2022-06-21"],
    ["ach_same_day", "2026-11-20T15:29:59Z", "2026-11-20", "2026-11-20"],
    ["ach_same_day", "2026-11-20T21:44:59Z", "2026-11-20", "2026-11-20"],
    ["ach_same_day", "2026-11-20T21:45:00Z", "2026-11-20", "2026-11-23"], // 16:45: the last window is closed
    ["ach_same_day", "2020-11-20T20:00:00Z", "2020-11-20", "2020-11-23"], // 15:00, before there was a third window
    ["ach_same_day", "2021-03-18T20:00:00Z", "2021-03-18", "2021-03-19"],
    ["ach_same_day", "2021-03-19T20:00:00Z", "2021-03-19", "2021-03-19"], // 16:00 on the third window's first day
    ["ach_same_day", "2015-11-20T15:00:00Z", "2015-11-20", "2015-11-23"], // before Same Day ACH
    ["fedwire", "2026-11-20T23:44:59Z", "2026-11-20", "2026-11-20"],
    ["fedwire", "2026-11-20T23:45:00Z", "2026-11-23", "2026-11-23"],
    ["fedwire", "2020-11-20T23:15:00Z", "2020-11-23", "2020-11-23"], // the deadline was 18:00 then
    ["fedwire", "2026-11-11T15:00:00Z", "2026-11-12", "2026-11-12"], // Veterans Day
    ["rtp", "2026-12-26T03:00:00Z", "2026-12-25", "2026-12-25"],
    ["rtp", "2026-12-26T04:59:50Z", "2026-12-25", "2026-12-26"], // its 15 seconds pass midnight in New York
    ["fednow", "2026-11-21T00:00:00Z", "2026-11-21", "2026-11-21"], // 19:00: Saturday's business day
    ["fednow", "2026-11-20T23:59:59Z", "2026-11-20", "2026-11-20"],
    ["check_us", "2026-11-20T18:59:00Z", "2026-11-20", "2026-11-24"],
    ["check_us", "2026-11-20T19:00:00Z", "2026-11-23", "2026-11-25"],
    ["target2", "2026-04-02T14:59:00Z", "2026-04-02", "2026-04-02"],
    ["target2", "2026-04-02T15:00:00Z", "2026-04-07", "2026-04-07"], // over Easter
    ["sepa_credit_transfer", "2026-04-02T10:00:00Z", "2026-04-02", "2026-04-07"],
    ["sepa_credit_transfer", "2026-04-30T15:00:00Z", "2026-05-04", "2026-05-05"], // late, 1 May and a weekend
    ["sepa_credit_transfer", "2010-06-01T10:00:00Z", "2010-06-01", "2010-06-04"], // three days until 2012
    ["sepa_instant", "2026-04-03T22:00:05Z", "2026-04-04", "2026-04-04"],
    ["sepa_direct_debit_core", "2026-11-20T10:00:00Z", "2026-11-20", "2026-11-23"],
    ["bacs_credit", "2026-11-18T22:29:00Z", "2026-11-18", "2026-11-20"],
    ["bacs_credit", "2026-11-18T22:30:00Z", "2026-11-19", "2026-11-23"],
    ["bacs_direct_debit", "2022-09-15T12:00:00Z", "2022-09-15", "2022-09-20"], // as Bacs published for the state funeral
    ["bacs_direct_debit", "2022-09-16T12:00:00Z", "2022-09-16", "2022-09-21"],
    ["bacs_direct_debit", "2022-09-20T12:00:00Z", "2022-09-20", "2022-09-22"],
    ["faster_payments", "2026-12-25T12:00:00Z", "2026-12-25", "2026-12-25"],
    ["faster_payments", "2026-12-25T22:30:00Z", "2026-12-25", "2026-12-26"],
    ["standing_order_uk", "2026-12-25", "2026-12-29", "2026-12-29"],
    ["chaps", "2026-07-15T16:39:00Z", "2026-07-15", "2026-07-15"],
    ["chaps", "2026-07-15T16:40:00Z", "2026-07-16", "2026-07-16"],
    ["chaps", "2015-07-15T15:30:00Z", "2015-07-16", "2015-07-16"], // 16:30, the deadline was 16:00 then
    ["chaps", "2016-06-17T15:30:00Z", "2016-06-20", "2016-06-20"],
    ["chaps", "2016-06-20T15:30:00Z", "2016-06-20", "2016-06-20"], // the first day of longer hours
    ["cheque_uk", "2026-11-20T12:00:00Z", "2026-11-20", "2026-11-23"],
    ["card_us", "2026-11-20T12:00:00Z", "2026-11-20", "2026-11-24"],
    ["card_eu", "2026-04-01T12:00:00Z", "2026-04-01", "2026-04-07"],
    ["card_uk", "2026-12-24T12:00:00Z", "2026-12-24", "2026-12-30"],
  ])("%s handed in at %s counts for %s and is due by %s", (rail, accepted, acceptedOn, date) => {
    const answer = expected(rail, accepted);
    expect([answer.acceptedOn, answer.date]).toEqual([acceptedOn, date]);
  });

  it.each<[RailId, string, string | null]>([
    ["ach_same_day", "2026-11-20T15:00:00Z", "2026-11-20T18:00:00.000000Z"], // first window: 13:00
    ["ach_same_day", "2026-11-20T15:30:00Z", "2026-11-20T22:00:00.000000Z"], // second: 17:00
    ["ach_same_day", "2026-11-20T19:45:00Z", "2026-11-20T23:00:00.000000Z"], // third: 18:00
    ["ach_same_day", "2026-07-10T14:00:00Z", "2026-07-10T17:00:00.000000Z"], // in summer time
    ["ach_credit", "2026-11-20T15:00:00Z", "2026-11-24T13:30:00.000000Z"],
    ["rtp", "2026-11-20T15:00:00Z", "2026-11-20T15:00:15.000000Z"],
    ["bacs_credit", "2026-07-15T15:00:00Z", "2026-07-17T08:30:00.000000Z"],
    ["fedwire", "2026-11-20T15:00:00Z", null],
  ])("%s handed in at %s settles at %s", (rail, accepted, settlesAt) => {
    const { settlesAt: micros } = expected(rail, accepted);
    expect(micros === null ? null : formatInstant(micros)).toBe(settlesAt);
  });

  it("ends with the date in the rail's own zone, also when the clocks change on it", () => {
    expect(formatInstant(expected("ach_debit", "2026-03-06").overdueFrom)).toBe("2026-03-10T04:00:00.000000Z");
    expect(formatInstant(expected("card_uk", "2026-11-18").overdueFrom)).toBe("2026-11-21T00:00:00.000000Z");
    expect(formatInstant(expected("rtp", "2026-03-08T12:00:00Z").overdueFrom)).toBe("2026-03-09T04:00:00.000000Z");
  });
});

describe("the reasons", () => {
  it("tell the way of a payment handed in too late before a holiday weekend, step by step", () => {
    expect(told("sepa_credit_transfer", "2026-04-30T15:00:00Z")).toEqual([
      "cut_off 2026-04-30 2026-05-01 after the cut-off at 16:00 Europe/Berlin",
      "holiday 2026-05-01 2026-05-02 Labour Day: TARGET closed",
      "weekend 2026-05-02 2026-05-04 weekend: TARGET closed",
      "lag 2026-05-04 2026-05-05 1 business day: the beneficiary's bank is credited by the end of the next business day",
    ]);
  });

  it("say that a same-day payment missed its last window, or was too large for it", () => {
    expect(told("ach_same_day", "2026-11-20T22:00:00Z")).toEqual([
      "cut_off 2026-11-20 2026-11-23 after the last same-day window at 16:45 America/New_York: 1 business day: settles at the opening of the next banking day",
    ]);
    expect(told("ach_same_day", "2026-11-20T15:00:00Z", { amountMinor: 100_000_001n })).toEqual([
      "limit 2026-11-20 2026-11-23 over the limit of a same-day payment: 1 business day: settles at the opening of the next banking day",
    ]);
    expect(told("ach_same_day", "2026-11-20T15:00:00Z", { amountMinor: 100_000_000n })).toEqual([]);
    expect(expected("ach_same_day", "2021-11-19T15:00:00Z", { amountMinor: 100_000_000n }).date).toBe("2021-11-22");
  });

  it("name the calendar's version and the rule's source", () => {
    const { calendarVersion, source } = expected("fedwire", "2026-11-20T15:00:00Z");
    expect(calendarVersion).toBe("fed/1");
    expect(source).toContain("6:45 p.m. ET");
  });
});

describe("what a contract or a bank sets", () => {
  it("takes the place of the rail's cut-off, days and calendar", () => {
    const answer = expected("card_uk", "2026-11-18T16:30:00Z", {
      cutOff: { time: "16:00", zone: "Europe/London" },
      settle: businessDays(5, "by contract"),
      calendar: unionOf([CALENDARS.uk, CALENDARS.fed]),
    });
    expect([answer.acceptedOn, answer.date]).toEqual(["2026-11-19", "2026-11-27"]); // over Thanksgiving
    expect(answer.calendarVersion).toBe("uk/1+fed/1");
  });

  it("moves a payment to the date asked for, and on from there where that is no business day", () => {
    expect(told("sepa_direct_debit_core", "2026-11-18T09:00:00Z", { requestedOn: d("2026-11-28") })).toEqual([
      "lag 2026-11-18 2026-11-19 1 business day: the debtor's bank has a collection one day before its due date",
      "schedule 2026-11-19 2026-11-28 not before the date asked for",
      "weekend 2026-11-28 2026-11-30 weekend: TARGET closed",
    ]);
    expect(expected("ach_credit", "2026-11-18T15:00:00Z", { requestedOn: d("2026-11-19") }).date).toBe("2026-11-20");
  });

  it("adds the days a statement takes", () => {
    const answer = expected("fedwire", "2026-11-20T15:00:00Z", { statement: businessDays(1, "prior-day statement") });
    expect([answer.settlesOn, answer.date]).toEqual(["2026-11-20", "2026-11-23"]);
  });
});

describe("every rail, every year from 2000 to 2100", () => {
  /** A step prime to days and weeks, so that all hours, weekdays and days of clock changes are met. */
  function* instants(): Generator<bigint> {
    const last = at("2100-11-15T00:00:00Z");
    const step = 401n * 3_600_000_000n + 60_000_000n;
    for (let micros = at("2000-01-04T00:00:00Z"); micros < last; micros += step) yield micros;
  }

  it.each(Object.entries(RAILS))(
    "%s: due on a business day, after it was handed in, no earlier for who hands in later, in steps that join",
    (_, rail) => {
      const calendar = CALENDARS[rail.calendar];
      const wrong: string[] = [];
      let before = { overdueFrom: 0n, terms: rail.terms[0] };
      for (const micros of instants()) {
        const answer = expectedBy({ rail, accepted: micros });
        const terms = termsOn(rail, localDate(micros, rail.zone));
        const { shifts, acceptedOn, settlesAt, overdueFrom, date } = answer;
        const sound =
          shifts.every((shift, index) => shift.to === (shifts[index + 1]?.from ?? date)) &&
          calendar.isOpen(dayNumber(acceptedOn)) &&
          calendar.isOpen(dayNumber(date)) &&
          date >= acceptedOn &&
          overdueFrom > micros &&
          (settlesAt === null || (settlesAt > micros && settlesAt < overdueFrom)) &&
          (terms !== before.terms || overdueFrom >= before.overdueFrom);
        if (!sound) wrong.push(formatInstant(micros));
        before = { overdueFrom, terms };
      }
      expect(wrong).toEqual([]);
    },
  );
});
