import { z } from "zod";
import { AsOf, Cursor, DateText, FilterText, InstantText, PageLimit, SourceCoordinates } from "../../domain/answer";

export const PAYOUT_STATUSES = ["projected", "scheduled", "held", "paid", "late"] as const;
export type PayoutStatus = (typeof PAYOUT_STATUSES)[number];

/** What moves a payout's dates; `reserve` and `minimum` move money between payouts. */
export const SHIFT_KINDS = [
  "cut_off",
  "weekend",
  "holiday",
  "schedule",
  "hold",
  "gate",
  "late",
  "reserve",
  "minimum",
  "debt",
] as const;
export type ShiftKind = (typeof SHIFT_KINDS)[number];

const Status = z.enum(PAYOUT_STATUSES);

/** Which close is shown; null: the newest. */
export const CloseOf = z.object({ date: DateText.nullable().default(null) });

export const Close = z.object({
  businessDate: DateText,
  run: z.number().int(),
  startedAt: InstantText,
  ruleVersion: z.string(),
  isNewest: z.boolean(),
  /** Why no payout leaves after it, with how many are kept; empty where nothing is wrong. */
  blocked: z.array(z.object({ reason: z.string(), payouts: z.number().int() })),
  /** The close before was run again after this one: this one is to be run again too. */
  builtOnEarlierRun: z.boolean(),
  /** Holds placed or released since: they take effect in the next run. */
  pendingHolds: z.number().int(),
  controls: z.array(z.object({ control: z.string(), currency: z.string().nullable(), minor: z.string().nullable() })),
});
export type Close = z.infer<typeof Close>;

/** One payout at a close. Minor units of its currency; amounts taken from the merchant are positive. */
export const PayoutRow = z.object({
  payoutId: z.string(),
  merchantId: z.string(),
  /** Null where the reference data do not know the merchant. */
  merchantName: z.string().nullable(),
  currency: z.string(),
  exponent: z.number().int(),
  scheduledOn: DateText,
  payOn: DateText.nullable(),
  status: Status,
  reason: z.string().nullable(),
  movedBy: z.array(z.enum(SHIFT_KINDS)),
  grossMinor: z.bigint(),
  refundsMinor: z.bigint(),
  chargebacksMinor: z.bigint(),
  feesMinor: z.bigint(),
  reserveHeldMinor: z.bigint(),
  reserveReleasedMinor: z.bigint(),
  broughtForwardMinor: z.bigint(),
  netMinor: z.bigint(),
  carriedForwardMinor: z.bigint(),
  expectedMinor: z.bigint(),
  payments: z.number().int(),
  expectedPayments: z.number().int(),
  dueOn: DateText.nullable(),
  holdId: z.string().nullable(),
  bankMinor: z.bigint().nullable(),
  bankLineKey: z.string().nullable(),
  /** The close that told it last. */
  toldOn: DateText,
  /** What a person decided since that close; it takes effect in the next run. */
  pending: z.enum(["released", "placed"]).nullable(),
});
export type PayoutRow = z.infer<typeof PayoutRow>;

export const PAYOUT_SORTS = ["date", "net"] as const;

export const PayoutsQuery = z.object({
  close: CloseOf.prefault({}),
  /** Payout dates, both included; null: no bound. */
  from: DateText.nullable().default(null),
  to: DateText.nullable().default(null),
  status: z.array(Status).max(PAYOUT_STATUSES.length).default([]),
  movedBy: z.enum(SHIFT_KINDS).nullable().default(null),
  currency: z.string().length(3).nullable().default(null),
  merchantId: z.string().max(200).nullable().default(null),
  /** Part of a payout id, a merchant's id or name. */
  text: FilterText.nullable().default(null),
  sort: z.enum(PAYOUT_SORTS).default("date"),
  cursor: Cursor,
  limit: PageLimit,
});
export type PayoutsQuery = z.infer<typeof PayoutsQuery>;

const Sum = z.object({
  currency: z.string(),
  exponent: z.number().int(),
  netMinor: z.bigint(),
  expectedMinor: z.bigint(),
  payouts: z.number().int(),
});

export const PayoutsPage = z.object({
  close: Close,
  rows: z.array(PayoutRow),
  nextCursor: z.string().nullable(),
  total: z.number().int(),
  /** Per currency over everything under the filter. */
  totals: z.array(Sum),
  byStatus: z.record(Status, z.number().int()),
  asOf: AsOf,
});
export type PayoutsPage = z.infer<typeof PayoutsPage>;

export const CalendarQuery = z.object({
  close: CloseOf.prefault({}),
  month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/),
  currency: z.string().length(3).nullable().default(null),
});
export type CalendarQuery = z.infer<typeof CalendarQuery>;

/** Cash needed on a day in a currency: what leaves as planned, what is late, and what is still to settle. */
export const CalendarDay = z.object({
  date: DateText,
  currency: z.string(),
  exponent: z.number().int(),
  /** By status; currencies never mix. */
  netMinor: z.record(Status, z.bigint()),
  payouts: z.record(Status, z.number().int()),
  /** Scheduled and projected and late: still to be found. */
  neededMinor: z.bigint(),
  expectedMinor: z.bigint(),
  moved: z.number().int(),
});
export type CalendarDay = z.infer<typeof CalendarDay>;

export const CalendarMonth = z.object({
  close: Close,
  days: z.array(CalendarDay),
  /** Payouts a hold without an end keeps, by currency: they have no date. */
  undated: z.array(Sum),
  /** Days a calendar is closed on, by calendar. */
  closed: z.array(z.object({ date: DateText, calendar: z.string(), name: z.string() })),
  /** First and last payout date there is. */
  available: z.object({ from: DateText, to: DateText }).nullable(),
  asOf: AsOf,
});
export type CalendarMonth = z.infer<typeof CalendarMonth>;

export const PayoutQuery = z.object({ close: CloseOf.prefault({}), payoutId: z.string().min(1).max(100) });
export type PayoutQuery = z.infer<typeof PayoutQuery>;

const Shift = z.object({ kind: z.string(), from: DateText, to: DateText, reason: z.string() });

export const HoldRow = z.object({
  holdId: z.string(),
  merchantId: z.string(),
  merchantName: z.string().nullable(),
  currency: z.string().nullable(),
  from: DateText,
  until: DateText.nullable(),
  reason: z.string(),
  placedBy: z.string(),
  placedAt: InstantText,
  releasedBy: z.string().nullable(),
  releasedAt: InstantText.nullable(),
  releaseReason: z.string().nullable(),
  /** active; released; pending: placed or released since the newest close. */
  state: z.enum(["active", "released", "placed_next_run", "released_next_run"]),
});
export type HoldRow = z.infer<typeof HoldRow>;

export const PayoutDetail = z.object({
  close: Close,
  payout: PayoutRow,
  terms: z.object({
    delayDays: z.number().int(),
    cutoff: z.string(),
    zone: z.string(),
    calendar: z.string(),
    schedule: z.string(),
    scheduleDays: z.string().nullable(),
    feePlan: z.string().nullable(),
    reservePercent: z.number().nullable(),
    reserveDays: z.number().int().nullable(),
    minimumMinor: z.bigint(),
  }),
  /** Adds up to zero: what came in less what leaves and what is carried. */
  components: z.array(z.object({ name: z.string(), amountMinor: z.bigint() })),
  /** From the date its sales count for to the date it is paid, step by step. */
  sales: z.array(
    z.object({
      saleDate: DateText,
      payments: z.number().int(),
      amountMinor: z.bigint(),
      feesMinor: z.bigint(),
      shifts: z.array(Shift),
    }),
  ),
  /** From its scheduled date on. */
  shifts: z.array(Shift),
  released: z.array(z.object({ scheduledOn: DateText, amountMinor: z.bigint(), releaseFrom: DateText })),
  /** The first, newest last; all of them by the export. */
  items: z.array(
    z.object({
      transactionId: z.string(),
      status: z.string(),
      paymentType: z.string(),
      eventTime: InstantText,
      saleDate: DateText,
      amountMinor: z.bigint(),
      feeMinor: z.bigint().nullable(),
      coordinates: SourceCoordinates,
    }),
  ),
  bankLines: z.array(
    z.object({ lineKey: z.string(), account: z.string(), bookingDate: DateText, amountMinor: z.bigint() }),
  ),
  /** How the closes told it, oldest first. */
  history: z.array(
    z.object({
      businessDate: DateText,
      status: Status,
      payOn: DateText.nullable(),
      netMinor: z.bigint(),
      reason: z.string().nullable(),
    }),
  ),
  holds: z.array(HoldRow),
  asOf: AsOf,
});
export type PayoutDetail = z.infer<typeof PayoutDetail>;

export const HoldsPage = z.object({ holds: z.array(HoldRow), asOf: AsOf });

const Reason = z.string().trim().min(5).max(1_000);

export const PlaceHold = z.object({
  merchantId: z.string().min(1).max(200),
  currency: z.string().length(3).nullable(),
  from: DateText,
  reason: Reason,
});
export type PlaceHold = z.infer<typeof PlaceHold>;

export const ReleaseHold = z.object({ holdId: z.string().min(1).max(100), reason: Reason });
export type ReleaseHold = z.infer<typeof ReleaseHold>;

export const HoldDone = z.object({ holdId: z.string(), effectiveOn: DateText, lakeVersion: z.number().int() });
