import { describe, expect, it } from "vitest";
import { CALENDARS } from "../calendar/calendars";
import type { Shift } from "../calendar/shift";
import { type BusinessDate, parseInstant } from "../time";
import { afterHolds, type Hold, type PayoutTerms, payoutDateAt, payoutDateOf } from "./payout-date";

const d = (date: string) => date as BusinessDate;
const at = (text: string) => {
  const parsed = parseInstant(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
};
const TERMS: PayoutTerms = {
  cutOff: { time: "17:00", zone: "Europe/Berlin" },
  delayBusinessDays: 2,
  schedule: { every: "business_day" },
  calendar: CALENDARS.target,
  reserve: null,
};
const told = (shifts: readonly Shift[]) =>
  shifts.map(({ kind, from, to, reason }) => `${kind} ${from} ${to} ${reason}`);

describe("the payout of a sale", () => {
  it.each([
    // sold at, counts for, paid out on
    ["2026-11-16T15:59:59Z", "2026-11-16", "2026-11-18"],
    ["2026-11-16T16:00:00Z", "2026-11-17", "2026-11-19"], // 17:00 in Berlin
    ["2026-07-16T15:00:00Z", "2026-07-17", "2026-07-21"], // 17:00 in summer
    ["2026-11-21T12:00:00Z", "2026-11-21", "2026-11-24"], // a Saturday's sale: Monday, Tuesday
    ["2026-04-01T12:00:00Z", "2026-04-01", "2026-04-07"], // over Easter
    ["2026-12-31T20:00:00Z", "2027-01-01", "2027-01-05"],
  ])("at %s counts for %s and is paid on %s", (soldAt, businessDate, date) => {
    expect(payoutDateAt(TERMS, at(soldAt))).toMatchObject({ businessDate, date });
  });

  it("tells each shift: the cut-off, the days of the terms with what they stepped over, the schedule", () => {
    const terms: PayoutTerms = { ...TERMS, schedule: { every: "week", weekdays: [5], convention: "following" } };
    const { shifts } = payoutDateAt(terms, at("2026-04-23T18:00:00Z"));
    expect(told(shifts)).toEqual([
      "cut_off 2026-04-23 2026-04-24 after the cut-off at 17:00 Europe/Berlin",
      "lag 2026-04-24 2026-04-28 2 business days: payout terms T+2",
      "schedule 2026-04-28 2026-05-01 paid out weekly on Friday",
      "holiday 2026-05-01 2026-05-02 Labour Day: TARGET closed",
      "weekend 2026-05-02 2026-05-04 weekend: TARGET closed",
    ]);
    expect(shifts[1]?.closed.map(({ name }) => name)).toEqual(["Saturday", "Sunday"]);
  });

  it("on T+0 is the day itself, or the next business day", () => {
    const terms = { ...TERMS, delayBusinessDays: 0 };
    expect(payoutDateOf(terms, d("2026-11-20")).date).toBe("2026-11-20");
    expect(payoutDateOf(terms, d("2026-11-21")).date).toBe("2026-11-23");
  });

  it.each([
    [{ delayBusinessDays: -1 }],
    [{ delayBusinessDays: 1.5 }],
    [{ delayBusinessDays: 366 }],
    [{ reserve: { percent: { unscaled: 101n, scale: 0 }, calendarDays: 90 } }],
    [{ reserve: { percent: { unscaled: -1n, scale: 0 }, calendarDays: 90 } }],
    [{ reserve: { percent: { unscaled: 5n, scale: 0 }, calendarDays: 0 } }],
  ])("is refused for terms with %o", (wrong) => {
    expect(() => payoutDateOf({ ...TERMS, ...wrong }, d("2026-11-20"))).toThrow(
      expect.objectContaining({ code: "bad_payout_terms" }),
    );
  });
});

describe("a hold", () => {
  const hold = (from: string, until: string | null, reason = "chargebacks under review"): Hold => ({
    id: `${from}..${until}`,
    from: d(from),
    until: until === null ? null : d(until),
    reason,
  });

  it("without an end keeps a payout, and says which hold it is", () => {
    const outcome = afterHolds(TERMS, d("2026-11-20"), [hold("2026-11-20", null)]);
    expect(outcome).toMatchObject({ state: "held", hold: { reason: "chargebacks under review" } });
  });

  it("that was lifted moves a payout to the schedule's next date, weekend and all", () => {
    const outcome = afterHolds(TERMS, d("2026-11-18"), [hold("2026-11-16", "2026-11-21")]);
    expect(outcome).toMatchObject({ state: "pays", date: "2026-11-23" });
    expect(told(outcome.shifts)).toEqual([
      "hold 2026-11-18 2026-11-21 held: chargebacks under review",
      "weekend 2026-11-21 2026-11-23 weekend: TARGET closed",
    ]);
  });

  it("after another one moves it again", () => {
    const holds = [hold("2026-11-23", "2026-11-25", "second"), hold("2026-11-16", "2026-11-21", "first")];
    const outcome = afterHolds(TERMS, d("2026-11-18"), holds);
    expect(outcome).toMatchObject({ state: "pays", date: "2026-11-25" });
    expect(outcome.shifts.map(({ kind }) => kind)).toEqual(["hold", "weekend", "hold"]);
  });

  it.each([
    ["before it begins", "2026-11-19", null],
    ["on the date it was lifted", "2026-11-10", "2026-11-18"],
    ["that ends before it begins", "2026-11-18", "2026-11-18"],
  ])("does not touch a payout %s", (_, from, until) => {
    const start = until === null ? d("2026-11-18") : d("2026-11-18");
    expect(afterHolds(TERMS, start, [hold(from, until)])).toEqual({ state: "pays", date: "2026-11-18", shifts: [] });
  });
});
