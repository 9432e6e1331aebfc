import { describe, expect, it } from "vitest";
import { type Decimal, parseDecimal } from "../money";
import { percentOf, type Rounding } from "./share";

const percent = (text: string): Decimal => {
  const parsed = parseDecimal(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
};

describe("a percentage of an amount", () => {
  it.each<[bigint, string, Rounding, bigint]>([
    [10_000n, "2.5", "half_up", 250n],
    [1n, "50", "half_up", 1n],
    [1n, "49.999", "half_up", 0n],
    [1n, "50", "half_even", 0n],
    [3n, "50", "half_even", 2n],
    [5n, "50", "half_even", 2n],
    [5n, "50", "down", 2n],
    [-1n, "50", "half_up", -1n],
    [-3n, "50", "down", -1n],
    [999n, "100", "half_up", 999n],
    [999n, "0", "half_up", 0n],
    [9_223_372_036_854_775_807n, "10", "half_up", 922_337_203_685_477_581n],
  ])("%s at %s percent, %s, is %s", (amount, share, rounding, result) => {
    expect(percentOf(amount, percent(share), rounding)).toBe(result);
  });

  it("is off the exact share by half a minor unit at most, and mirrors for negative amounts", () => {
    const wrong: bigint[] = [];
    for (let amount = 0n; amount < 5_000n; amount += 7n) {
      const rounded = percentOf(amount, percent("2.375"), "half_up");
      const error = rounded * 100_000n - amount * 2_375n;
      if (error > 50_000n || error <= -50_000n) wrong.push(amount);
      if (percentOf(-amount, percent("2.375"), "half_up") !== -rounded) wrong.push(amount);
    }
    expect(wrong).toEqual([]);
  });
});
