import { describe, expect, it } from "vitest";
import type { BusinessDate } from "../domain/time";
import { cronOf, endOfDateMs, lastEndedDate, nextNightlyMs, nightlyOf, parseNightly } from "./schedule";

const ms = (text: string): number => Date.parse(text);
const date = (text: string) => text as BusinessDate;

describe("the nightly schedule", () => {
  it("is one moment for all indexes, with exceptions and indexes that have none", () => {
    const schedule = parseNightly("02:00 Europe/London; settlement=03:30 America/New_York; spend=off");
    expect(nightlyOf(schedule, "reconciliation")).toEqual({ hour: 2, minute: 0, zone: "Europe/London" });
    expect(nightlyOf(schedule, "settlement")).toEqual({ hour: 3, minute: 30, zone: "America/New_York" });
    expect(nightlyOf(schedule, "spend")).toBeNull();
    expect(nightlyOf(parseNightly("off"), "spend")).toBeNull();
    expect(cronOf({ hour: 3, minute: 30, zone: "UTC" })).toBe("30 3 * * *");
  });

  it.each([
    ["25:00 UTC", /not a time/],
    ["02:00", /not a time/],
    ["02:00 Europe/Nowhere", /not an IANA time zone/],
    ["a b c", /not a time/],
  ])("%s is refused with the reason", (text, why) => {
    expect(() => parseNightly(text)).toThrow(why);
  });

  it.each([
    // now, next: an ordinary night, the minute itself, and both changes of the clock in London
    ["2026-11-20T21:00:00Z", "2026-11-21T02:00:00Z"],
    ["2026-11-21T02:00:00Z", "2026-11-22T02:00:00Z"],
    ["2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"],
    ["2026-10-24T12:00:00Z", "2026-10-25T02:00:00Z"],
    ["2026-07-01T00:30:00Z", "2026-07-01T01:00:00Z"],
  ])("after %s comes round at %s in London", (now, next) => {
    const at = nextNightlyMs({ hour: 2, minute: 0, zone: "Europe/London" }, ms(now));
    expect(new Date(at).toISOString()).toBe(next.replace("Z", ".000Z"));
  });
});

describe("a business date", () => {
  it("has ended when it has ended in every zone its events are dated in", () => {
    const zones = ["Asia/Kolkata", "UTC", "America/New_York"];
    expect(endOfDateMs(date("2026-03-07"), zones)).toBe(ms("2026-03-08T05:00:00Z"));
    expect(lastEndedDate(ms("2026-03-08T04:59:00Z"), zones)).toBe("2026-03-06");
    expect(lastEndedDate(ms("2026-03-08T05:00:00Z"), zones)).toBe("2026-03-07");
  });

  it.each([
    ["2026-03-29", "2026-03-29T23:00:00Z"],
    ["2026-10-25", "2026-10-26T00:00:00Z"],
    ["2028-02-29", "2028-03-01T00:00:00Z"],
  ])("%s ends at %s in London", (day, end) => {
    expect(endOfDateMs(date(day), ["Europe/London"])).toBe(ms(end));
    expect(lastEndedDate(ms(end), ["Europe/London"])).toBe(day);
    expect(lastEndedDate(ms(end) - 1, ["Europe/London"])).not.toBe(day);
  });
});
