import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/world";
import { runHostile } from "./run";

const PAYLOADS = 6_000;

let directory: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: directory, remove } = await temporaryDirectory());
});
afterEach(() => remove());

describe("hostile records of every shipped mapping", () => {
  it("are each stored as they say or quarantined with a code, and no card number is left anywhere", async () => {
    const report = await runHostile(directory, { payloads: PAYLOADS, seed: 20_261_121, say: () => undefined });
    expect(report.faults).toEqual([]);
    expect(report.accepted).toBeGreaterThan(PAYLOADS / 5);
    expect(report.quarantined).toBeGreaterThan(PAYLOADS / 5);
    expect(report.compared).toBeGreaterThan(PAYLOADS);
    expect(report.cardsPlanted).toBeGreaterThan(PAYLOADS / 10);
    expect(Object.keys(report.codes).length).toBeGreaterThan(15);
  }, 180_000);
});
