import { describe, expect, it } from "vitest";
import { everyMinute, isolatedOf, rowsOf, shortNumber, spreadLabels, timeTicks } from "./series";

const at = (minute: number) => new Date(Date.UTC(2026, 10, 20, 8, minute)).toISOString();

describe("rows of a chart", () => {
  it("joins series by instant, oldest first, and leaves a missing figure missing", () => {
    const rows = rowsOf([
      { key: "a", label: "A", points: [{ at: at(2), value: 5 }] },
      {
        key: "b",
        label: "B",
        points: [
          { at: at(1), value: null },
          { at: at(2), value: 7 },
        ],
      },
    ]);
    expect(rows).toEqual([
      { at: at(1), b: null },
      { at: at(2), a: 5, b: 7 },
    ]);
  });

  it("fills minutes nobody counted in with zero, and no minute outside the period", () => {
    const points = everyMinute({ from: at(1), until: at(4) }, [{ at: at(3), value: 9 }]);
    expect(points.map(({ at: minute, value }) => [minute, value])).toEqual([
      [at(1), 0],
      [at(2), 0],
      [at(3), 9],
      [at(4), 0],
    ]);
  });

  it("says nothing of minutes without a figure where nothing can be said, and of the minute that still runs", () => {
    const counted = [{ at: at(3), value: 9 }];
    const lines = everyMinute({ from: at(2), until: at(4) }, counted, { missing: null, running: false });
    expect(lines.map(({ value }) => value)).toEqual([null, 9]);
  });

  it("finds the points a line would not show", () => {
    const rows = [1, 2, 3, 4, 5].map((minute) => ({ at: at(minute), a: [1, 4, 5].includes(minute) ? 1 : null }));
    expect([...isolatedOf(rows, "a")]).toEqual([at(1)]);
  });
});

describe("axis", () => {
  it.each([
    [950, "950"],
    [1_200, "1.2k"],
    [-2_500_000, "-2.5M"],
    [0.04, "0"],
  ])("writes %d as %s", (value, text) => expect(shortNumber(value)).toBe(text));

  it.each([
    ["15 minutes", 15],
    ["an hour", 60],
    ["a day", 1_440],
    ["a week", 10_080],
    ["a year", 525_600],
  ])("has few and round ticks for %s", (_, minutes) => {
    const from = Date.UTC(2026, 10, 20, 8, 3, 17);
    const ticks = timeTicks(from, from + minutes * 60_000);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.length).toBeLessThanOrEqual(7);
    expect(ticks.every((tick) => tick % 60_000 === 0 && tick >= from && tick <= from + minutes * 60_000)).toBe(true);
  });
});

describe("labels at the end of lines", () => {
  it("never lie on each other, keep their order and stay inside", () => {
    const spread = spreadLabels(
      [
        { key: "low", y: 199 },
        { key: "high", y: 10 },
        { key: "near", y: 198 },
      ],
      14,
      200,
    );
    expect(spread.map(({ key }) => key)).toEqual(["high", "near", "low"]);
    expect(spread.map(({ y }) => y)).toEqual([10, 186, 200]);
  });
});
