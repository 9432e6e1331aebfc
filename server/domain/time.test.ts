import { DateTime } from "luxon";
import { describe, expect, it } from "vitest";
import { businessDate, createZoneClock, dayNumber, formatInstant, parseInstant, parseLocal } from "./time";

const at = (text: string) => {
  const parsed = parseInstant(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
};
const local = (zone: string, text: string) => {
  const parsed = parseLocal(text);
  if (!parsed.ok) throw new Error(parsed.error);
  const micros = createZoneClock(zone).toInstant(parsed.value);
  return micros === null ? null : formatInstant(micros);
};

describe("instants", () => {
  it.each([
    ["2026-11-20T08:00:00Z", "2026-11-20T08:00:00.000000Z"],
    ["2026-11-20T08:00:00.123456789+05:30", "2026-11-20T02:30:00.123456Z"],
    ["2026-11-20 08:00-0330", "2026-11-20T11:30:00.000000Z"],
    ["1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"],
  ])("reads %s", (text, expected) => {
    expect(formatInstant(at(text))).toBe(expected);
  });

  it.each([
    "2026-02-30T00:00:00Z",
    "2026-11-20T24:00:00Z",
    "2026-11-20T08:00:00",
    "20261120",
    "2026-13-01T00:00:00Z",
    "",
  ])("refuses %j", (text) => {
    expect(parseInstant(text).ok).toBe(false);
  });
});

describe("zones", () => {
  it("moves a local time in a spring gap forward by the gap", () => {
    expect(local("Europe/London", "2011-03-27 01:30:00")).toBe("2011-03-27T01:30:00.000000Z");
    expect(local("America/New_York", "2026-03-08 02:30:00")).toBe("2026-03-08T07:30:00.000000Z");
  });

  it("takes the first of two equal local times in autumn", () => {
    expect(local("Europe/London", "2011-10-30 01:30:00")).toBe("2011-10-30T00:30:00.000000Z");
    expect(local("America/New_York", "2026-11-01 01:30:00")).toBe("2026-11-01T05:30:00.000000Z");
  });

  it.each(["Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "UTC"])(
    "agrees with luxon on the business day and the way back, every 37 minutes of 2011 in %s",
    (zone) => {
      const clock = createZoneClock(zone);
      for (let ms = Date.UTC(2011, 0, 1); ms < Date.UTC(2012, 0, 2); ms += 37 * 60_000) {
        const expected = DateTime.fromMillis(ms, { zone });
        expect(businessDate(clock.businessDay(BigInt(ms) * 1000n))).toBe(expected.toISODate());
        const parsed = parseLocal(expected.toFormat("yyyy-MM-dd HH:mm:ss"));
        const back = parsed.ok ? clock.toInstant(parsed.value) : null;
        const shown = DateTime.fromMillis(Number((back ?? 0n) / 1000n), { zone }).toFormat("yyyy-MM-dd HH:mm:ss");
        expect(shown).toBe(expected.toFormat("yyyy-MM-dd HH:mm:ss"));
      }
    },
  );

  it("refuses a zone that does not exist", () => {
    expect(() => createZoneClock("Europe/Londn")).toThrow(/not an IANA time zone/);
  });
});

describe("business dates", () => {
  it("go to day numbers and back, and refuse days that do not exist", () => {
    expect(businessDate(dayNumber("2000-02-29"))).toBe("2000-02-29");
    expect(dayNumber("1970-01-02")).toBe(1);
    expect(() => dayNumber("2026-02-29")).toThrow(/not a date/);
  });
});
