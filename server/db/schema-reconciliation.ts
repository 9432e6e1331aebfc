import { sql } from "drizzle-orm";
import { bigint, boolean, check, index, jsonb, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { user } from "./schema";

const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 6, mode: "date" });

/** Every decision about the reconciliation, asked for and answered; what was agreed is written to the lake, then `recorded_at` is set. */
export const reconciliationRequests = pgTable(
  "reconciliation_requests",
  {
    id: text("id").primaryKey(),
    kind: text("kind").notNull(),
    state: text("state").notNull(),
    businessDate: text("business_date").notNull(),
    /** The break, or the match, it was asked about. */
    breakId: text("break_id").notNull(),
    /** Items with what they were compared with, amounts as text. */
    items: jsonb("items").notNull(),
    residualMinor: text("residual_minor"),
    supersedes: text("supersedes"),
    value: jsonb("value").notNull(),
    needsApproval: boolean("needs_approval").notNull(),
    /** Decisions known when it was checked: a later one about its items makes it fail. */
    seenSequence: bigint("seen_sequence", { mode: "bigint" }).notNull(),
    reason: text("reason").notNull(),
    requestedBy: text("requested_by")
      .notNull()
      .references(() => user.id),
    requestedAt: instant("requested_at").notNull().defaultNow(),
    decidedBy: text("decided_by").references(() => user.id),
    decidedAt: instant("decided_at"),
    answer: text("answer"),
    recordedAt: instant("recorded_at"),
  },
  (table) => [
    index("reconciliation_requests_state").on(table.state, table.requestedAt),
    index("reconciliation_requests_break").on(table.breakId),
    check(
      "reconciliation_requests_state_known",
      sql`${table.state} in ('pending', 'approved', 'rejected', 'withdrawn', 'failed')`,
    ),
    // Four eyes: whoever asked can only take the request back.
    check(
      "reconciliation_requests_second_person",
      sql`${table.decidedBy} is null or ${table.decidedBy} <> ${table.requestedBy} or ${table.state} in ('withdrawn', 'failed')`,
    ),
    check(
      "reconciliation_requests_approved_by_somebody",
      sql`${table.state} <> 'approved' or not ${table.needsApproval} or ${table.decidedBy} is not null`,
    ),
  ],
);

/** An item is in one open decision at a time: the row is there from the asking until the lake has it. */
export const reconciliationRequestItems = pgTable(
  "reconciliation_request_items",
  {
    itemKey: text("item_key").primaryKey(),
    requestId: text("request_id")
      .notNull()
      .references(() => reconciliationRequests.id, { onDelete: "cascade" }),
  },
  (table) => [index("reconciliation_request_items_request").on(table.requestId)],
);

/** Who works on a break, and until when it rests. */
export const reconciliationWork = pgTable("reconciliation_work", {
  breakId: text("break_id").primaryKey(),
  assigneeId: text("assignee_id").references(() => user.id),
  snoozedUntil: instant("snoozed_until"),
  snoozeReason: text("snooze_reason"),
  updatedAt: instant("updated_at").notNull().defaultNow(),
});

export const reconciliationComments = pgTable(
  "reconciliation_comments",
  {
    id: text("id").primaryKey(),
    breakId: text("break_id").notNull(),
    authorId: text("author_id")
      .notNull()
      .references(() => user.id),
    text: text("text").notNull(),
    at: instant("at").notNull().defaultNow(),
  },
  (table) => [index("reconciliation_comments_break").on(table.breakId, table.at)],
);
