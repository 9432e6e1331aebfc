import { describe, expect, it } from "vitest";
import { addDays } from "../calendar/business-days";
import { CALENDARS } from "../calendar/calendars";
import { type BusinessDate, dayNumber } from "../time";
import type { Hold, PayoutTerms } from "./payout-date";
import { type Payout, type PayoutOptions, planPayouts, type SaleTotals } from "./payouts";
import type { PayoutSchedule } from "./schedule";

const d = (date: string) => date as BusinessDate;
const TERMS: PayoutTerms = {
  cutOff: { time: "24:00", zone: "Europe/London" },
  delayBusinessDays: 1,
  schedule: { every: "business_day" },
  calendar: CALENDARS.uk,
  reserve: { percent: { unscaled: 10n, scale: 0 }, calendarDays: 14 },
};
const day = (businessDate: string, gross: bigint, less: Partial<SaleTotals> = {}): SaleTotals => ({
  businessDate: d(businessDate),
  grossMinor: gross,
  refundsMinor: 0n,
  chargebacksMinor: 0n,
  feesMinor: 0n,
  ...less,
});
const plan = (totals: SaleTotals[], more: Partial<PayoutOptions> = {}) =>
  planPayouts({ terms: TERMS, totals, holds: [], horizon: d("2027-06-30"), ...more });

/** gross - refunds - chargebacks - fees - reserve held + released + brought forward - net - carried forward. */
const residual = (payout: Payout): bigint =>
  payout.grossMinor -
  payout.refundsMinor -
  payout.chargebacksMinor -
  payout.feesMinor -
  payout.reserveHeldMinor +
  payout.reserveReleasedMinor +
  payout.broughtForwardMinor -
  payout.netMinor -
  payout.carriedForwardMinor;

describe("the payout schedule", () => {
  it("pays what was sold, keeps the reserve, and pays that out with the first payout after its days", () => {
    const { payouts, reserve } = plan([
      day("2026-11-20", 10_000n, { refundsMinor: 500n, chargebacksMinor: 200n, feesMinor: 130n }),
      day("2026-11-21", 5_000n),
    ]);
    expect(
      payouts.map(({ date, grossMinor, reserveHeldMinor, reserveReleasedMinor, netMinor }) => [
        date,
        grossMinor,
        reserveHeldMinor,
        reserveReleasedMinor,
        netMinor,
      ]),
    ).toEqual([
      ["2026-11-23", 15_000n, 1_500n, 0n, 12_670n], // Friday's and Saturday's sales together
      ["2026-12-07", 0n, 0n, 1_500n, 1_500n],
    ]);
    expect(payouts[0]?.sales.map(({ businessDate }) => businessDate)).toEqual(["2026-11-20", "2026-11-21"]);
    expect(payouts[1]?.released[0]?.shifts.map(({ kind, from, to }) => `${kind} ${from} ${to}`)).toEqual([
      "reserve 2026-11-23 2026-12-07",
    ]);
    expect(reserve).toEqual([]);
  });

  it("carries what is below the minimum to the first payout that reaches it", () => {
    const { payouts, carriedForwardMinor } = plan(
      [day("2026-11-16", 400n), day("2026-11-17", 500n), day("2026-11-18", 100n), day("2026-11-19", 900n)],
      { terms: { ...TERMS, reserve: null }, minimumMinor: 1_000n },
    );
    expect(payouts.map(({ netMinor, carriedForwardMinor: carried }) => [netMinor, carried])).toEqual([
      [0n, 400n],
      [0n, 900n],
      [1_000n, 0n],
      [0n, 900n],
    ]);
    expect(carriedForwardMinor).toBe(900n);
  });

  it("moves a release off a closed day, and says so", () => {
    const terms = { ...TERMS, reserve: { percent: { unscaled: 10n, scale: 0 }, calendarDays: 32 } };
    const { payouts } = plan([day("2026-11-20", 10_000n)], { terms });
    expect(payouts[1]?.date).toBe("2026-12-29");
    expect(payouts[1]?.released[0]?.shifts.map(({ kind, from, to }) => `${kind} ${from} ${to}`)).toEqual([
      "reserve 2026-11-23 2026-12-25",
      "holiday 2026-12-25 2026-12-26",
      "weekend 2026-12-26 2026-12-28",
      "holiday 2026-12-28 2026-12-29",
    ]);
  });

  it("carries what a payout cannot cover to the next ones instead of paying a negative amount", () => {
    const { payouts, carriedForwardMinor } = plan(
      [
        day("2026-11-16", 0n, { chargebacksMinor: 900n }),
        day("2026-11-17", 500n),
        day("2026-11-18", 1_000n),
        day("2026-11-19", 0n, { refundsMinor: 50n }),
      ],
      { terms: { ...TERMS, reserve: null } },
    );
    expect(payouts.map(({ netMinor, carriedForwardMinor: carried }) => [netMinor, carried])).toEqual([
      [0n, -900n],
      [0n, -400n],
      [600n, 0n],
      [0n, -50n],
    ]);
    expect(carriedForwardMinor).toBe(-50n);
  });

  it("shows a held payout with its hold and without a date, and a lifted one on its later date", () => {
    const hold: Hold = { id: "h1", from: d("2026-11-18"), until: null, reason: "identity check" };
    const totals = [day("2026-11-16", 1_000n), day("2026-11-17", 1_000n)];
    const held = plan(totals, { holds: [hold], terms: { ...TERMS, reserve: null } }).payouts;
    expect(held.map(({ scheduledOn, date, heldBy }) => [scheduledOn, date, heldBy?.id ?? null])).toEqual([
      ["2026-11-17", "2026-11-17", null],
      ["2026-11-18", null, "h1"],
    ]);
    const lifted = plan(totals, {
      holds: [{ ...hold, until: d("2026-11-28") }],
      terms: { ...TERMS, reserve: null },
    }).payouts;
    expect(lifted[1]?.date).toBe("2026-11-30");
    expect(lifted[1]?.shifts[0]?.reason).toBe("held: identity check");
  });

  it("leaves reserve that is due after the horizon in the reserve", () => {
    const { payouts, reserve } = plan([day("2026-11-20", 10_000n)], { horizon: d("2026-12-06") });
    expect(payouts).toHaveLength(1);
    expect(reserve).toMatchObject([{ heldOn: "2026-11-23", amountMinor: 1_000n, releaseOn: "2026-12-07" }]);
    expect(plan([day("2026-11-20", 10_000n)], { horizon: d("2026-12-07") }).reserve).toEqual([]);
  });

  it.each([
    ["a negative gross", [day("2026-11-20", -1n)], "negative_total"],
    ["a date twice", [day("2026-11-20", 1n), day("2026-11-20", 1n)], "repeated_date"],
  ])("refuses %s", (_, totals, code) => {
    expect(() => plan(totals)).toThrow(expect.objectContaining({ code }));
  });

  it("refuses an opening balance that is no debt", () => {
    expect(() => plan([], { openingMinor: 1n })).toThrow(expect.objectContaining({ code: "positive_opening" }));
  });
});

describe("conservation", () => {
  /** mulberry32: a run is its seed. */
  function random(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
    };
  }

  function world(seed: number): PayoutOptions {
    const below = random(seed);
    const schedules: PayoutSchedule[] = [
      { every: "business_day" },
      { every: "week", weekdays: [1 + below(7)], convention: "following" },
      {
        every: "month",
        days: [1 + below(31), 1 + below(31)],
        convention: below(2) === 0 ? "following" : "modified_following",
      },
    ];
    const calendar = [CALENDARS.fed, CALENDARS.target, CALENDARS.uk][below(3)] ?? CALENDARS.fed;
    const start = addDays(d("2000-01-10"), below(36_000));
    const length = 10 + below(80);
    const totals = Array.from({ length }, (_, offset) => ({
      businessDate: addDays(start, offset),
      grossMinor: BigInt(below(5) === 0 ? 0 : below(1_000_000)),
      refundsMinor: BigInt(below(3) === 0 ? below(400_000) : 0),
      chargebacksMinor: BigInt(below(9) === 0 ? below(2_000_000) : 0),
      feesMinor: BigInt(below(30_000) - 1_000),
    })).filter(() => below(6) !== 0);
    const holds: Hold[] = Array.from({ length: below(4) }, (_, index) => {
      const from = addDays(start, below(length));
      return { id: `h${index}`, from, until: below(3) === 0 ? null : addDays(from, below(20)), reason: "review" };
    });
    const reserve =
      below(4) === 0 ? null : { percent: { unscaled: BigInt(below(3_000)), scale: 2 }, calendarDays: 1 + below(60) };
    const horizon = addDays(start, length + below(60));
    const opening = addDays(start, 3 + below(20));
    const payOn = CALENDARS[calendar.id as "fed"].openAt(calendar.openBefore(dayNumber(opening)));
    return {
      terms: {
        cutOff: { time: "24:00", zone: "Europe/London" },
        delayBusinessDays: below(8),
        schedule: schedules[below(3)] ?? { every: "business_day" },
        calendar,
        reserve,
      },
      totals,
      holds,
      horizon,
      openingMinor: -BigInt(below(100_000)),
      openingReserve: [
        {
          heldOn: addDays(start, -30),
          amountMinor: BigInt(below(50_000)),
          releaseOn: addDays(d("1970-01-01"), payOn),
          shifts: [],
        },
      ],
    };
  }

  it("holds over 2,000 generated worlds of all years: each payout explained to zero, payouts + held + reserve + debt = sales less what was taken", () => {
    const wrong: string[] = [];
    for (let seed = 1; seed <= 2_000; seed++) {
      const options = world(seed);
      const { payouts, reserve, carriedForwardMinor } = planPayouts(options);
      const sold = options.totals.reduce(
        (sum, row) => sum + row.grossMinor - row.refundsMinor - row.chargebacksMinor - row.feesMinor,
        0n,
      );
      const opening = (options.openingMinor ?? 0n) + (options.openingReserve?.[0]?.amountMinor ?? 0n);
      const out = payouts.reduce((sum, { netMinor }) => sum + netMinor, 0n);
      const kept = reserve.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
      const paidDates = payouts.flatMap(({ sales }) => sales.map(({ businessDate }) => businessDate));
      const { calendar } = options.terms;
      const faults = [
        out + kept + carriedForwardMinor !== sold + opening && "not conserved",
        payouts.some((payout) => residual(payout) !== 0n) && "a residual",
        payouts.some(({ netMinor, carriedForwardMinor: carried }) => netMinor < 0n || carried > 0n) && "negative",
        payouts.some(({ scheduledOn }, index) => scheduledOn <= (payouts[index - 1]?.scheduledOn ?? "")) &&
          "out of order",
        payouts.some(({ scheduledOn, sales }) => sales.some(({ businessDate }) => businessDate > scheduledOn)) &&
          "paid early",
        payouts.some(({ date, scheduledOn }) => date !== null && date < scheduledOn) && "held to an earlier date",
        payouts.some(({ date, heldBy }) => (date === null) !== (heldBy !== null)) && "held without a hold",
        payouts.some(({ date }) => date !== null && !calendar.isOpen(dayNumber(date))) && "paid on a closed day",
        [...paidDates].sort().join() !== options.totals.map(({ businessDate }) => businessDate).join() &&
          "a date lost or twice",
        payouts.some(({ released, scheduledOn }) => released.some(({ releaseOn }) => releaseOn !== scheduledOn)) &&
          "released elsewhere",
        payouts.some(({ released }) => released.some(({ heldOn, releaseOn }) => releaseOn <= heldOn)) &&
          "released at once",
      ].filter((fault) => fault !== false);
      if (faults.length > 0) wrong.push(`seed ${seed}: ${faults.join(", ")}`);
    }
    expect(wrong).toEqual([]);
  });

  it("pays every date's sales by shifts that join from the date to the payout, and from there to its day", () => {
    const wrong: string[] = [];
    for (let seed = 1; seed <= 300; seed++) {
      for (const payout of planPayouts(world(seed)).payouts) {
        const chains = payout.sales.map(({ businessDate, shifts }) => ({
          from: businessDate,
          to: payout.scheduledOn,
          shifts,
        }));
        if (payout.date !== null) chains.push({ from: payout.scheduledOn, to: payout.date, shifts: payout.shifts });
        for (const { from, to, shifts } of chains) {
          const steps = [from, ...shifts.map((shift) => shift.to)];
          if (!steps.every((step, index) => step === (shifts[index]?.from ?? to))) wrong.push(`seed ${seed}: ${from}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});
