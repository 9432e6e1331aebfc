import { describe, expect, it } from "vitest";
import { addDecline, type DeclineMemory } from "./rules";

const MINUTE = 60_000_000n;
const HOUR = 60n * MINUTE;
const fires = (minutes: readonly number[]) => {
  const memory: DeclineMemory = { times: [], firedMicros: null };
  return minutes.map((minute) => addDecline(memory, BigInt(minute) * MINUTE, 5, HOUR));
};

describe("repeated_declines", () => {
  it.each([
    ["four within an hour", [0, 1, 2, 3], [null, null, null, null]],
    ["the fifth within an hour", [0, 10, 20, 30, 59], [null, null, null, null, 5]],
    ["the fifth exactly an hour after the first", [0, 10, 20, 30, 60], [null, null, null, null, null]],
    ["a sixth soon after: once per episode", [0, 1, 2, 3, 4, 5], [null, null, null, null, 5, null]],
    [
      "again an hour after it fired",
      [0, 1, 2, 3, 4, 61, 62, 63, 64, 65],
      [null, null, null, null, 5, null, null, null, null, 5],
    ],
  ])("%s", (_, minutes, expected) => {
    expect(fires(minutes)).toEqual(expected);
  });
});
