import { describe, expect, it } from "vitest";
import { formatInstant, parseInstant } from "../../domain/time";
import { compilePattern, parseZulu, patternFault } from "./time-text";

describe("parseZulu", () => {
  it("agrees with the general reader wherever it reads at all", () => {
    for (let run = 0; run < 20_000; run++) {
      const micros = BigInt(run) * 104_729_000_003n;
      for (const text of [formatInstant(micros), new Date(Number(micros / 1000n)).toISOString()]) {
        expect(parseZulu(text)).toBe(parseInstant(text).ok ? (parseInstant(text) as { value: bigint }).value : null);
      }
    }
  });

  it.each([
    "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:60Z",
    "2026-01-01T00:00:0xZ",
    "2026-01-01T00:00:00.12xZ",
    "2026-01-01 00:00:00Z",
    "0000-01-01T00:00:00Z",
    "-026-01-01T00:00:00Z",
  ])("leaves %s to it", (text) => {
    expect(parseZulu(text)).toBe(null);
  });
});

describe("time patterns", () => {
  it.each([
    ["M/d/yyyy H:mm", "12/1/2010 8:26", { year: 2010, month: 12, day: 1, hour: 8, minute: 26, second: 0, micros: 0 }],
    ["dd.MM.yyyy", "01.12.2010", { year: 2010, month: 12, day: 1, hour: 0, minute: 0, second: 0, micros: 0 }],
    [
      "yyyyMMddTHHmmss.SSS",
      "20101201T082601.250",
      { year: 2010, month: 12, day: 1, hour: 8, minute: 26, second: 1, micros: 250_000 },
    ],
  ])("%s reads %s", (pattern, text, expected) => {
    expect(patternFault(pattern)).toBe(null);
    expect(compilePattern(pattern)(text)).toEqual(expected);
  });

  it.each([
    ["dd.MM.yyyy", "01x12x2010"],
    ["dd.MM.yyyy", "1.12.2010"],
    ["M/d/yyyy", "12/1/2010 8:26"],
  ])("%s does not read %s", (pattern, text) => {
    expect(compilePattern(pattern)(text)).toBe(null);
  });

  it.each([
    ["MM/dd", /year is missing/],
    ["yyyy-MM-dd M", /month stands there twice/],
    ["yyyy-MM-dd hh", /"hh" is not one of|is not one of/],
  ])("%s is refused", (pattern, why) => {
    expect(patternFault(pattern)).toMatch(why);
  });
});
