import { sql } from "drizzle-orm";
import {
  bigint,
  bigserial,
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from "drizzle-orm/pg-core";

/** Operational state: who may do what, and what people did. Facts live in the lake and are linked by id only. */

const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 6, mode: "date" });

// The four tables of better-auth (its `getAuthTables`): names and fields are its own.
export const user = pgTable("user", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  email: text("email").notNull().unique(),
  emailVerified: boolean("email_verified").notNull().default(false),
  image: text("image"),
  createdAt: instant("created_at").notNull().defaultNow(),
  updatedAt: instant("updated_at").notNull().defaultNow(),
});

export const session = pgTable(
  "session",
  {
    id: text("id").primaryKey(),
    expiresAt: instant("expires_at").notNull(),
    token: text("token").notNull().unique(),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
  },
  (table) => [index("session_user").on(table.userId)],
);

export const account = pgTable(
  "account",
  {
    id: text("id").primaryKey(),
    accountId: text("account_id").notNull(),
    providerId: text("provider_id").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    accessToken: text("access_token"),
    refreshToken: text("refresh_token"),
    idToken: text("id_token"),
    accessTokenExpiresAt: instant("access_token_expires_at"),
    refreshTokenExpiresAt: instant("refresh_token_expires_at"),
    scope: text("scope"),
    password: text("password"),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (table) => [index("account_user").on(table.userId)],
);

export const verification = pgTable(
  "verification",
  {
    id: text("id").primaryKey(),
    identifier: text("identifier").notNull(),
    value: text("value").notNull(),
    expiresAt: instant("expires_at").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (table) => [index("verification_identifier").on(table.identifier)],
);

export const personRoles = pgTable(
  "person_roles",
  {
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    role: text("role").notNull(),
    grantedAt: instant("granted_at").notNull().defaultNow(),
    grantedBy: text("granted_by").notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.role] })],
);

/** One row per alert somebody touched; an alert without a row is new. */
export const cases = pgTable(
  "cases",
  {
    alertId: text("alert_id").primaryKey(),
    status: text("status").notNull(),
    assigneeId: text("assignee_id").references(() => user.id),
    /** Counts changes: a verdict names the one it saw. */
    version: integer("version").notNull().default(1),
    decidedBy: text("decided_by").references(() => user.id),
    decidedAt: instant("decided_at"),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (table) => [
    index("cases_status").on(table.status),
    index("cases_assignee").on(table.assigneeId),
    check(
      "cases_status_known",
      sql`${table.status} in ('new', 'assigned', 'confirmed', 'false_positive', 'inconclusive')`,
    ),
  ],
);

export const caseNotes = pgTable(
  "case_notes",
  {
    id: text("id").primaryKey(),
    alertId: text("alert_id").notNull(),
    authorId: text("author_id")
      .notNull()
      .references(() => user.id),
    text: text("text").notNull(),
    at: instant("at").notNull().defaultNow(),
  },
  (table) => [index("case_notes_alert").on(table.alertId, table.at)],
);

export const snoozes = pgTable(
  "snoozes",
  {
    rule: text("rule").notNull(),
    entityId: text("entity_id").notNull(),
    until: instant("until").notNull(),
    reason: text("reason").notNull(),
    byId: text("by_id")
      .notNull()
      .references(() => user.id),
    at: instant("at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.rule, table.entityId] })],
);

/** Append-only: a trigger refuses update, delete and truncate, and each row's hash covers the one before. */
export const auditLog = pgTable(
  "audit_log",
  {
    seq: bigint("seq", { mode: "bigint" }).primaryKey(),
    at: instant("at").notNull(),
    actorId: text("actor_id").notNull(),
    actorName: text("actor_name").notNull(),
    action: text("action").notNull(),
    targetType: text("target_type").notNull(),
    target: text("target").notNull(),
    /** JSON text, exactly as it was hashed. */
    detail: text("detail").notNull(),
    previousHash: text("previous_hash").notNull(),
    hash: text("hash").notNull(),
  },
  (table) => [index("audit_log_target").on(table.targetType, table.target), index("audit_log_at").on(table.at)],
);

/** What each process last said of itself. */
export const workerHeartbeats = pgTable(
  "worker_heartbeats",
  {
    process: text("process").notNull(),
    instance: text("instance").notNull(),
    pid: integer("pid").notNull(),
    startedAt: instant("started_at").notNull(),
    beatAt: instant("beat_at").notNull(),
    state: text("state").notNull(),
    detail: jsonb("detail").notNull(),
  },
  (table) => [primaryKey({ columns: [table.process, table.instance] })],
);

export const lagSamples = pgTable(
  "lag_samples",
  {
    id: bigserial("id", { mode: "bigint" }).primaryKey(),
    source: text("source").notNull(),
    partition: text("partition").notNull(),
    at: instant("at").notNull(),
    position: bigint("position", { mode: "bigint" }),
    low: bigint("low", { mode: "bigint" }),
    high: bigint("high", { mode: "bigint" }),
    lagMessages: bigint("lag_messages", { mode: "bigint" }),
    lagSeconds: doublePrecision("lag_seconds"),
  },
  (table) => [
    index("lag_samples_partition").on(table.source, table.partition, table.at),
    index("lag_samples_at").on(table.at),
  ],
);

/** Views of a table a person keeps: the query part of its address and its columns. */
export const savedViews = pgTable(
  "saved_views",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    /** The table's id in the console, e.g. fraud-queue. */
    page: text("page").notNull(),
    name: text("name").notNull(),
    /** The query part of the page's address. */
    query: text("query").notNull(),
    /** Order, choice and size of the columns; null: as the table was made. */
    columns: jsonb("columns"),
    /** Everybody of this role sees it; null: its owner only. */
    sharedWith: text("shared_with"),
    at: instant("at").notNull().defaultNow(),
  },
  (table) => [
    index("saved_views_user").on(table.userId, table.page),
    uniqueIndex("saved_views_name").on(table.userId, table.page, table.name),
    index("saved_views_shared").on(table.page, table.sharedWith),
  ],
);

/** The view a person's table opens with. */
export const savedViewDefaults = pgTable(
  "saved_view_defaults",
  {
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    page: text("page").notNull(),
    viewId: text("view_id")
      .notNull()
      .references(() => savedViews.id, { onDelete: "cascade" }),
  },
  (table) => [primaryKey({ columns: [table.userId, table.page] })],
);

/** Runs of final indexes, asked for or scheduled. What a date holds is the lake's to say; here is what became of each try. */
export const runs = pgTable(
  "runs",
  {
    id: text("id").primaryKey(),
    index: text("index").notNull(),
    /** YYYY-MM-DD */
    businessDate: text("business_date").notNull(),
    mode: text("mode").notNull(),
    state: text("state").notNull(),
    trigger: text("trigger").notNull(),
    /** Higher goes first. */
    priority: integer("priority").notNull(),
    askedById: text("asked_by_id").notNull(),
    askedByName: text("asked_by_name").notNull(),
    reason: text("reason"),
    /** Typed by the person who lets the run begin though the streams are not past the date's end. */
    override: text("override"),
    /** The dry run whose pinned inputs this run commits. */
    ofRunId: text("of_run_id"),
    /** Pinned inputs, kept so that what was looked at can be committed. */
    spec: jsonb("spec"),
    specId: text("spec_id"),
    engine: text("engine").notNull(),
    tries: integer("tries").notNull().default(0),
    /** The queue's job that carries the run now. */
    jobId: text("job_id"),
    worker: text("worker"),
    step: text("step"),
    stepNumber: integer("step_number"),
    stepCount: integer("step_count"),
    /** What it waits for, while it is blocked. */
    waits: jsonb("waits"),
    outcome: text("outcome"),
    rows: bigint("rows", { mode: "number" }),
    controls: jsonb("controls"),
    /** JSON text: its sums are beyond what a JSON number holds. */
    diff: text("diff"),
    fault: jsonb("fault"),
    log: jsonb("log").notNull().default([]),
    cancelById: text("cancel_by_id"),
    askedAt: instant("asked_at").notNull().defaultNow(),
    startedAt: instant("started_at"),
    endedAt: instant("ended_at"),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (table) => [
    // One run of an index and date at a time, whoever asks.
    uniqueIndex("runs_one_at_a_time")
      .on(table.index, table.businessDate, table.mode)
      .where(sql`${table.state} in ('queued', 'blocked', 'running')`),
    index("runs_open").on(table.state, table.priority),
    index("runs_of_date").on(table.index, table.businessDate, table.askedAt),
    index("runs_asked_at").on(table.askedAt),
    check(
      "runs_state_known",
      sql`${table.state} in ('queued', 'blocked', 'running', 'succeeded', 'failed', 'cancelled')`,
    ),
    check("runs_mode_known", sql`${table.mode} in ('commit', 'dry_run')`),
  ],
);

/** What a batch worker last found of each business date: whether it has input, and what came after its close. */
export const finalDates = pgTable(
  "final_dates",
  {
    index: text("index").notNull(),
    businessDate: text("business_date").notNull(),
    /** Rows of the date in the inputs. */
    inputRows: bigint("input_rows", { mode: "number" }).notNull(),
    /** Why a closed date is to be run again; null where nothing has changed. */
    changed: jsonb("changed"),
    lookedAt: instant("looked_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.index, table.businessDate] })],
);
