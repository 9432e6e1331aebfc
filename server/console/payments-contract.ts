import { z } from "zod";
import { AsOf, Cursor, DateText, InstantText, MoneyValue, PageLimit, SourceCoordinates } from "../domain/answer";

export const MONEY_FLOWS = ["in", "out", "in_flight"] as const;

/** The payments behind one amount of the overview. */
export const PaymentsQuery = z.object({
  businessDate: DateText,
  currency: z.string().length(3),
  flow: z.enum(MONEY_FLOWS),
  cursor: Cursor,
  limit: PageLimit,
});
export type PaymentsQuery = z.infer<typeof PaymentsQuery>;

export const PaymentRow = z.object({
  transactionId: z.string(),
  paymentType: z.string(),
  status: z.string(),
  /** As it counts in the sum: money out is positive. */
  amount: MoneyValue,
  userId: z.string(),
  merchantId: z.string().nullable(),
  counterpartyId: z.string().nullable(),
  eventTime: InstantText,
  coordinates: SourceCoordinates,
});
export type PaymentRow = z.infer<typeof PaymentRow>;

export const PaymentsPage = z.object({
  rows: z.array(PaymentRow),
  nextCursor: z.string().nullable(),
  /** Of all pages. */
  total: z.number().int(),
  /** Of all pages; one per number of decimal places, which a source may set otherwise than ISO 4217. */
  sums: z.array(MoneyValue),
  asOf: AsOf,
});
export type PaymentsPage = z.infer<typeof PaymentsPage>;
