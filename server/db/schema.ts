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
