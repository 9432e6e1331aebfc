import { z } from "zod";
import { parseDecimal } from "../../domain/money";
import { checkFeePlan, type FeePlan } from "../../domain/terms/fees";
import type { BusinessDate } from "../../domain/time";

const DecimalText = z.string().regex(/^\d{1,9}(\.\d{1,8})?$/, "is not a decimal number such as 0.25");
const DateText = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const MinorText = z.string().regex(/^\d{1,17}$/, "is not a whole number of minor units");
const CurrencyCode = z.string().regex(/^[A-Z]{3}$/);

const FeeRule = z.strictObject({
  paymentTypes: z.array(z.string()).min(1).nullable().default(null),
  percent: DecimalText,
  fixedMinor: MinorText.default("0"),
  minimumMinor: MinorText.nullable().default(null),
  maximumMinor: MinorText.nullable().default(null),
});

const Plan = z.strictObject({
  id: z.string().min(1),
  /** Format of the statements it is for: stripe, adyen ... */
  source: z.string().min(1),
  currency: CurrencyCode,
  rounding: z.literal("half_up").default("half_up"),
  terms: z.array(z.strictObject({ since: DateText.nullable().default(null), rules: z.array(FeeRule).min(1) })).min(1),
});

const Rate = z.strictObject({
  date: DateText,
  from: CurrencyCode,
  to: CurrencyCode,
  /** One unit of `from` in units of `to`. */
  rate: DecimalText,
});

/** What an operator may change. It is part of every run's spec, so a past close says by what it was made. */
export const ReconciliationSettings = z
  .strictObject({
    /** Items older than this many days are not looked at any more. */
    lookbackDays: z.number().int().min(7).max(400).default(60),
    /** Read before that, so that the other half of an old item is found: days. */
    marginDays: z.number().int().min(0).max(60).default(14),
    /** Stage 2: the larger of both is allowed. */
    toleranceMinor: MinorText.default("1"),
    tolerancePercent: DecimalText.default("0"),
    /** Stage 5: business days a line may come before the payment and after it was due. */
    windowDaysBefore: z.number().int().min(0).max(10).default(1),
    windowDaysAfter: z.number().int().min(0).max(10).default(5),
    /** Stage 5: how alike names, or references where there are none, must be, 0 to 1. */
    similarityMin: z.number().min(0.5).max(1).default(0.8),
    /** Business days until a processor's payout is at the bank. */
    payoutDays: z.number().int().min(0).max(10).default(2),
    /** Business days until a return or refund of a bank payment is on a statement. */
    returnDays: z.number().int().min(0).max(10).default(2),
    /** Business days where no rail carries a payment type in a currency. */
    noRailDays: z.number().int().min(0).max(20).default(1),
    /** Cards charged in a currency and settled in another: whose rail says when. */
    settlesIn: z.record(CurrencyCode, CurrencyCode).default({}),
    /** Difference a conversion may have from the reference rate: the larger of both. */
    rateToleranceMinor: MinorText.default("1"),
    rateTolerancePercent: DecimalText.default("0.5"),
    feePlans: z.array(Plan).default([]),
    rates: z.array(Rate).default([]),
  })
  .superRefine(({ feePlans }, context) => {
    for (const [index, plan] of feePlans.entries()) {
      try {
        checkFeePlan(feePlanOf(plan));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        context.addIssue({ code: "custom", path: ["feePlans", index], message });
      }
    }
  });
export type ReconciliationSettings = z.infer<typeof ReconciliationSettings>;
type PlanSetting = ReconciliationSettings["feePlans"][number];

/** The plan as the domain knows it. */
export function feePlanOf(plan: PlanSetting): FeePlan {
  const terms = plan.terms.map(({ since, rules }) => ({
    since: since as BusinessDate | null,
    rules: rules.map((rule) => {
      const percent = parseDecimal(rule.percent);
      return {
        paymentTypes: rule.paymentTypes,
        percent: percent.ok ? percent.value : { unscaled: -1n, scale: 0 },
        fixedMinor: BigInt(rule.fixedMinor),
        minimumMinor: rule.minimumMinor === null ? null : BigInt(rule.minimumMinor),
        maximumMinor: rule.maximumMinor === null ? null : BigInt(rule.maximumMinor),
      };
    }),
  }));
  return { id: plan.id, currency: plan.currency, rounding: plan.rounding, terms: terms as unknown as FeePlan["terms"] };
}

/** Above what value a second person has to agree; effective-dated under `reconciliation_approvals` of the finals' file. */
export const ApprovalLimits = z.strictObject({
  /** Minor units by currency. */
  limitsMinor: z.record(CurrencyCode, MinorText).default({}),
  /** For every other currency, in whole units of it. */
  otherUnits: z
    .string()
    .regex(/^\d{1,12}$/, "is not a whole number of units")
    .default("10000"),
});
export type ApprovalLimits = z.infer<typeof ApprovalLimits>;
