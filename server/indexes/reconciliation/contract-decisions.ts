import { z } from "zod";
import { DateText, InstantText, MoneyValue } from "../../domain/answer";

const Count = z.number().int();

export const DECISION_KINDS = ["match", "force_match", "write_off", "unmatch", "revoke"] as const;
export type DecisionKind = (typeof DECISION_KINDS)[number];
export const REQUEST_STATES = ["pending", "approved", "rejected", "withdrawn", "failed"] as const;

const CurrencySum = z.object({ currency: z.string(), exponent: z.number().int(), amountMinor: z.bigint() });

/** A decision from the moment it was asked for. */
export const Decision = z.object({
  id: z.string(),
  kind: z.enum(DECISION_KINDS),
  state: z.enum(REQUEST_STATES),
  businessDate: DateText,
  breakId: z.string(),
  items: z.array(
    z.object({
      itemKey: z.string(),
      side: z.string(),
      reference: z.string().nullable(),
      amount: MoneyValue.nullable(),
    }),
  ),
  residualMinor: z.bigint().nullable(),
  /** What the limit is compared with, per currency. */
  value: z.array(CurrencySum),
  needsApproval: z.boolean(),
  reason: z.string(),
  requestedBy: z.object({ id: z.string(), name: z.string() }),
  requestedAt: InstantText,
  decidedBy: z.object({ id: z.string(), name: z.string() }).nullable(),
  decidedAt: InstantText.nullable(),
  answer: z.string().nullable(),
  /** The reader is the one who asked: somebody else has to answer. */
  isOwn: z.boolean(),
});
export type Decision = z.infer<typeof Decision>;

const Reason = z.string().trim().min(3, "says in a few words why").max(2_000);
const ItemKeys = z.array(z.string().min(1).max(600)).min(1).max(200);

/** Each group becomes one decision about its items. */
export const DecideCommand = z.object({
  kind: z.enum(["match", "force_match", "write_off"]),
  groups: z
    .array(z.object({ breakId: z.string().min(1).max(600), itemKeys: ItemKeys }))
    .min(1)
    .max(500),
  reason: Reason,
});
export type DecideCommand = z.infer<typeof DecideCommand>;
export const UnmatchCommand = z.object({ matchId: z.string().min(1).max(600), reason: Reason });
export const RevokeCommand = z.object({ decisionId: z.string().min(1).max(100), reason: Reason });
export const AnswerCommand = z.object({
  decisionId: z.string().min(1).max(100),
  answer: z.enum(["approve", "reject", "withdraw"]),
  reason: Reason,
});

export const Decided = z.object({
  decisions: z.array(z.object({ id: z.string(), needsApproval: z.boolean() })),
  recorded: Count,
  waiting: Count,
});
export type Decided = z.infer<typeof Decided>;

/** What a decision would do, before it is made. */
export const DecisionPreview = z.object({
  decisions: Count,
  items: Count,
  needApproval: Count,
  /** Per currency: both sides, what differs, and the limit above which a second person has to agree. */
  sums: z.array(
    z.object({
      currency: z.string(),
      exponent: z.number().int(),
      internalMinor: z.bigint(),
      externalMinor: z.bigint(),
      differenceMinor: z.bigint(),
      limitMinor: z.bigint(),
    }),
  ),
  /** Groups that would be refused, with why. */
  refused: z.array(z.object({ breakId: z.string(), message: z.string(), remedy: z.string().nullable() })),
});
export type DecisionPreview = z.infer<typeof DecisionPreview>;
export const PreviewQuery = DecideCommand.omit({ reason: true });

export const ApprovalsQuery = z.object({ state: z.enum(["pending", "answered"]).default("pending") });
export const Approvals = z.object({ decisions: z.array(Decision), pending: Count });
export type Approvals = z.infer<typeof Approvals>;

const BreakIds = z.array(z.string().min(1).max(600)).min(1).max(500);
export const AssignBreaksCommand = z.object({
  breakIds: BreakIds,
  /** "me", a person's id, or null. */
  assignee: z.string().max(100).nullable(),
});
export const SnoozeBreaksCommand = z.object({
  breakIds: BreakIds,
  /** Null shows them again. */
  until: InstantText.nullable(),
  reason: Reason,
});
export const CommentCommand = z.object({
  breakId: z.string().min(1).max(600),
  text: z.string().trim().min(1).max(4_000),
});
export const Workers = z.object({ people: z.array(z.object({ id: z.string(), name: z.string() })) });

export const FixesCommand = z.object({
  /** The breaks file as it was downloaded, with `decision` and `reason` filled in. */
  csv: z.string().min(1).max(8_000_000),
  /** False only says what would be done. */
  apply: z.boolean().default(false),
});
export const Fixes = z.object({
  rows: Count,
  /** Lines without a decision. */
  untouched: Count,
  accepted: z.array(z.object({ line: Count, breakId: z.string(), decision: z.string(), needsApproval: z.boolean() })),
  refused: z.array(z.object({ line: Count, breakId: z.string().nullable(), message: z.string() })),
  sums: DecisionPreview.shape.sums,
  applied: z.boolean(),
});
export type Fixes = z.infer<typeof Fixes>;
