import { addLags, type Shift } from "../calendar/shift";
import { ConcordanceError } from "../errors";
import type { BusinessDate } from "../time";
import { afterHolds, checkTerms, type Hold, type PayoutTerms, payoutDateOf } from "./payout-date";
import { nextPayoutDate } from "./schedule";
import { percentOf } from "./share";

/** One merchant's business date in one currency, minor units; amounts taken from the merchant are positive. */
export interface SaleTotals {
  readonly businessDate: BusinessDate;
  readonly grossMinor: bigint;
  readonly refundsMinor: bigint;
  readonly chargebacksMinor: bigint;
  /** Negative where fees were given back. */
  readonly feesMinor: bigint;
}

/** Reserve kept back with one payout. */
export interface Tranche {
  readonly heldOn: BusinessDate;
  readonly amountMinor: bigint;
  /** The payout it goes out with. */
  readonly releaseOn: BusinessDate;
  readonly shifts: readonly Shift[];
}

/** One payout, explained to zero: gross - refunds - chargebacks - fees - reserve held + released + brought forward = net + carried forward. */
export interface Payout {
  /** Its date by terms and schedule, before holds; its key. */
  readonly scheduledOn: BusinessDate;
  /** When it is paid; null while a hold without an end keeps it. */
  readonly date: BusinessDate | null;
  readonly heldBy: Hold | null;
  readonly grossMinor: bigint;
  readonly refundsMinor: bigint;
  readonly chargebacksMinor: bigint;
  readonly feesMinor: bigint;
  readonly reserveHeldMinor: bigint;
  readonly reserveReleasedMinor: bigint;
  /** What the payout before could not cover, negative; or was too small to pay, positive. */
  readonly broughtForwardMinor: bigint;
  /** What leaves; never negative. */
  readonly netMinor: bigint;
  /** What this one cannot cover, negative; or is too small to pay, positive. */
  readonly carriedForwardMinor: bigint;
  /** The dates paid, each with the shifts from it to `scheduledOn`. */
  readonly sales: readonly { readonly businessDate: BusinessDate; readonly shifts: readonly Shift[] }[];
  readonly released: readonly Tranche[];
  /** From `scheduledOn` to `date`, or as far as it got. */
  readonly shifts: readonly Shift[];
}

export interface PayoutPlan {
  readonly payouts: readonly Payout[];
  /** Reserve still kept after the horizon. */
  readonly reserve: readonly Tranche[];
  /** Owed by the merchant after the last payout, negative; or below the minimum, positive. */
  readonly carriedForwardMinor: bigint;
}

export interface PayoutOptions {
  readonly terms: PayoutTerms;
  /** One merchant and currency; every business date once. */
  readonly totals: readonly SaleTotals[];
  readonly holds: readonly Hold[];
  /** Reserve is released up to this date; sales are paid whenever they are due. */
  readonly horizon: BusinessDate;
  /** Kept back before the first of `totals`. */
  readonly openingReserve?: readonly Tranche[];
  /** 0 or negative. */
  readonly openingMinor?: bigint;
  /** Less than this is not paid out but carried forward. */
  readonly minimumMinor?: bigint;
}

interface Cycle {
  readonly sales: { readonly totals: SaleTotals; readonly shifts: readonly Shift[] }[];
  readonly released: Tranche[];
}

/**
 * The payouts of one merchant in one currency: what leaves when, and why. Nothing is lost between them: net, held, reserve and
 * what is carried forward add up to what was sold less refunds, chargebacks and fees.
 */
export function planPayouts(options: PayoutOptions): PayoutPlan {
  const { terms, holds, horizon } = options;
  checkTerms(terms);
  const cycles = new Map<BusinessDate, Cycle>();
  const dates: BusinessDate[] = [];
  const cycleOn = (date: BusinessDate): Cycle => {
    const known = cycles.get(date);
    if (known !== undefined) return known;
    const cycle: Cycle = { sales: [], released: [] };
    cycles.set(date, cycle);
    insertInOrder(dates, date);
    return cycle;
  };
  for (const totals of checkedTotals(options.totals)) {
    const { date, shifts } = payoutDateOf(terms, totals.businessDate);
    cycleOn(date).sales.push({ totals, shifts });
  }
  const kept: Tranche[] = [];
  const keep = (tranche: Tranche): void => {
    if (tranche.releaseOn > horizon) kept.push(tranche);
    else cycleOn(tranche.releaseOn).released.push(tranche);
  };
  for (const tranche of options.openingReserve ?? []) keep(tranche);

  const minimum = options.minimumMinor ?? 0n;
  const payouts: Payout[] = [];
  let broughtForward = checkedOpening(options.openingMinor ?? 0n);
  // Grows while it is walked: reserve goes out strictly after the payout it was kept from, so only ahead of here.
  for (const scheduledOn of dates) {
    const payout = payOut({ scheduledOn, cycle: cycleOn(scheduledOn), terms, holds, broughtForward, minimum });
    if (payout.reserveHeldMinor > 0n) keep(trancheOf(terms, scheduledOn, payout.reserveHeldMinor));
    payouts.push(payout);
    broughtForward = payout.carriedForwardMinor;
  }
  return { payouts, reserve: kept, carriedForwardMinor: broughtForward };
}

/** New dates are mostly the latest, so the search starts at the end. */
function insertInOrder(dates: BusinessDate[], date: BusinessDate): void {
  let at = dates.length;
  while (at > 0 && (dates[at - 1] ?? "") > date) at--;
  dates.splice(at, 0, date);
}

interface CycleOptions {
  readonly scheduledOn: BusinessDate;
  readonly cycle: Cycle;
  readonly terms: PayoutTerms;
  readonly holds: readonly Hold[];
  readonly broughtForward: bigint;
  readonly minimum: bigint;
}

function payOut({ scheduledOn, cycle, terms, holds, broughtForward, minimum }: CycleOptions): Payout {
  const sum = (amount: (totals: SaleTotals) => bigint): bigint =>
    cycle.sales.reduce((total, { totals }) => total + amount(totals), 0n);
  const grossMinor = sum(({ grossMinor }) => grossMinor);
  const refundsMinor = sum(({ refundsMinor }) => refundsMinor);
  const chargebacksMinor = sum(({ chargebacksMinor }) => chargebacksMinor);
  const feesMinor = sum(({ feesMinor }) => feesMinor);
  const reserveHeldMinor = terms.reserve === null ? 0n : percentOf(grossMinor, terms.reserve.percent, "half_up");
  const reserveReleasedMinor = cycle.released.reduce((total, { amountMinor }) => total + amountMinor, 0n);
  const balance =
    grossMinor - refundsMinor - chargebacksMinor - feesMinor - reserveHeldMinor + reserveReleasedMinor + broughtForward;
  const isPaid = balance > 0n && balance >= minimum;
  const outcome = afterHolds(terms, scheduledOn, holds);
  return {
    scheduledOn,
    date: outcome.state === "pays" ? outcome.date : null,
    heldBy: outcome.state === "held" ? outcome.hold : null,
    grossMinor,
    refundsMinor,
    chargebacksMinor,
    feesMinor,
    reserveHeldMinor,
    reserveReleasedMinor,
    broughtForwardMinor: broughtForward,
    netMinor: isPaid ? balance : 0n,
    carriedForwardMinor: isPaid ? 0n : balance,
    sales: cycle.sales.map(({ totals, shifts }) => ({ businessDate: totals.businessDate, shifts })),
    released: cycle.released,
    shifts: outcome.shifts,
  };
}

function trancheOf(terms: PayoutTerms, heldOn: BusinessDate, amountMinor: bigint): Tranche {
  const days = terms.reserve?.calendarDays ?? 0;
  const kept = addLags(terms.calendar, heldOn, [{ unit: "calendar_days", count: days, why: "rolling reserve" }]);
  const paid = nextPayoutDate(terms.schedule, terms.calendar, kept.date);
  const shifts = [...kept.shifts.map((shift) => ({ ...shift, kind: "reserve" as const })), ...paid.shifts];
  return { heldOn, amountMinor, releaseOn: paid.date, shifts };
}

function checkedTotals(totals: readonly SaleTotals[]): readonly SaleTotals[] {
  const seen = new Set<BusinessDate>();
  for (const { businessDate, grossMinor, refundsMinor, chargebacksMinor } of totals) {
    if (grossMinor < 0n || refundsMinor < 0n || chargebacksMinor < 0n) {
      refuse("negative_total", `The totals of ${businessDate} have a negative gross, refund or chargeback.`);
    }
    if (seen.has(businessDate)) refuse("repeated_date", `The totals of ${businessDate} are given twice.`);
    seen.add(businessDate);
  }
  return totals;
}

function checkedOpening(openingMinor: bigint): bigint {
  if (openingMinor > 0n)
    refuse("positive_opening", "An opening balance in the merchant's favour is no debt to carry forward.");
  return openingMinor;
}

function refuse(code: string, message: string): never {
  throw new ConcordanceError({
    kind: "invalid_input",
    code,
    message,
    remedy: "Give amounts taken from the merchant as positive numbers, one row per business date.",
  });
}
