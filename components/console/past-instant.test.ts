import { describe, expect, it } from "vitest";
import { instantInZone, instantOf, localInZone } from "./past-instant";

describe("an instant of the address", () => {
  it.each([
    ["2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z"],
    ["2026-11-20T08:00:00.123456Z", "2026-11-20T08:00:00.123456Z"],
    ["2026-11-20T08:00Z", "2026-11-20T08:00:00Z"],
    ["2026-11-20", null],
    ["2026-13-40T08:00:00Z", null],
    ["yesterday", null],
    [null, null],
  ])("%s is %s", (text, instant) => {
    expect(instantOf(text)).toBe(instant);
  });
});

describe("a clock's time in a zone", () => {
  it.each([
    ["2026-11-20T10:30", "UTC", "2026-11-20T10:30:00Z"],
    ["2026-11-20T10:30", "Asia/Kolkata", "2026-11-20T05:00:00Z"],
    ["2026-07-01T10:30", "Europe/London", "2026-07-01T09:30:00Z"],
    ["2026-11-20T10:30", "America/New_York", "2026-11-20T15:30:00Z"],
    // The night the clocks of London go back, before and after.
    ["2026-10-25T00:30", "Europe/London", "2026-10-24T23:30:00Z"],
    ["2026-10-25T03:00", "Europe/London", "2026-10-25T03:00:00Z"],
  ])("%s in %s is %s, and back", (local, zone, instant) => {
    expect(instantInZone(local, zone)).toBe(instant);
    expect(localInZone(instant, zone)).toBe(local);
  });

  it("a field somebody emptied is no instant", () => {
    expect(instantInZone("", "UTC")).toBeNull();
  });
});
