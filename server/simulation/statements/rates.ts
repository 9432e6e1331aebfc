import { invariant } from "../../domain/errors";
import { type Decimal, exponentOf, formatMinor } from "../../domain/money";
import type { BusinessDate } from "../../domain/time";
import { dayNumber } from "../../domain/time";
import { UNITS_PER_DOLLAR } from "../catalog";
import { hash32, hashText } from "../prng";

const SCALE = 8;
/** A rate moves by up to a hundredth from day to day. */
const SWING = 0.01;

/** The reference rate of a day: one unit of `from` in units of `to`, eight decimal places. A function of the seed. */
export function rateOn(seed: number, from: string, to: string, date: BusinessDate): Decimal {
  const random = hash32(seed, hashText(`${from}/${to}`), dayNumber(date)) / 2 ** 32;
  const [one, other] = [UNITS_PER_DOLLAR[to], UNITS_PER_DOLLAR[from]];
  invariant(one !== undefined && other !== undefined, `no rate for ${from}/${to}`);
  const rate = (one / other) * (1 + SWING * (2 * random - 1));
  return { unscaled: BigInt(Math.round(rate * 10 ** SCALE)), scale: SCALE };
}

/** A rate off by so many percent. */
export const shiftedRate = ({ unscaled, scale }: Decimal, percent: bigint): Decimal => ({
  unscaled: (unscaled * (100n + percent)) / 100n,
  scale,
});

export const rateText = ({ unscaled, scale }: Decimal): string => formatMinor(unscaled, scale);

/** An amount not below zero at a rate, in minor units of `to`, rounded half up once. */
export function convert(amountMinor: bigint, from: string, to: string, rate: Decimal): bigint {
  const [fromPlaces, toPlaces] = [exponentOf(from), exponentOf(to)];
  invariant(fromPlaces !== null && toPlaces !== null, `no currency ${from} or ${to}`);
  const numerator = amountMinor * rate.unscaled * 10n ** BigInt(toPlaces);
  const denominator = 10n ** BigInt(rate.scale + fromPlaces);
  return (numerator * 2n + denominator) / (denominator * 2n);
}
