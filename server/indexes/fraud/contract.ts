import { z } from "zod";
import {
  AsOf,
  Cursor,
  DateText,
  FilterText,
  InstantText,
  MoneyValue,
  PageLimit,
  SourceCoordinates,
} from "../../domain/answer";

export const ALERT_RULES = [
  "fraud_score",
  "stolen_card",
  "velocity",
  "acceleration",
  "blacklisted_party",
  "repeated_declines",
] as const;
export const SEVERITIES = ["HIGH", "MEDIUM", "LOW"] as const;
export const CASE_STATUSES = ["new", "assigned", "confirmed", "false_positive", "inconclusive"] as const;
export const VERDICTS = ["confirmed", "false_positive", "inconclusive"] as const;
export const BULK_ALERTS_MAX = 1_000;

export const AlertRule = z.enum(ALERT_RULES);
export type AlertRule = z.infer<typeof AlertRule>;
export const Severity = z.enum(SEVERITIES);
export type Severity = z.infer<typeof Severity>;
export const CaseStatus = z.enum(CASE_STATUSES);
export type CaseStatus = z.infer<typeof CaseStatus>;
export const Verdict = z.enum(VERDICTS);
export type Verdict = z.infer<typeof Verdict>;

/** One value that made a rule fire; `threshold` null where the value itself is the reason. */
export const AlertReason = z.object({
  name: z.string(),
  value: z.union([z.string(), z.number(), z.null()]),
  threshold: z.union([z.string(), z.number(), z.null()]),
});
export type AlertReason = z.infer<typeof AlertReason>;

/** One alert with the state of its case. `rule` and `severity` are texts, so that a rule made later is still shown. */
export const AlertRow = z.object({
  alertId: z.string(),
  rule: z.string(),
  severity: z.string(),
  action: z.string(),
  ruleVersion: z.string(),
  reasons: z.array(AlertReason),
  entityType: z.enum(["party", "card", "transaction"]),
  entityId: z.string(),
  partyRole: z.string().nullable(),
  transactionId: z.string().nullable(),
  fraudSignalId: z.string().nullable(),
  userId: z.string().nullable(),
  merchantId: z.string().nullable(),
  counterpartyId: z.string().nullable(),
  cardToken: z.string().nullable(),
  cardLast4: z.string().nullable(),
  paymentType: z.string().nullable(),
  /** Null where the event carries no amount. */
  amount: MoneyValue.nullable(),
  eventTime: InstantText,
  detectedAt: InstantText,
  businessDate: DateText,
  coordinates: SourceCoordinates.nullable(),
  status: CaseStatus,
  assigneeId: z.string().nullable(),
  assigneeName: z.string().nullable(),
  /** The case's number of changes; pass it back to notice that somebody else was faster. */
  caseVersion: z.number().int(),
  /** Hidden from the queue until then, because its rule is snoozed for its entity. */
  snoozedUntil: InstantText.nullable(),
});
export type AlertRow = z.infer<typeof AlertRow>;

export const QueueFilter = z.object({
  /** Empty: every status. */
  status: z.array(CaseStatus).default(["new", "assigned"]),
  rule: z.array(AlertRule).default([]),
  severity: z.array(Severity).default([]),
  /** "me", "nobody", or a person's id. */
  assignee: z.string().max(100).nullable().default(null),
  /** Exact id of a party, card token, transaction or merchant. */
  entity: FilterText.nullable().default(null),
  /** Detected at or after. */
  from: InstantText.nullable().default(null),
  /** Detected before. */
  until: InstantText.nullable().default(null),
  /** Part of any id of the alert, or the last four digits of a card. */
  text: FilterText.nullable().default(null),
  includeSnoozed: z.boolean().default(false),
});
export type QueueFilter = z.infer<typeof QueueFilter>;
export const QUEUE_SORTS = ["newest", "riskiest"] as const;

export const QueueQuery = QueueFilter.extend({
  sort: z.enum(QUEUE_SORTS).default("newest"),
  cursor: Cursor,
  limit: PageLimit,
});
export type QueueQuery = z.infer<typeof QueueQuery>;

export const QueuePage = z.object({
  rows: z.array(AlertRow),
  nextCursor: z.string().nullable(),
  /** Alerts under the filter, all pages. */
  total: z.number().int(),
  /** Of every alert under the filter except `status`: how many stand in each status. */
  byStatus: z.record(CaseStatus, z.number().int()),
  snoozed: z.number().int(),
  /** Every verdict other than APPROVE must be queued: both counts, over the whole lake. */
  check: z.object({ denied: z.number().int(), queued: z.number().int(), equal: z.boolean() }),
  asOf: AsOf,
});
export type QueuePage = z.infer<typeof QueuePage>;

/** One lifecycle step of a payment. Names and accounts are null where the role does not need them (`masked` says so). */
export const TransactionStep = z.object({
  transactionId: z.string(),
  eventId: z.string().nullable(),
  paymentType: z.string(),
  status: z.string(),
  amount: MoneyValue.nullable(),
  userId: z.string(),
  merchantId: z.string().nullable(),
  counterpartyId: z.string().nullable(),
  eventTime: InstantText,
  ingestedAt: InstantText,
  category: z.string().nullable(),
  mcc: z.string().nullable(),
  channel: z.string().nullable(),
  country: z.string().nullable(),
  declineCode: z.string().nullable(),
  returnCode: z.string().nullable(),
  cardLast4: z.string().nullable(),
  originatorName: z.string().nullable(),
  originatorAccount: z.string().nullable(),
  beneficiaryName: z.string().nullable(),
  beneficiaryAccount: z.string().nullable(),
  decision: z.string(),
  isLate: z.boolean(),
  coordinates: SourceCoordinates,
});
export type TransactionStep = z.infer<typeof TransactionStep>;

/** Something that happened to the alert's entity, newest first. */
export const TimelineEntry = z.object({
  at: InstantText,
  kind: z.enum(["transaction", "alert", "signal", "blacklisted", "unblacklisted", "case", "note"]),
  title: z.string(),
  detail: z.string().nullable(),
  amount: MoneyValue.nullable(),
  alertId: z.string().nullable(),
  coordinates: SourceCoordinates.nullable(),
});
export type TimelineEntry = z.infer<typeof TimelineEntry>;

export const CaseNote = z.object({
  id: z.string(),
  at: InstantText,
  authorId: z.string(),
  authorName: z.string(),
  text: z.string(),
});
export type CaseNote = z.infer<typeof CaseNote>;

export const BlacklistRow = z.object({
  partyId: z.string(),
  role: z.string(),
  rule: z.string(),
  since: InstantText,
  businessDate: DateText,
  count: z.number().int().nullable(),
  previousCount: z.number().int().nullable(),
  threshold: z.number().nullable(),
  ruleVersion: z.string(),
  alertId: z.string().nullable(),
  addedAt: InstantText,
  /** "rule", or the name of the person. */
  addedBy: z.string(),
  /** Null while the entry holds. */
  removed: z.object({ at: InstantText, by: z.string(), reason: z.string() }).nullable(),
});
export type BlacklistRow = z.infer<typeof BlacklistRow>;

export const AlertQuery = z.object({ alertId: z.string().min(1).max(100) });
export const AlertDetail = z.object({
  alert: AlertRow,
  /** The payment's lifecycle, oldest first. */
  steps: z.array(TransactionStep),
  /** True where names and accounts are hidden from this role. */
  masked: z.boolean(),
  signals: z.array(
    z.object({
      fraudSignalId: z.string(),
      fraudScore: z.number(),
      reasonCode: z.string().nullable(),
      modelVersion: z.string().nullable(),
      eventTime: InstantText,
    }),
  ),
  timeline: z.array(TimelineEntry),
  /** Alerts that share the party, card, merchant customer pair or payment; without this one. */
  linked: z.array(AlertRow),
  card: z
    .object({
      last4: z.string().nullable(),
      /** On the stolen list since; null where it is not listed or the list gives no time. */
      reportedStolenAt: InstantText.nullable(),
      onStolenList: z.boolean(),
      events24h: z.number().int(),
      merchants24h: z.number().int(),
      declines24h: z.number().int(),
    })
    .nullable(),
  merchant: z
    .object({
      merchantId: z.string(),
      name: z.string().nullable(),
      riskLevel: z.string().nullable(),
      mcc: z.string().nullable(),
      country: z.string().nullable(),
      onboardedOn: DateText.nullable(),
      eventsToday: z.number().int(),
      declinedToday: z.number().int(),
      alerts30d: z.number().int(),
    })
    .nullable(),
  customer: z
    .object({
      userId: z.string(),
      name: z.string().nullable(),
      country: z.string().nullable(),
      kycStatus: z.string().nullable(),
      riskRating: z.string().nullable(),
    })
    .nullable(),
  blacklist: z.array(BlacklistRow),
  notes: z.array(CaseNote),
  snooze: z.object({ until: InstantText, by: z.string(), reason: z.string() }).nullable(),
  asOf: AsOf,
});
export type AlertDetail = z.infer<typeof AlertDetail>;

const AlertIds = z.array(z.string().min(1).max(100)).min(1).max(BULK_ALERTS_MAX);

export const VerdictCommand = z.object({
  alertIds: AlertIds,
  verdict: Verdict,
  note: z.string().trim().max(4_000).nullable().default(null),
  /** For one alert: the `caseVersion` the person saw; a newer one is a conflict. */
  expectedVersion: z.number().int().nullable().default(null),
});
export type VerdictCommand = z.infer<typeof VerdictCommand>;

export const AssignCommand = z.object({
  alertIds: AlertIds,
  /** "me", a person's id, or null to hand it back to the queue. */
  assignee: z.string().max(100).nullable(),
});
export type AssignCommand = z.infer<typeof AssignCommand>;

/** What a change of cases did. */
export const CasesChanged = z.object({
  changed: z.number().int(),
  unchanged: z.number().int(),
  cases: z.array(
    z.object({
      alertId: z.string(),
      status: CaseStatus,
      assigneeId: z.string().nullable(),
      assigneeName: z.string().nullable(),
      caseVersion: z.number().int(),
    }),
  ),
});
export type CasesChanged = z.infer<typeof CasesChanged>;

export const NoteCommand = z.object({
  alertId: z.string().min(1).max(100),
  text: z.string().trim().min(1, "Write something first").max(4_000),
});
export type NoteCommand = z.infer<typeof NoteCommand>;

export const SnoozeCommand = z.object({
  rule: AlertRule,
  entityId: z.string().min(1).max(200),
  /** Null ends the snooze. At most 30 days ahead. */
  until: InstantText.nullable(),
  reason: z.string().trim().min(3, "Say why, in three characters or more").max(500),
});
export type SnoozeCommand = z.infer<typeof SnoozeCommand>;

export const NextCaseQuery = QueueFilter.extend({
  sort: z.enum(QUEUE_SORTS).default("riskiest"),
  /** The case just left; it is not given again. */
  afterAlertId: z.string().max(100).nullable().default(null),
});
/** The first open alert under the filter that nobody else holds. */
export const NextCase = z.object({ alertId: z.string().nullable(), remaining: z.number().int(), asOf: AsOf });

export const LiveQuery = z.object({ minutes: z.number().int().min(5).max(1_440).default(60) });
export const Live = z.object({
  /** Alerts per minute of detection and rule; a minute without alerts of a rule has no row. */
  perMinute: z.array(z.object({ minute: InstantText, rule: z.string(), alerts: z.number().int() })),
  byRule: z.array(z.object({ rule: z.string(), alerts: z.number().int(), perMinute: z.number() })),
  /** Twenty buckets of 0.05; [from, to), the last one closed. */
  scores: z.array(z.object({ from: z.number(), to: z.number(), signals: z.number().int() })),
  scoreThresholds: z.object({ high: z.number(), medium: z.number() }),
  stolenCards: z.array(
    z.object({
      summaryAt: InstantText,
      windowStart: InstantText,
      cardToken: z.string(),
      cardLast4: z.string().nullable(),
      events: z.number().int(),
      sums: z.array(MoneyValue),
      firstSeen: InstantText,
      lastSeen: InstantText,
      merchants: z.array(z.string()),
    }),
  ),
  from: InstantText,
  until: InstantText,
  asOf: AsOf,
});
export type Live = z.infer<typeof Live>;

export const BlacklistQuery = z.object({
  search: FilterText.nullable().default(null),
  rule: z.enum(["velocity", "acceleration", "manual"]).nullable().default(null),
  role: z.enum(["originator", "beneficiary"]).nullable().default(null),
  state: z.enum(["active", "removed", "all"]).default("active"),
  cursor: Cursor,
  limit: PageLimit,
});
export type BlacklistQuery = z.infer<typeof BlacklistQuery>;
export const BlacklistPage = z.object({
  rows: z.array(BlacklistRow),
  nextCursor: z.string().nullable(),
  total: z.number().int(),
  active: z.number().int(),
  removed: z.number().int(),
  asOf: AsOf,
});
export type BlacklistPage = z.infer<typeof BlacklistPage>;

export const UnblacklistCommand = z.object({
  partyId: z.string().min(1).max(200),
  role: z.enum(["originator", "beneficiary"]),
  rule: z.enum(["velocity", "acceleration", "manual"]),
  reason: z.string().trim().min(5, "Say why, in five characters or more").max(500),
});
export type UnblacklistCommand = z.infer<typeof UnblacklistCommand>;
export const Unblacklisted = z.object({
  removedAt: InstantText,
  lakeVersion: z.number().int(),
  /** Entries of other rules or roles that still deny the party. */
  stillActive: z.number().int(),
});

/** People a case can be given to. */
export const Assignees = z.object({
  people: z.array(z.object({ id: z.string(), name: z.string(), openCases: z.number().int() })),
});

export const OnAlertQuery = z.object({
  /** Version of the alerts table the page already shows; null starts with what comes next. */
  sinceVersion: z.number().int().min(0).nullable().default(null),
  /** Given by the client library when a cut stream is resumed. */
  lastEventId: z.string().max(40).nullish(),
});
export const NewAlerts = z.object({
  version: z.number().int(),
  count: z.number().int(),
  /** The first hundred. */
  alertIds: z.array(z.string()),
  byRule: z.record(z.string(), z.number().int()),
  bySeverity: z.record(z.string(), z.number().int()),
  at: InstantText,
});
export type NewAlerts = z.infer<typeof NewAlerts>;
