import { index, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { user } from "./schema";

const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 6, mode: "date" });

/** Keys machines call the REST API with. Only a digest of the secret is kept; a key may do what its person may. */
export const apiKeys = pgTable(
  "api_keys",
  {
    /** Part of the key, so that it is found without comparing secrets. */
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    secretHash: text("secret_hash").notNull(),
    createdBy: text("created_by").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
    expiresAt: instant("expires_at"),
    lastUsedAt: instant("last_used_at"),
    revokedAt: instant("revoked_at"),
    revokedBy: text("revoked_by"),
  },
  (table) => [index("api_keys_user").on(table.userId)],
);
