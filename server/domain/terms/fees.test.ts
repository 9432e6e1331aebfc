import { describe, expect, it } from "vitest";
import type { BusinessDate } from "../time";
import { checkFeePlan, expectedFee, type FeePlan, type FeeRule } from "./fees";

const d = (date: string) => date as BusinessDate;
const rule = (more: Partial<FeeRule>): FeeRule => ({
  paymentTypes: null,
  percent: { unscaled: 0n, scale: 0 },
  fixedMinor: 0n,
  minimumMinor: null,
  maximumMinor: null,
  ...more,
});
const PLAN: FeePlan = {
  id: "standard",
  currency: "EUR",
  rounding: "half_up",
  terms: [
    { since: null, rules: [rule({ percent: { unscaled: 29n, scale: 1 }, fixedMinor: 30n })] },
    {
      since: d("2026-01-01"),
      rules: [
        rule({ paymentTypes: ["CARD"], percent: { unscaled: 14n, scale: 1 }, fixedMinor: 25n }),
        rule({
          paymentTypes: ["SEPA", "DIRECT_DEBIT"],
          percent: { unscaled: 8n, scale: 1 },
          minimumMinor: 35n,
          maximumMinor: 600n,
        }),
      ],
    },
  ],
};
const fee = (paymentType: string, amountMinor: bigint, on = "2026-11-20", currency = "EUR") =>
  expectedFee(PLAN, { amount: { amountMinor, currency }, paymentType, on: d(on), exponent: 2 });

describe("the fee a plan expects", () => {
  it.each<[string, bigint, string, bigint, string]>([
    ["CARD", 10_000n, "2026-11-20", 165n, "1.4 % of 100.00 + 0.25"],
    ["CARD", 10_000n, "2026-01-01", 165n, "1.4 % of 100.00 + 0.25"],
    ["CARD", 10_000n, "2025-12-31", 320n, "2.9 % of 100.00 + 0.30"],
    ["CARD", 0n, "2026-11-20", 25n, "1.4 % of 0.00 + 0.25"],
    ["CARD", 250n, "2026-11-20", 29n, "1.4 % of 2.50 + 0.25"], // 3.5 cents round up
    ["SEPA", 1_000n, "2026-11-20", 35n, "0.8 % of 10.00 + 0.00, at least 0.35"],
    ["SEPA", 10_000n, "2026-11-20", 80n, "0.8 % of 100.00 + 0.00"],
    ["DIRECT_DEBIT", 75_000n, "2026-11-20", 600n, "0.8 % of 750.00 + 0.00"],
    ["DIRECT_DEBIT", 80_000n, "2026-11-20", 600n, "0.8 % of 800.00 + 0.00, at most 6.00"],
  ])("for %s of %s on %s is %s: %s", (type, amount, on, feeMinor, reason) => {
    expect(fee(type, amount, on)).toMatchObject({ feeMinor, reason });
  });

  it("is unknown, not zero, where no rule covers the payment", () => {
    expect(fee("WIRE", 10_000n)).toBeNull();
  });

  it("is refused in another currency, and for an amount below zero", () => {
    expect(() => fee("CARD", 1n, "2026-11-20", "USD")).toThrow(expect.objectContaining({ code: "mixed_currencies" }));
    expect(() => fee("CARD", -1n)).toThrow(expect.objectContaining({ code: "negative_amount" }));
  });
});

describe("a fee plan", () => {
  it("is accepted as it is", () => {
    expect(() => checkFeePlan(PLAN)).not.toThrow();
  });

  it("is refused with every fault", () => {
    const wrong: FeePlan = {
      ...PLAN,
      terms: [
        { since: d("2026-01-01"), rules: [rule({ fixedMinor: -1n })] },
        { since: d("2026-01-01"), rules: [rule({ minimumMinor: 5n, maximumMinor: 4n })] },
      ],
    };
    expect(() => checkFeePlan(wrong)).toThrow(
      "2026-01-01, rule 1: an amount below zero; 2026-01-01: terms are not in order of their dates; 2026-01-01, rule 1: the minimum is above the maximum",
    );
  });
});
