import { describe, expect, it } from "vitest";
import { readDecimal, readMinor } from "./amounts";
import { StatementRefusal } from "./faults";

const codeOf = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    return error instanceof StatementRefusal ? error.fault.code : error;
  }
};

describe("amounts of statements", () => {
  it.each([
    ["8.85000", "EUR", {}, 885n],
    ["8.85001", "EUR", {}, "amount_not_exact"],
    ["8.85001", "EUR", { EUR: 5 }, 885_001n],
    ["-0.005", "KWD", {}, -5n],
    ["+12", "JPY", {}, 12n],
    ["12.", "EUR", {}, 1_200n],
    ["1.5", "JPY", {}, "amount_not_exact"],
    ["", "EUR", {}, "missing_amount"],
    ["1,5", "EUR", {}, "bad_amount"],
    ["1e3", "EUR", {}, "bad_amount"],
    [".", "EUR", {}, "bad_amount"],
    ["92233720368547758.07", "EUR", {}, 9_223_372_036_854_775_807n],
    ["92233720368547758.08", "EUR", {}, "amount_out_of_range"],
    ["1", "", {}, "missing_currency"],
    ["1", "DEM", {}, "unknown_currency"],
    ["1.25", "DEM", { DEM: 2 }, 125n],
    ["1", "__proto__", {}, "unknown_currency"],
  ])("reads the decimal %j %s with %j as %s", (text, currency, exponents, expected) => {
    const result = codeOf(() => readDecimal(text, currency, exponents, {}).amountMinor);
    expect(result).toBe(expected);
  });

  it.each([
    ["+000000000208500", 208_500n],
    ["-9223372036854775808", -9_223_372_036_854_775_808n],
    ["9223372036854775808", "amount_out_of_range"],
    ["1.5", "bad_amount"],
    ["", "bad_amount"],
    ["1".repeat(21), "bad_amount"],
  ])("reads the minor units %j as %s", (text, expected) => {
    expect(codeOf(() => readMinor(text, "EUR", {}, {}).amountMinor)).toBe(expected);
  });
});
