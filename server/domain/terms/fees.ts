import { ConcordanceError } from "../errors";
import { type Decimal, formatMinor, type Money } from "../money";
import type { BusinessDate } from "../time";
import { percentOf, type Rounding } from "./share";

/** What one kind of payment costs. */
export interface FeeRule {
  /** Payment types it is for; null for every one no rule before it names. */
  readonly paymentTypes: readonly string[] | null;
  readonly percent: Decimal;
  readonly fixedMinor: bigint;
  readonly minimumMinor: bigint | null;
  readonly maximumMinor: bigint | null;
}

export interface FeeTerms {
  /** Null for the oldest, which hold for all that came before too. */
  readonly since: BusinessDate | null;
  /** The first that fits counts. */
  readonly rules: readonly FeeRule[];
}

/** What a processor may charge a merchant, in one currency. */
export interface FeePlan {
  readonly id: string;
  readonly currency: string;
  readonly rounding: Rounding;
  /** Oldest first. */
  readonly terms: readonly [FeeTerms, ...FeeTerms[]];
}

export interface Fee {
  readonly feeMinor: bigint;
  /** Which terms and rule it follows from, for the reader of a fee variance. */
  readonly since: BusinessDate | null;
  readonly rule: FeeRule;
  readonly reason: string;
}

/** Throws `bad_fee_plan` with every fault: terms out of order, an amount or percentage below zero, a minimum above the maximum. */
export function checkFeePlan(plan: FeePlan): void {
  const faults: string[] = [];
  for (const [index, { since, rules }] of plan.terms.entries()) {
    const at = since ?? "the oldest terms";
    const before = plan.terms[index - 1]?.since ?? "";
    if (index > 0 && (since === null || since <= before)) faults.push(`${at}: terms are not in order of their dates`);
    for (const [position, rule] of rules.entries()) {
      const amounts = [rule.percent.unscaled, rule.fixedMinor, rule.minimumMinor ?? 0n, rule.maximumMinor ?? 0n];
      if (amounts.some((amount) => amount < 0n)) faults.push(`${at}, rule ${position + 1}: an amount below zero`);
      const isCrossed = rule.maximumMinor !== null && (rule.minimumMinor ?? 0n) > rule.maximumMinor;
      if (isCrossed) faults.push(`${at}, rule ${position + 1}: the minimum is above the maximum`);
    }
  }
  if (faults.length === 0) return;
  throw new ConcordanceError({
    kind: "config",
    code: "bad_fee_plan",
    message: `The fee plan "${plan.id}" is wrong: ${faults.join("; ")}.`,
    remedy: "Correct the plan; all its faults are listed.",
  });
}

export interface FeeQuestion {
  readonly amount: Money;
  readonly paymentType: string;
  /** Business date of the payment. */
  readonly on: BusinessDate;
  /** Decimal places of the currency, for the reason's text. */
  readonly exponent: number;
}

/**
 * The fee a plan expects for one payment, rounded once, then held between minimum and maximum; null where no rule covers the
 * payment, which is not a fee of zero. Throws `mixed_currencies` and `negative_amount`.
 */
export function expectedFee(plan: FeePlan, { amount, paymentType, on, exponent }: FeeQuestion): Fee | null {
  if (amount.currency !== plan.currency) {
    refuse(
      "mixed_currencies",
      `The fee plan "${plan.id}" is in ${plan.currency}; the payment is in ${amount.currency}.`,
    );
  }
  if (amount.amountMinor < 0n) refuse("negative_amount", `A fee was asked for an amount of ${amount.amountMinor}.`);
  const terms = plan.terms.filter(({ since }) => since === null || since <= on).at(-1) ?? plan.terms[0];
  const rule = terms.rules.find(({ paymentTypes }) => paymentTypes === null || paymentTypes.includes(paymentType));
  if (rule === undefined) return null;
  const { minimumMinor, maximumMinor, fixedMinor } = rule;
  const full = percentOf(amount.amountMinor, rule.percent, plan.rounding) + fixedMinor;
  const money = (minor: bigint) => formatMinor(minor, exponent);
  const parts = `${formatMinor(rule.percent.unscaled, rule.percent.scale)} % of ${money(amount.amountMinor)} + ${money(fixedMinor)}`;
  const fee = { since: terms.since, rule };
  if (minimumMinor !== null && full < minimumMinor) {
    return { ...fee, feeMinor: minimumMinor, reason: `${parts}, at least ${money(minimumMinor)}` };
  }
  if (maximumMinor !== null && full > maximumMinor) {
    return { ...fee, feeMinor: maximumMinor, reason: `${parts}, at most ${money(maximumMinor)}` };
  }
  return { ...fee, feeMinor: full, reason: parts };
}

function refuse(code: string, message: string): never {
  throw new ConcordanceError({
    kind: "invalid_input",
    code,
    message,
    remedy: "Ask with the plan of the payment's currency and an amount that is not below zero.",
  });
}
