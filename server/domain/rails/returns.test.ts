import { describe, expect, it } from "vitest";
import { type BusinessDate, businessDate, dayNumber, formatInstant } from "../time";
import { RAILS, type RailId } from "./rails";
import { returnableUntil } from "./returns";

const d = (date: string) => date as BusinessDate;
const until = (rail: RailId, settledOn: string, code?: string) =>
  returnableUntil({ rail: RAILS[rail], settledOn: d(settledOn), ...(code === undefined ? {} : { code }) });

describe("the date until which a payment may come back", () => {
  it.each<[RailId, string, string | undefined, string, string]>([
    ["ach_debit", "2026-11-20", "R01", "return", "2026-11-24"],
    ["ach_debit", "2026-11-24", "R01", "return", "2026-11-27"], // over Thanksgiving
    ["ach_debit", "2026-11-20", "R29", "return", "2026-11-24"], // corporate: two days
    ["ach_debit", "2026-11-20", undefined, "return", "2026-11-24"],
    ["ach_debit", "2026-01-05", "R10", "unauthorised", "2026-03-09"], // 60 days end on Friday 6 March
    ["ach_debit", "2026-01-06", "R05", "unauthorised", "2026-03-09"], // … and on Saturday 7 March
    ["ach_same_day", "2026-11-20", "R11", "unauthorised", "2027-01-20"], // Tuesday 19 January, the day after King's birthday
    ["check_us", "2026-11-24", undefined, "return", "2026-11-25"],
    ["sepa_credit_transfer", "2026-04-01", "AC04", "return", "2026-04-08"],
    ["sepa_credit_transfer", "2026-04-01", "FOCR", "recall", "2027-05-21"],
    ["sepa_instant", "2026-04-03", "FOCR", "recall", "2027-05-24"],
    ["sepa_direct_debit_core", "2026-04-01", "AM04", "return", "2026-04-10"],
    ["sepa_direct_debit_core", "2026-02-06", "MD06", "refund", "2026-04-08"], // eight weeks end on Good Friday
    ["sepa_direct_debit_core", "2026-01-15", "MD01", "unauthorised", "2027-03-23"],
    ["sepa_direct_debit_b2b", "2026-04-01", "AM04", "return", "2026-04-08"],
    ["bacs_direct_debit", "2026-11-18", "0", "return", "2026-11-23"],
    ["cheque_uk", "2026-11-23", undefined, "return", "2026-11-23"],
    ["card_eu", "2026-01-05", "4853", "chargeback", "2026-05-06"],
  ])("%s settled on %s, code %s: %s until %s", (rail, settledOn, code, kind, date) => {
    expect(until(rail, settledOn, code)).toMatchObject({ state: "until", kind, date });
  });

  it("ends at the hour the rule names, else with the date", () => {
    const check = until("check_us", "2026-11-24");
    const debit = until("ach_debit", "2026-11-20", "R01");
    expect(check.state === "until" ? formatInstant(check.overFrom) : null).toBe("2026-11-25T19:00:00.000000Z");
    expect(debit.state === "until" ? formatInstant(debit.overFrom) : null).toBe("2026-11-25T05:00:00.000000Z");
  });

  it("is told step by step", () => {
    const answer = until("sepa_direct_debit_core", "2026-02-06", "MD06");
    const steps = answer.state === "until" ? answer.shifts : [];
    expect(steps.map(({ from, to, reason }) => `${from} ${to} ${reason}`)).toEqual([
      "2026-02-06 2026-04-03 56 calendar days: the debtor may ask for the money back for eight weeks, giving no reason",
      "2026-04-03 2026-04-08 2 business days: the refund settles",
    ]);
  });

  it.each<[RailId, string]>([
    ["ach_debit", "R31"],
    ["ach_credit", "R23"],
    ["bacs_direct_debit", "DDICA"],
    ["bacs_credit", "0"],
  ])("%s with code %s has no end, and says why", (rail, code) => {
    const answer = until(rail, "2026-11-20", code);
    expect(answer.state).toBe("open_ended");
    expect(answer.state === "open_ended" ? answer.source.length : 0).toBeGreaterThan(20);
  });

  it.each<RailId>(["fedwire", "target2", "chaps", "rtp", "fednow", "faster_payments", "sepa_instant"])(
    "%s is final once settled",
    (rail) => {
      expect(until(rail, "2026-11-20")).toEqual({ state: "final" });
    },
  );

  it("is not before settlement, and not earlier for what settled later, for every day of 2024 to 2030", () => {
    for (const rail of Object.values(RAILS)) {
      for (const window of rail.returns) {
        if (window.lags === null) continue;
        const code = window.codes?.[0];
        const wrong: string[] = [];
        let before = "";
        for (let day = dayNumber("2024-01-01"); day < dayNumber("2031-01-01"); day++) {
          const settledOn = businessDate(day);
          const answer = returnableUntil({ rail, settledOn, ...(code === undefined ? {} : { code }) });
          const date = answer.state === "until" ? answer.date : "";
          if (date < settledOn || date < before) wrong.push(settledOn);
          before = date;
        }
        expect(wrong).toEqual([]);
      }
    }
  });
});
