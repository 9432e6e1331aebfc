import { defineConfig } from "drizzle-kit";

/** `npx drizzle-kit generate` writes the next migration from the schema; then `npx tsx scripts/embed-migrations.ts`. */
export default defineConfig({ dialect: "postgresql", schema: "./server/db/schema*.ts", out: "./server/db/migrations" });
