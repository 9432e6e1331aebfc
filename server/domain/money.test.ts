import { describe, expect, it } from "vitest";
import { exponentOf, formatMinor, multiplyDecimals, parseDecimal, sumMoney, toMinor } from "./money";

const minor = (text: string, exponent: number) => {
  const decimal = parseDecimal(text);
  if (!decimal.ok) return decimal.error.code;
  const result = toMinor(decimal.value, exponent);
  return result.ok ? result.value : result.error.code;
};

describe("money", () => {
  it("takes exponents from ISO 4217, not from Intl", () => {
    expect(["HUF", "IDR", "COP", "JPY", "KWD", "CLF", "GBP"].map(exponentOf)).toEqual([2, 2, 2, 0, 3, 4, 2]);
    expect(["XXX", "gbp", "", "__proto__", "DEM", "toString"].map(exponentOf)).toEqual([
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it.each([
    ["12.5", 2, 1250n],
    ["-0.001", 3, -1n],
    ["-0", 2, 0n],
    ["1e3", 2, 100000n],
    [".5", 1, 5n],
    ["12.500", 2, 1250n],
    ["12.505", 2, "amount_not_exact"],
    ["9223372036854775807", 0, 9223372036854775807n],
    ["9223372036854775808", 0, "amount_out_of_range"],
    ["-92233720368547758.08", 2, -9223372036854775808n],
    ["1e400", 2, "amount_out_of_range"],
    ["", 2, "bad_amount"],
    [".", 2, "bad_amount"],
    ["1,5", 2, "bad_amount"],
    ["0x10", 2, "bad_amount"],
    ["NaN", 2, "bad_amount"],
    [" 1", 2, "bad_amount"],
  ])("reads %j at exponent %i as %s", (text, exponent, expected) => {
    expect(minor(text, exponent)).toBe(expected);
  });

  it("formats and reads back every amount of a wide sample unchanged", () => {
    for (let index = 0n; index < 4_000n; index++) {
      const amount = ((index * 7_919_123_456_789n) % 2n ** 62n) - 2n ** 61n;
      const exponent = Number(index % 5n);
      expect(minor(formatMinor(amount, exponent), exponent)).toBe(amount);
    }
  });

  it("multiplies exactly", () => {
    const [a, b] = [parseDecimal("-9288"), parseDecimal("0.001")];
    expect(a.ok && b.ok && multiplyDecimals(a.value, b.value)).toEqual({ unscaled: -9288n, scale: 3 });
  });

  it("refuses to sum mixed currencies, and to sum nothing", () => {
    const eur = { amountMinor: 5n, currency: "EUR" };
    expect(sumMoney([eur, eur])).toEqual({ amountMinor: 10n, currency: "EUR" });
    expect(() => sumMoney([eur, { amountMinor: 5n, currency: "USD" }])).toThrow(/met USD/);
    expect(() => sumMoney([])).toThrow(/no currency/);
  });
});
