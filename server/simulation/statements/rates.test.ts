import { describe, expect, it } from "vitest";
import type { BusinessDate } from "../../domain/time";
import { convert, rateOn, rateText, shiftedRate } from "./rates";

const DAY = "2025-03-05" as BusinessDate;
const rate = (unscaled: bigint, scale: number) => ({ unscaled, scale });

describe("conversion", () => {
  it.each([
    // 1,000 yen at 0.0066 are 6.60 dollars; 1 dinar (1,000 fils) at 3.2 are 3.20.
    [1_000n, "JPY", "USD", rate(66n, 4), 660n],
    [1_000n, "KWD", "USD", rate(32n, 1), 320n],
    [1n, "JPY", "USD", rate(4n, 3), 0n],
    [1n, "JPY", "USD", rate(5n, 3), 1n],
    [12_345n, "HUF", "EUR", rate(25n, 4), 31n],
    [0n, "CHF", "EUR", rate(99n, 2), 0n],
  ] as const)("of %i minor units %s to %s rounds half up, once", (minor, from, to, at, expected) => {
    expect(convert(minor, from, to, at)).toBe(expected);
  });

  it("has one rate a day and pair, within a hundredth of the usual one, and another on another day", () => {
    const usual = 0.9 / 370;
    const days = Array.from(
      { length: 28 },
      (_, index) => `2025-02-${String(index + 1).padStart(2, "0")}` as BusinessDate,
    );
    const rates = days.map((date) => Number(rateText(rateOn(7, "HUF", "EUR", date))));
    for (const one of rates) expect(Math.abs(one / usual - 1)).toBeLessThan(0.0101);
    expect(new Set(rates).size).toBeGreaterThan(20);
    expect(rateOn(7, "HUF", "EUR", DAY)).toEqual(rateOn(7, "HUF", "EUR", DAY));
    expect(rateOn(8, "HUF", "EUR", DAY)).not.toEqual(rateOn(7, "HUF", "EUR", DAY));
  });

  it("shifts a rate by whole percents", () => {
    expect(rateText(shiftedRate(rate(100_000_000n, 8), -3n))).toBe("0.97000000");
  });
});
