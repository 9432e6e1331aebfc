import { z } from "zod";
import { AsOf, DateText, FilterText, InstantText, MoneyValue } from "../../domain/answer";

export const MERCHANT_SORTS = [
  "gross",
  "net",
  "events",
  "settled",
  "averageTicket",
  "approvalRate",
  "refundRate",
  "chargebackRate",
  "customers",
  "denied",
  "merchantId",
] as const;

const Counts = {
  events: z.number().int(),
  received: z.number().int(),
  pending: z.number().int(),
  approved: z.number().int(),
  declined: z.number().int(),
  settled: z.number().int(),
  failed: z.number().int(),
  returned: z.number().int(),
  refunded: z.number().int(),
  chargebacks: z.number().int(),
  denied: z.number().int(),
};

/**
 * One merchant and currency; currencies never mix. Amounts are null where the source carries none, rates where there is
 * nothing to divide by: approval = approved / (approved + declined), refund and chargeback = their events / settled.
 */
export const MerchantFigures = z.object({
  currency: z.string().nullable(),
  exponent: z.number().int().nullable(),
  ...Counts,
  grossMinor: z.bigint().nullable(),
  refundedMinor: z.bigint().nullable(),
  returnedMinor: z.bigint().nullable(),
  chargebackMinor: z.bigint().nullable(),
  /** Gross less refunds, returns and chargebacks. */
  netMinor: z.bigint().nullable(),
  /** Gross / settled, rounded half up to the minor unit. */
  averageTicketMinor: z.bigint().nullable(),
  approvalRate: z.number().nullable(),
  refundRate: z.number().nullable(),
  chargebackRate: z.number().nullable(),
  /** Distinct over the whole period, not a sum of days. */
  customers: z.number().int(),
  lastEventTime: InstantText,
});
export type MerchantFigures = z.infer<typeof MerchantFigures>;

export const MerchantRow = MerchantFigures.extend({
  merchantId: z.string(),
  /** Null where the reference data do not know the merchant. */
  name: z.string().nullable(),
  riskLevel: z.string().nullable(),
  mcc: z.string().nullable(),
  country: z.string().nullable(),
});
export type MerchantRow = z.infer<typeof MerchantRow>;

export const MerchantsQuery = z.object({
  /** Business dates, both included. */
  from: DateText,
  to: DateText,
  /** As the index was then; null: as it is. */
  at: InstantText.nullable().default(null),
  currency: z.string().length(3).nullable().default(null),
  search: FilterText.nullable().default(null),
  sort: z.enum(MERCHANT_SORTS).default("gross"),
  direction: z.enum(["asc", "desc"]).default("desc"),
  /** 0 is the first. */
  page: z.number().int().min(0).max(100_000).default(0),
  pageSize: z.number().int().min(1).max(200).default(50),
});
export type MerchantsQuery = z.infer<typeof MerchantsQuery>;

export const MerchantsPage = z.object({
  rows: z.array(MerchantRow),
  /** Merchant and currency pairs under the filter. */
  total: z.number().int(),
  merchants: z.number().int(),
  /** Per currency over everything under the filter. */
  totals: z.array(
    z.object({
      currency: z.string().nullable(),
      exponent: z.number().int().nullable(),
      merchants: z.number().int(),
      events: z.number().int(),
      settled: z.number().int(),
      grossMinor: z.bigint().nullable(),
      netMinor: z.bigint().nullable(),
    }),
  ),
  /** Newest and oldest business dates the index holds; null where it is empty. */
  available: z.object({ from: DateText, to: DateText }).nullable(),
  /** Real-time figures: the nightly final replaces them. */
  partial: z.literal(true),
  asOf: AsOf,
});
export type MerchantsPage = z.infer<typeof MerchantsPage>;

export const MerchantQuery = z.object({
  merchantId: z.string().min(1).max(200),
  from: DateText,
  to: DateText,
  /** As the index was then; null: as it is. */
  at: InstantText.nullable().default(null),
});
export type MerchantQuery = z.infer<typeof MerchantQuery>;

export const MerchantDay = MerchantFigures.extend({ businessDate: DateText });
export type MerchantDay = z.infer<typeof MerchantDay>;

export const MerchantDetail = z.object({
  merchantId: z.string(),
  /** Reference data; null where they do not know the merchant. */
  profile: z
    .object({
      name: z.string(),
      riskLevel: z.string().nullable(),
      mcc: z.string().nullable(),
      onboardedOn: DateText.nullable(),
      country: z.string().nullable(),
      payoutDelayDays: z.number().int().nullable(),
      payoutCutoff: z.string().nullable(),
      payoutZone: z.string().nullable(),
      feePlan: z.string().nullable(),
      reservePercent: z.number().nullable(),
      payoutHold: z.boolean().nullable(),
    })
    .nullable(),
  /** Per currency over the period. */
  totals: z.array(MerchantFigures),
  /** Per day and currency, oldest first; a day without events has no row. */
  days: z.array(MerchantDay),
  declineCodes: z.array(z.object({ code: z.string().nullable(), declines: z.number().int(), share: z.number() })),
  /** Customers by number of payments, the first fifty. */
  customers: z.array(
    z.object({
      userId: z.string(),
      payments: z.number().int(),
      settled: z.array(MoneyValue),
      declined: z.number().int(),
      lastEventTime: InstantText,
    }),
  ),
  /** Newest first, the first fifty; null where the role may not read fraud. */
  alerts: z
    .array(
      z.object({
        alertId: z.string(),
        rule: z.string(),
        severity: z.string(),
        entityType: z.string(),
        entityId: z.string(),
        transactionId: z.string().nullable(),
        amount: MoneyValue.nullable(),
        detectedAt: InstantText,
      }),
    )
    .nullable(),
  partial: z.literal(true),
  asOf: AsOf,
});
export type MerchantDetail = z.infer<typeof MerchantDetail>;
