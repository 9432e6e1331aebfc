import { userInfo } from "node:os";
import type { Command } from "commander";
import type { Settings } from "../../server/config/settings";
import { type ApiKey, createApiKey, listApiKeys, revokeApiKey } from "../../server/db/api-keys";
import { connectDb, type Database } from "../../server/db/connect";
import { migrateDb } from "../../server/db/migrate";
import { ConcordanceError } from "../../server/domain/errors";
import { silentLogger } from "../../server/observability/log";
import type { CommandParts } from "./money";

const DAY_MS = 86_400_000;

/** `account key`, `account keys` and `account revoke`: keys machines call the REST API with. */
export function addKeyCommands(account: Command, parts: CommandParts): void {
  const { jsonOption, out, json } = parts;
  account
    .command("key")
    .description("make an API key that may do what the person may; shown only now")
    .requiredOption("--email <address>", "whose key it is")
    .requiredOption("--name <text>", "what it is for; told in the audit")
    .option("--days <n>", "ends after so many days (default: never)", Number)
    .addOption(jsonOption())
    .action(async (o: { email: string; name: string; days?: number; json?: true }) => {
      const expiresAt = o.days === undefined ? null : new Date(Date.now() + wholeDays(o.days) * DAY_MS);
      const { email, name } = o;
      const made = await withDb(parts.settings(), (db) => createApiKey(db, { email, name, expiresAt }, actor()));
      await (o.json === true ? json(made) : out(`Key ${made.id}, shown only now: ${made.key}\n`));
    });
  account
    .command("keys")
    .description("every API key, newest first")
    .addOption(jsonOption())
    .action(async (o: { json?: true }) => {
      const keys = await withDb(parts.settings(), ({ db }) => listApiKeys(db));
      await (o.json === true ? json(keys) : out(keys.map(keyText).join("")));
    });
  account
    .command("revoke <id>")
    .description("end an API key at once")
    .action(async (id: string) => {
      const ended = await withDb(parts.settings(), (db) => revokeApiKey(db, id, actor()));
      await out(ended ? `Key ${id} has ended.\n` : `Key ${id} had ended already.\n`);
    });
}

function wholeDays(days: number): number {
  if (Number.isSafeInteger(days) && days >= 1 && days <= 3_660) return days;
  throw new ConcordanceError({
    kind: "invalid_input",
    code: "bad_days",
    message: `${days} is no number of days from 1 to 3,660.`,
    remedy: "Give a whole number of days, or leave --days out.",
  });
}

const actor = () => {
  const name = `command line (${userInfo().username})`;
  return { id: name, name };
};

function keyText({ id, name, email, createdAt, expiresAt, lastUsedAt, revokedAt }: ApiKey): string {
  const day = (at: Date | null, otherwise: string) => (at === null ? otherwise : at.toISOString().slice(0, 16));
  const state = revokedAt === null ? `ends ${day(expiresAt, "never")}` : `revoked ${day(revokedAt, "")}`;
  return `${id}  ${email}  ${name}  made ${day(createdAt, "")}  used ${day(lastUsedAt, "never")}  ${state}\n`;
}

async function withDb<T>(settings: Settings, work: (database: Database) => Promise<T>): Promise<T> {
  if (settings.databaseUrl === null) {
    throw new ConcordanceError({
      kind: "config",
      code: "no_database",
      message: "DATABASE_URL is not set: API keys are kept in Postgres.",
      remedy: "Set DATABASE_URL to the PostgreSQL the console uses.",
    });
  }
  const database = connectDb(settings.databaseUrl, silentLogger);
  try {
    await migrateDb(database);
    return await work(database);
  } finally {
    await database.close();
  }
}
