import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TRIALS } from "./mutants";
import { openTools, run, type Tools } from "./run";

let tools: Tools;
beforeAll(async () => {
  tools = await openTools();
});
afterAll(() => tools.db.close());

describe("with a safety check switched off, the simulation fails", () => {
  it.each(TRIALS.map((trial) => [trial.mutant.name, trial] as const))(
    "%s",
    async (_name, { mutant, scope, seedsMax }) => {
      const noticed: string[] = [];
      for (let seed = 1; seed <= seedsMax && noticed.length === 0; seed++) {
        const { violations } = await run(tools, { seed, scope, mutant });
        noticed.push(...violations.map((violation) => `seed ${seed}: ${violation}`));
      }
      expect(noticed, `${mutant.says}: not noticed in ${seedsMax} seeds`).not.toEqual([]);
    },
    300_000,
  );
});
