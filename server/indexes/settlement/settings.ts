import { z } from "zod";
import { CALENDAR_IDS } from "../../domain/calendar/calendars";

/** What an operator may change. It is part of every run's spec, so a past close says by what it was made. */
export const SettlementSettings = z.strictObject({
  /** Payments are taken in up to so many days after their business date; open payouts are followed as long: days. */
  lookbackDays: z.number().int().min(7).max(400).default(60),
  /** How far ahead payouts are projected: days. */
  horizonDays: z.number().int().min(1).max(180).default(45),
  /** Terms of a merchant that neither dim_payout_terms nor dim_merchants has any of. */
  defaultTerms: z
    .strictObject({
      delayDays: z.number().int().min(0).max(365).default(2),
      cutoff: z
        .string()
        .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/)
        .default("24:00"),
      zone: z.string().default("UTC"),
      calendar: z.enum(CALENDAR_IDS).nullable().default(null),
    })
    .prefault({}),
  /** How long a reserve of dim_merchants, which has no days, is kept: calendar days. */
  reserveDays: z.number().int().min(1).max(3_650).default(180),
  /**
   * Accounts whose statements show payouts. Without any, a payout counts as paid on its date and says so; with some, only a
   * bank line that names it makes it paid.
   */
  payoutAccounts: z.array(z.string().min(1)).max(100).default([]),
  /** Business days until a payout is on the bank's statement. */
  bankDays: z.number().int().min(0).max(10).default(1),
  /** Payouts wait until the reconciliation of the close is there. */
  requireReconciliation: z.boolean().default(true),
});
export type SettlementSettings = z.infer<typeof SettlementSettings>;
