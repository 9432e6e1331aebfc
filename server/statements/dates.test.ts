import { describe, expect, it } from "vitest";
import type { BusinessDate } from "../domain/time";
import { formatInstant } from "../domain/time";
import { readReportTime } from "./csv/times";
import { nearestDate, nearestDayOfYear, readIsoDate, shortDate } from "./dates";

const day = (text: string) => text as BusinessDate;

describe("dates of statements", () => {
  it.each([
    ["261120", "2026-11-20"],
    ["791231", "2079-12-31"],
    ["800101", "1980-01-01"],
    ["240229", "2024-02-29"],
    ["230229", null],
    ["2611", null],
    ["26112x", null],
  ])("reads YYMMDD %s as %s", (text, expected) => {
    expect(shortDate(text)).toBe(expected);
  });

  it.each([
    ["0102", "2026-12-31", "2027-01-02"],
    ["1231", "2027-01-01", "2026-12-31"],
    ["0229", "2027-06-01", "2028-02-29"],
    ["1120", "2026-11-21", "2026-11-20"],
  ])("puts MMDD %s near %s at %s", (text, near, expected) => {
    expect(nearestDate(text, day(near), {})).toBe(expected);
  });

  it.each([
    [324, "2026-11-20", "2026-11-20"],
    [365, "2027-01-04", "2026-12-31"],
    [2, "2026-12-31", "2027-01-02"],
    [366, "2025-01-02", "2024-12-31"],
    [366, "2026-01-02", null],
    [0, "2026-01-02", null],
    [367, "2026-01-02", null],
  ])("puts day %i of the year near %s at %s", (number, near, expected) => {
    expect(nearestDayOfYear(number, day(near))).toBe(expected);
  });

  it.each([
    ["2026-11-20", "2026-11-20", null],
    ["2026-11-20+01:00", "2026-11-20", null],
    ["2026-11-20T00:30:00+01:00", "2026-11-20", "2026-11-19T23:30:00.000000Z"],
    ["2026-11-20T23:59:59.123456789Z", "2026-11-20", "2026-11-20T23:59:59.123456Z"],
    ["2025-07-23T00:00:00.000000000", "2025-07-23", null],
  ])("keeps the day written in %s and its instant", (text, date, at) => {
    const read = readIsoDate(text, {});
    expect([read.date, read.at === null ? null : formatInstant(read.at)]).toEqual([date, at]);
  });

  it.each(["2026-02-30", "2026-11-20T24:00:00Z", "20261120", "2026-11-20T25:00:00Z", "", "2026-11-20T08:00:00 Europe"])(
    "refuses %j",
    (text) => {
      expect(() => readIsoDate(text, {})).toThrow(/is not/);
    },
  );

  it.each([
    ["2026-10-25 02:30:00", "Europe/Amsterdam", "2026-10-25T00:30:00.000000Z"],
    ["2026-10-25 02:30:00", "CET", "2026-10-25T01:30:00.000000Z"],
    ["2026-07-01 12:00:00", "PST", "2026-07-01T20:00:00.000000Z"],
    ["2026-07-01 12:00:00", "America/Los_Angeles", "2026-07-01T19:00:00.000000Z"],
    ["2026-07-01", "+02:00", "2026-06-30T22:00:00.000000Z"],
    ["2026-07-01T12:00:00Z", "CET", "2026-07-01T12:00:00.000000Z"],
  ])("reads a report's time %s in %s as %s", (text, zone, expected) => {
    const read = readReportTime(text, zone, {});
    expect(formatInstant(read.at)).toBe(expected);
    expect(read.date).toBe(text.slice(0, 10));
  });
});
