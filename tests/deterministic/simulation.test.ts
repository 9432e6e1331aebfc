import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTools, run, type Scope, type Tools } from "./run";

let tools: Tools;
beforeAll(async () => {
  tools = await openTools();
});
afterAll(() => tools.db.close());

/** How many seeds of each are played here; `npm run test:simulation -- --seeds N` plays as many as there is time for. */
const SEEDS: readonly (readonly [Scope, number, number])[] = [
  ["log", 1, 150],
  ["lake", 1, 10],
  ["whole", 1, 2],
];

describe("everything that can happen to the processes of a lake", () => {
  it.each(SEEDS)(
    "leaves each record once where it belongs, and indexes equal to a recount: %s, seeds from %i, %i of them",
    async (scope, first, count) => {
      const sums: Record<string, number> = {};
      for (let seed = first; seed < first + count; seed++) {
        const { violations, counts } = await run(tools, { seed, scope });
        expect(violations, `again: npm run test:simulation -- --seed ${seed} --scope ${scope} --trace`).toEqual([]);
        for (const [name, value] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + value;
      }
      // A simulation in which nothing goes wrong proves nothing.
      expect(sums.crashes).toBeGreaterThan(count / 2);
      expect(sums.freezes).toBeGreaterThan(count / 3);
      expect(sums.rebalances).toBeGreaterThan(count / 4);
    },
    300_000,
  );

  it.each<Scope>(["log", "lake", "whole"])(
    "is the same for the same seed: %s",
    async (scope) => {
      const [first, again] = [await run(tools, { seed: 7, scope }), await run(tools, { seed: 7, scope })];
      expect(again).toEqual(first);
    },
    120_000,
  );

  it("is another for another seed", async () => {
    const [one, other] = [await run(tools, { seed: 7, scope: "log" }), await run(tools, { seed: 8, scope: "log" })];
    expect(other.traceHash).not.toBe(one.traceHash);
  });
});
