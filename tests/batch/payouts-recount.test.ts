import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addDays } from "../../server/domain/calendar/business-days";
import { CALENDARS, type CalendarId } from "../../server/domain/calendar/calendars";
import { businessDateOf } from "../../server/domain/calendar/cut-off";
import type { Hold, PayoutTerms } from "../../server/domain/terms/payout-date";
import { type PayoutPlan, planPayouts, type SaleTotals } from "../../server/domain/terms/payouts";
import type { PayoutSchedule } from "../../server/domain/terms/schedule";
import type { BusinessDate } from "../../server/domain/time";
import { type Db, openDuckDb } from "../../server/lake/duckdb";
import { openLake } from "../../server/lake/lake";
import { openLocalStore } from "../../server/lake/store/local";
import { Prng } from "../../server/simulation/prng";
import type { Told } from "./books";
import {
  agree,
  closePayouts,
  type HoldRow,
  happen,
  hold,
  SETTLEMENT_TABLES,
  type StepRow,
  type TermsRow,
  toldOf,
  UNGATED,
} from "./payouts-books";

/** First days of the worlds: clock changes, month and year ends, leap days, holidays of all three calendars. */
const ALL_WORLDS = ["2024-02-27", "2025-10-24", "2025-12-23", "2025-03-28", "2026-11-24", "2023-05-04"] as const;
/** The first three have a leap day, a clock change and a year's end; `WORLDS=all` takes every one. */
const WORLDS = process.env.WORLDS === "all" ? ALL_WORLDS : ALL_WORLDS.slice(0, 3);
const MERCHANTS = 120;
const DAYS = 8;
const HORIZON_DAYS = 45;
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns"];
const CUTOFFS = ["24:00", "17:00", "02:30", "00:00", "23:45"];
const CALENDAR_NAMES: readonly CalendarId[] = ["fed", "target", "uk", "weekends", "always"];

interface Agreed {
  readonly row: TermsRow;
  readonly terms: PayoutTerms;
  readonly holds: readonly HoldRow[];
}

const pick = <T>(prng: Prng, items: readonly T[]): T => items[Math.floor(prng.float() * items.length)] as T;

function scheduleOf(prng: Prng): { row: Pick<TermsRow, "schedule" | "days">; schedule: PayoutSchedule } {
  const kind = pick(prng, ["business_day", "business_day", "week", "month"] as const);
  if (kind === "business_day") return { row: { schedule: kind }, schedule: { every: kind } };
  const days =
    kind === "week" ? pick(prng, [[1], [5], [2, 4], [6], [7, 3]]) : pick(prng, [[1], [15], [31], [1, 15], [10, 30]]);
  const schedule: PayoutSchedule =
    kind === "week"
      ? { every: "week", weekdays: days, convention: "following" }
      : { every: "month", days, convention: "following" };
  return { row: { schedule: kind, days: days.join(" ") }, schedule };
}

function agreedOf(prng: Prng, merchant: string, first: BusinessDate): Agreed {
  const { row, schedule } = scheduleOf(prng);
  const [zone, cutoff, calendar] = [pick(prng, ZONES), pick(prng, CUTOFFS), pick(prng, CALENDAR_NAMES)];
  // Paid on the day of the sale itself: only where that day is over when the close is made.
  const delay = pick(prng, zone.startsWith("America") ? [1, 2, 3, 7] : [0, 1, 2, 3, 7]);
  const reserve = pick(prng, [null, null, 10, 7.5, 0.125]);
  const reserveDays = pick(prng, [1, 4, 9, 30, 90]);
  const minimum = pick(prng, [null, null, 1n, 5_000n]);
  const holds: HoldRow[] = [];
  if (prng.float() < 0.4) {
    const from = addDays(first, Math.floor(prng.float() * 8));
    holds.push({ id: `h-${merchant}`, act: "place", merchant, on: from });
    if (prng.float() < 0.7) {
      holds.push({
        id: `h-${merchant}`,
        act: "release",
        merchant,
        on: addDays(from, 1 + Math.floor(prng.float() * 6)),
      });
    }
  }
  return {
    row: { merchant, ...row, delay, cutoff, zone, calendar, reserve, reserveDays, minimum },
    terms: {
      cutOff: { time: cutoff, zone },
      delayBusinessDays: delay,
      schedule,
      calendar: CALENDARS[calendar],
      reserve:
        reserve === null
          ? null
          : { percent: { unscaled: BigInt(reserve * 1_000), scale: 3 }, calendarDays: reserveDays },
    },
    holds,
  };
}

/** Sales, refunds and chargebacks at any instant of the UTC day. */
function stepsOf(prng: Prng, merchant: string, day: BusinessDate): StepRow[] {
  if (prng.float() < 0.15) return [];
  return Array.from({ length: 1 + Math.floor(prng.float() * 4) }, (_, index) => {
    const minute = Math.floor(prng.float() * 1_440);
    const time = `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
    return {
      id: `${merchant}-${day}-${index}`,
      merchant,
      amount: BigInt(1 + Math.floor(prng.float() * 9_999)),
      at: `${day}T${time}:00Z`,
      status: pick(prng, ["SETTLED", "SETTLED", "SETTLED", "REFUNDED", "RETURNED", "CHARGEBACK"]),
    };
  });
}

function planOf({ row, terms, holds }: Agreed, steps: readonly StepRow[], horizon: BusinessDate): PayoutPlan {
  const totals = new Map<BusinessDate, SaleTotals>();
  for (const { at, amount, status } of steps) {
    const businessDate = businessDateOf(BigInt(Date.parse(at)) * 1_000n, terms.cutOff);
    const before = totals.get(businessDate) ?? {
      businessDate,
      grossMinor: 0n,
      refundsMinor: 0n,
      chargebacksMinor: 0n,
      feesMinor: 0n,
    };
    const name = status === "SETTLED" ? "grossMinor" : status === "CHARGEBACK" ? "chargebacksMinor" : "refundsMinor";
    totals.set(businessDate, { ...before, [name]: before[name] + amount });
  }
  const until = holds.find(({ act }) => act === "release")?.on ?? null;
  const domainHolds: Hold[] = holds
    .filter(({ act }) => act === "place")
    .map(({ id, on }) => ({ id, from: on as BusinessDate, until: until as BusinessDate | null, reason: "" }));
  return planPayouts({
    terms,
    totals: [...totals.values()],
    holds: domainHolds,
    horizon,
    minimumMinor: row.minimum ?? 0n,
  });
}

const textOf = (cells: readonly unknown[]) => cells.map(String).join(" ");
const toldText = (row: Told) =>
  textOf([
    row.scheduled_on,
    row.pay_on,
    row.gross_minor,
    row.refunds_minor,
    row.chargebacks_minor,
    row.reserve_held_minor,
    row.reserve_released_minor,
    row.brought_forward_minor,
    row.net_minor,
    row.carried_forward_minor,
  ]);

let root: string;
let db: Db;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "settlement-recount-"));
  db = await openDuckDb({ memoryLimitMb: 1024, threads: 2, temporaryDirectory: join(root, "spill") });
});
afterAll(async () => {
  db.close();
  await rm(root, { recursive: true, force: true });
});

describe("consecutive closes", () => {
  it.each(WORLDS)(
    "from %s on come to the very payouts that the rules make of all payments at once, none in twice",
    { timeout: 300_000 },
    async (start) => {
      const first = start as BusinessDate;
      const prng = new Prng(first);
      const lake = await openLake(await openLocalStore(join(root, first)), db, SETTLEMENT_TABLES);
      const agreed = Array.from({ length: MERCHANTS }, (_, index) => agreedOf(prng, `M${index}`, first));
      await agree(lake, ...agreed.map(({ row }) => row));
      const holds = agreed.flatMap(({ holds }) => holds);
      if (holds.length > 0) await hold(lake, ...holds);
      const steps: StepRow[] = [];
      let close = first;
      for (let day = 0; day < DAYS; day++) {
        close = addDays(first, day);
        const ofDay = agreed.flatMap(({ row }) => stepsOf(prng, row.merchant, close));
        steps.push(...ofDay);
        await happen(lake, ...ofDay);
        // Some nights no close is made; the next one takes in both days. The last day has one.
        if (day === DAYS - 1 || prng.float() < 0.7)
          await closePayouts(lake, close, { ...UNGATED, horizonDays: HORIZON_DAYS });
      }
      const told = await toldOf(
        lake,
        `business_date = DATE '${close}' OR (row_kind = 'payout' AND status = 'paid') OR row_kind = 'item'`,
      );
      const items = told.filter(({ row_kind }) => row_kind === "item");
      expect(items.map(({ transaction_id }) => transaction_id).sort()).toEqual(steps.map(({ id }) => id).sort());
      for (const one of agreed) {
        const own = steps.filter(({ merchant }) => merchant === one.row.merchant);
        const { payouts } = planOf(one, own, addDays(close, HORIZON_DAYS));
        const rows = told.filter(
          ({ row_kind, merchant_id }) => row_kind === "payout" && merchant_id === one.row.merchant,
        );
        const wanted = payouts.map((payout) =>
          textOf([
            payout.scheduledOn,
            payout.date,
            payout.grossMinor,
            payout.refundsMinor,
            payout.chargebacksMinor,
            payout.reserveHeldMinor,
            payout.reserveReleasedMinor,
            payout.broughtForwardMinor,
            payout.netMinor,
            payout.carriedForwardMinor,
          ]),
        );
        expect({ merchant: one.row, payouts: rows.map(toldText).sort() }).toEqual({
          merchant: one.row,
          payouts: wanted.sort(),
        });
      }
    },
  );
});
