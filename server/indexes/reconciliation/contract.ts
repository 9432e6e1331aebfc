import { z } from "zod";
import { AsOf, Cursor, DateText, FilterText, InstantText, MoneyValue, PageLimit } from "../../domain/answer";
import { Decision } from "./contract-decisions";

/** Every kind of break (PRODUCT.md section 2, reconciliation), in the order a work list shows them. */
export const BREAK_KINDS = [
  "missing_external",
  "missing_internal",
  "amount_over",
  "amount_under",
  "currency",
  "exponent",
  "fx_rate",
  "fee_variance",
  "duplicate_internal",
  "duplicate_external",
  "split_incomplete",
  "ambiguous",
  "reference_mismatch",
  "direction",
  "returned",
  "return_unmatched",
  "status_conflict",
  "late",
  "control_total",
] as const;
export type BreakKind = (typeof BREAK_KINDS)[number];

/** Which close: a business date, and the version of the table it is read at. Null: the newest of each. */
export const CloseQuery = z.object({
  date: DateText.nullable().default(null),
  version: z.number().int().min(0).nullable().default(null),
});
export type CloseQuery = z.infer<typeof CloseQuery>;

/** The close an answer is of. */
export const Close = z.object({
  businessDate: DateText,
  /** Version of the table it was read at. */
  version: z.number().int(),
  /** Run of the date that version holds. */
  run: z.number().int(),
  startedAt: InstantText,
  ruleVersion: z.string(),
  rows: z.number().int(),
  /** The newest close as it is now: only there a person can decide. */
  isCurrent: z.boolean(),
});
export type Close = z.infer<typeof Close>;

export const Closes = z.object({
  /** Newest first; `version` reopens the date as that run left it. */
  closes: z.array(
    z.object({ businessDate: DateText, version: z.number().int(), closedAt: InstantText, rows: z.number().int() }),
  ),
  /** Dates that were ever closed, newest first. */
  dates: z.array(DateText),
  asOf: AsOf,
});
export type Closes = z.infer<typeof Closes>;

const Count = z.number().int();
/** Items and their money in one state; sums of minor units of one currency. */
const State = z.object({ items: Count, amountMinor: z.bigint() });

export const DaySummary = z.object({
  close: Close,
  /** What went into the run came out of it, as its record says. */
  controls: z.array(
    z.object({ control: z.string(), currency: z.string().nullable(), rows: z.bigint(), minor: z.bigint().nullable() }),
  ),
  groups: z.array(
    z.object({
      side: z.string(),
      /** Account of the statement; null on our side. */
      account: z.string().nullable(),
      /** Payment type; null of statement lines. */
      rail: z.string().nullable(),
      currency: z.string(),
      exponent: z.number().int(),
      matched: State,
      broken: State,
      inFlight: State,
    }),
  ),
  stages: z.array(z.object({ stage: z.number().int(), matches: Count, items: Count })),
  kinds: z.array(z.object({ kind: z.string(), breaks: Count })),
  /** Breaks by age in business days: 0, 1, 2 to 5, 6 to 20, more. */
  ages: z.array(
    z.object({
      currency: z.string(),
      exponent: z.number().int(),
      buckets: z.array(z.object({ bucket: z.string(), breaks: Count, valueMinor: z.bigint() })),
    }),
  ),
  asOf: AsOf,
});
export type DaySummary = z.infer<typeof DaySummary>;

export const BREAK_STATUSES = ["open", "waiting", "decided", "snoozed"] as const;
export type BreakStatus = (typeof BREAK_STATUSES)[number];
export const BREAK_SORTS = ["oldest", "newest", "value"] as const;

export const BreakFilter = z.object({
  close: CloseQuery.prefault({}),
  kind: z.array(z.enum(BREAK_KINDS)).default([]),
  /** open: nobody has decided. waiting: for a second person. decided: shown by the next run. */
  status: z.array(z.enum(BREAK_STATUSES)).default([]),
  account: z.string().max(200).nullable().default(null),
  rail: z.string().max(60).nullable().default(null),
  currency: z.string().max(3).nullable().default(null),
  merchant: z.string().max(200).nullable().default(null),
  /** "me", "nobody" or a person's id. */
  assignee: z.string().max(100).nullable().default(null),
  ageMin: z.number().int().min(0).max(10_000).nullable().default(null),
  ageMax: z.number().int().min(0).max(10_000).nullable().default(null),
  /** Minor units of each break's own currency. */
  valueMin: z.bigint().min(0n).nullable().default(null),
  payout: z.string().max(400).nullable().default(null),
  text: FilterText.nullable().default(null),
});
export type BreakFilter = z.infer<typeof BreakFilter>;

export const BreaksQuery = BreakFilter.extend({
  sort: z.enum(BREAK_SORTS).default("oldest"),
  cursor: Cursor,
  limit: PageLimit,
});
export type BreaksQuery = z.infer<typeof BreaksQuery>;

export const BreakRow = z.object({
  breakId: z.string(),
  kind: z.string(),
  status: z.enum(BREAK_STATUSES),
  /** internal, bank, processor, or both sides: "internal + bank". */
  sides: z.string(),
  items: Count,
  itemKeys: z.array(z.string()),
  account: z.string().nullable(),
  rail: z.string().nullable(),
  merchantId: z.string().nullable(),
  transactionId: z.string().nullable(),
  reference: z.string().nullable(),
  counterparty: z.string().nullable(),
  currency: z.string().nullable(),
  exponent: z.number().int().nullable(),
  internal: MoneyValue.nullable(),
  external: MoneyValue.nullable(),
  field: z.string().nullable(),
  internalValue: z.string().nullable(),
  externalValue: z.string().nullable(),
  differenceMinor: z.bigint().nullable(),
  /** The difference, or the whole amount where one side is missing; never negative. */
  valueMinor: z.bigint().nullable(),
  itemDate: DateText.nullable(),
  expectedOn: DateText.nullable(),
  expectedBy: InstantText.nullable(),
  ageBusinessDays: z.number().int().nullable(),
  payoutKey: z.string().nullable(),
  assigneeId: z.string().nullable(),
  assigneeName: z.string().nullable(),
  snoozedUntil: InstantText.nullable(),
  /** Decision that waits for its second person, or for the next run. */
  decisionId: z.string().nullable(),
});
export type BreakRow = z.infer<typeof BreakRow>;

export const BreaksPage = z.object({
  close: Close,
  rows: z.array(BreakRow),
  nextCursor: z.string().nullable(),
  total: Count,
  byStatus: z.record(z.enum(BREAK_STATUSES), Count),
  /** Under the filter, but for its status. */
  values: z.array(
    z.object({ currency: z.string(), exponent: z.number().int(), breaks: Count, valueMinor: z.bigint() }),
  ),
  asOf: AsOf,
});
export type BreaksPage = z.infer<typeof BreaksPage>;

/** One item of a break or match, as its side gives it. */
export const Item = z.object({
  rowKey: z.string(),
  rowKind: z.string(),
  itemKey: z.string().nullable(),
  side: z.string(),
  state: z.string(),
  role: z.string(),
  amount: MoneyValue.nullable(),
  grossMinor: z.bigint().nullable(),
  feeMinor: z.bigint().nullable(),
  transactionId: z.string().nullable(),
  status: z.string().nullable(),
  paymentType: z.string().nullable(),
  merchantId: z.string().nullable(),
  reference: z.string().nullable(),
  counterparty: z.string().nullable(),
  account: z.string().nullable(),
  lineKey: z.string().nullable(),
  payoutKey: z.string().nullable(),
  itemDate: DateText.nullable(),
  expectedOn: DateText.nullable(),
  source: z.object({ source: z.string(), partition: z.string(), offset: z.bigint() }).nullable(),
});
export type Item = z.infer<typeof Item>;

export const WaterfallRow = z.object({
  key: z.string(),
  payoutKey: z.string().nullable(),
  account: z.string(),
  currency: z.string(),
  exponent: z.number().int(),
  /** In the order they are explained; they add up to zero. */
  components: z.array(z.object({ component: z.string(), amountMinor: z.bigint() })),
  residualMinor: z.bigint(),
  sumMinor: z.bigint(),
});
export type WaterfallRow = z.infer<typeof WaterfallRow>;

export const BreakQuery = z.object({ close: CloseQuery.prefault({}), breakId: z.string().min(1).max(600) });
export const BreakDetail = z.object({
  close: Close,
  summary: BreakRow,
  items: z.array(Item),
  evidence: z.string().nullable(),
  ruleVersion: z.string(),
  /** Open items of the other side that may belong to it, the likeliest first. */
  candidates: z.array(z.object({ item: Item, why: z.string(), differenceMinor: z.bigint() })),
  waterfall: WaterfallRow.nullable(),
  /** What earlier closes told of its items, newest first. */
  closes: z.array(z.object({ businessDate: DateText, state: z.string(), kind: z.string().nullable() })),
  decisions: z.array(Decision),
  comments: z.array(z.object({ id: z.string(), authorName: z.string(), text: z.string(), at: InstantText })),
  asOf: AsOf,
});
export type BreakDetail = z.infer<typeof BreakDetail>;

export const MatchesQuery = z.object({
  close: CloseQuery.prefault({}),
  stage: z.array(z.number().int().min(0).max(6)).default([]),
  currency: z.string().max(3).nullable().default(null),
  account: z.string().max(200).nullable().default(null),
  text: FilterText.nullable().default(null),
  cursor: Cursor,
  limit: PageLimit,
});
export type MatchesQuery = z.infer<typeof MatchesQuery>;

export const MatchRow = z.object({
  matchId: z.string(),
  stage: z.number().int(),
  matchType: z.string(),
  confidence: z.number(),
  evidence: z.string(),
  ruleVersion: z.string(),
  items: Count,
  accounts: z.string().nullable(),
  rail: z.string().nullable(),
  reference: z.string().nullable(),
  transactionId: z.string().nullable(),
  /** Sums by side, where the match is of one currency. */
  internal: MoneyValue.nullable(),
  external: MoneyValue.nullable(),
  residualMinor: z.bigint().nullable(),
  matchDate: DateText.nullable(),
  /** Where a person made it. */
  decisionId: z.string().nullable(),
});
export type MatchRow = z.infer<typeof MatchRow>;

export const MatchesPage = z.object({
  close: Close,
  rows: z.array(MatchRow),
  nextCursor: z.string().nullable(),
  total: Count,
  byStage: z.array(z.object({ stage: z.number().int(), matches: Count })),
  asOf: AsOf,
});
export type MatchesPage = z.infer<typeof MatchesPage>;

export const MatchQuery = z.object({ close: CloseQuery.prefault({}), matchId: z.string().min(1).max(600) });
export const MatchDetail = z.object({
  close: Close,
  match: MatchRow,
  items: z.array(Item),
  findings: z.array(
    z.object({ kind: z.string(), internalValue: z.string().nullable(), externalValue: z.string().nullable() }),
  ),
  decisions: z.array(Decision),
  asOf: AsOf,
});
export type MatchDetail = z.infer<typeof MatchDetail>;

export const PayoutsQuery = z.object({
  close: CloseQuery.prefault({}),
  /** payouts of processors, or a bank account's day. */
  of: z.enum(["payouts", "accounts"]).default("payouts"),
  currency: z.string().max(3).nullable().default(null),
  onlyUnexplained: z.boolean().default(false),
  text: FilterText.nullable().default(null),
  cursor: Cursor,
  limit: PageLimit,
});
export type PayoutsQuery = z.infer<typeof PayoutsQuery>;
export const PayoutsPage = z.object({
  close: Close,
  rows: z.array(WaterfallRow),
  nextCursor: z.string().nullable(),
  total: Count,
  unexplained: Count,
  asOf: AsOf,
});
export type PayoutsPage = z.infer<typeof PayoutsPage>;

/** What the version shown and the newest one of the same date tell differently. */
export const CloseDiff = z.object({
  businessDate: DateText,
  fromVersion: z.number().int(),
  toVersion: z.number().int(),
  rowsBefore: Count,
  rowsAfter: Count,
  lines: z.array(
    z.object({
      group: z.string(),
      currency: z.string().nullable(),
      gained: Count,
      lost: Count,
      changed: Count,
      valueBeforeMinor: z.bigint().nullable(),
      valueAfterMinor: z.bigint().nullable(),
    }),
  ),
});
export type CloseDiff = z.infer<typeof CloseDiff>;
