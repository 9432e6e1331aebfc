import type { Decimal } from "../money";

/** How a share of an amount becomes whole minor units. */
export type Rounding = "half_up" | "half_even" | "down";

/** A percentage of an amount in minor units, exactly rounded once; `half_up` and `down` mirror for negative amounts. */
export function percentOf(amountMinor: bigint, percent: Decimal, rounding: Rounding): bigint {
  const numerator = amountMinor * percent.unscaled;
  const denominator = 100n * 10n ** BigInt(percent.scale);
  const isNegative = numerator < 0n;
  const magnitude = isNegative ? -numerator : numerator;
  const whole = magnitude / denominator;
  const twiceRest = (magnitude % denominator) * 2n;
  const isHalf = twiceRest === denominator;
  const up =
    rounding !== "down" && (twiceRest > denominator || (isHalf && (rounding === "half_up" || whole % 2n === 1n)));
  const rounded = whole + (up ? 1n : 0n);
  return isNegative ? -rounded : rounded;
}
