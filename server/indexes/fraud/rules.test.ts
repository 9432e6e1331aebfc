import { describe, expect, it } from "vitest";
import { addDecline, type DeclineHistory } from "./rules";

const MINUTE = 60_000_000n;
const HOUR = 60n * MINUTE;
const fires = (minutes: readonly number[]) => {
  const history: DeclineHistory = { times: [], fired: [] };
  return minutes.map((minute) => addDecline(history, BigInt(minute) * MINUTE, 5, HOUR));
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
    [
      "a late one counts with what was before it, not with what came after",
      [200, 201, 202, 203, 0],
      [null, null, null, null, null],
    ],
    ["a late one that is the fifth of its own hour", [0, 10, 20, 30, 300, 40], [null, null, null, null, null, 5]],
    [
      "a late one within an hour of where it fired",
      [60, 61, 62, 63, 64, 59, 63],
      [null, null, null, null, 5, null, null],
    ],
  ])("%s", (_, minutes, expected) => {
    expect(fires(minutes)).toEqual(expected);
  });
});
