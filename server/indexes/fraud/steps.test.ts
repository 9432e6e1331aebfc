import { describe, expect, it } from "vitest";
import { EffectiveSettings } from "./settings";
import { type PartyCounts, PartyRange } from "./steps";

const NOTHING: PartyCounts = { payments: 0, accelerated: false };
const DEFAULTS = EffectiveSettings.defaults();
const LAST_ACTIVE = EffectiveSettings.parse(
  `rules:
  - effective_from: "1970-01-01"
    set_by: test
    reason: compares with the last active day
    settings: { acceleration: { previous: last_active_day } }`,
  "rules.yaml",
);

/** Observes payments of one party, given as how many on which day in which order, and says at which payments what fired. */
function fires(
  settings: EffectiveSettings,
  days: readonly (readonly [day: number, payments: number])[],
  before: Readonly<Record<number, PartyCounts>> = {},
) {
  const range = new PartyRange(settings, (day) => before[day] ?? NOTHING);
  return days.flatMap(([day, payments]) =>
    Array.from({ length: payments }, () =>
      range.observe({ partyId: "p", role: "originator", day, low: 1, high: 2, eventMicros: 0n }),
    )
      .flat()
      .map(({ rule, running, previousCount }) => [rule, day, running, previousCount]),
  );
}

describe("velocity", () => {
  it("fires at the 31st payment of a day, once, and not at the 30th", () => {
    expect(fires(DEFAULTS, [[5, 30]])).toEqual([]);
    expect(fires(DEFAULTS, [[5, 40]])).toEqual([["velocity", 5, 31, null]]);
  });

  it("counts on from what is committed", () => {
    expect(fires(DEFAULTS, [[5, 1]], { 5: { payments: 30, accelerated: false } })).toEqual([["velocity", 5, 31, null]]);
    expect(fires(DEFAULTS, [[5, 3]], { 5: { payments: 31, accelerated: false } })).toEqual([]);
  });
});

describe("acceleration", () => {
  it("fires at the first payment that is over three times the day before and at ten or more", () => {
    expect(
      fires(DEFAULTS, [
        [4, 2],
        [5, 12],
      ]),
    ).toEqual([["acceleration", 5, 10, 2]]);
    expect(
      fires(DEFAULTS, [
        [4, 4],
        [5, 14],
      ]),
    ).toEqual([["acceleration", 5, 13, 4]]);
    expect(
      fires(DEFAULTS, [
        [4, 4],
        [5, 12],
      ]),
    ).toEqual([]);
  });

  it("needs a day before: from nothing nothing accelerates", () => {
    expect(fires(DEFAULTS, [[5, 25]])).toEqual([]);
    expect(
      fires(DEFAULTS, [
        [3, 2],
        [5, 25],
      ]),
    ).toEqual([]);
  });

  it("compares with what had arrived by then", () => {
    expect(
      fires(DEFAULTS, [
        [5, 12],
        [4, 2],
      ]),
    ).toEqual([]);
    expect(
      fires(DEFAULTS, [
        [4, 1],
        [5, 9],
        [4, 4],
        [5, 6],
      ]),
    ).toEqual([]);
    expect(
      fires(DEFAULTS, [
        [4, 1],
        [5, 9],
        [4, 4],
        [5, 7],
      ]),
    ).toEqual([["acceleration", 5, 16, 5]]);
  });

  it("fires once a day, also across ranges", () => {
    const before = { 4: { payments: 2, accelerated: false }, 5: { payments: 12, accelerated: true } };
    expect(fires(DEFAULTS, [[5, 10]], before)).toEqual([]);
  });

  it("looks for the last active day where that is set, 31 days back at most", () => {
    expect(fires(LAST_ACTIVE, [[5, 10]], { 2: { payments: 3, accelerated: false } })).toEqual([
      ["acceleration", 5, 10, 3],
    ]);
    expect(fires(LAST_ACTIVE, [[40, 12]], { 9: { payments: 2, accelerated: false } })).toEqual([
      ["acceleration", 40, 10, 2],
    ]);
    expect(fires(LAST_ACTIVE, [[41, 12]], { 9: { payments: 2, accelerated: false } })).toEqual([]);
  });
});
