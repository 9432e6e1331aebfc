import { describe, expect, it } from "vitest";
import { HashCounts } from "./hash-counts";

/** A stream of numbers below 2^32 that follows from its seed (Numerical Recipes' linear congruential generator). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
}

describe("HashCounts", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "holds what a map holds, through every growth and neighbours on one slot (%d)",
    (seed) => {
      const next = numbers(seed);
      // Few lower halves: most keys want the same slots.
      const key = (): readonly [number, number] => [next() % (seed * 700), next() % 5 === 0 ? next() : next() % 3];
      const [counts, model] = [new HashCounts(), new Map<string, number>()];
      for (let index = 0; index < 20_000; index++) {
        const [low, high] = key();
        const count = 1 + (next() % 4_294_967_295);
        counts.set(low, high, count);
        model.set(`${low}/${high}`, count);
      }
      expect(counts.size).toBe(model.size);
      for (const [name, count] of model) {
        const [low = 0, high = 0] = name.split("/").map(Number);
        expect(counts.get(low, high)).toBe(count);
      }
      for (let index = 0; index < 1_000; index++) {
        const [low, high] = [next(), next()];
        expect(counts.get(low, high)).toBe(model.get(`${low}/${high}`) ?? 0);
      }
    },
  );
});
