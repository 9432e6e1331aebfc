import { randomBytes } from "node:crypto";
import { userInfo } from "node:os";
import { z } from "zod";
import { createAuth, PASSWORD_CHARS_MIN } from "../../server/auth/auth";
import type { Settings } from "../../server/config/settings";
import { connectDb } from "../../server/db/connect";
import { migrateDb } from "../../server/db/migrate";
import { ConcordanceError } from "../../server/domain/errors";
import { ROLES } from "../../server/indexes/names";
import { silentLogger } from "../../server/observability/log";

const PASSWORD_BYTES = 15;

const Wanted = z.object({
  email: z.email(),
  roles: z.array(z.enum(ROLES)).min(1),
  name: z.string().trim().min(1).max(200),
  /** Null: one is made. */
  password: z.string().min(PASSWORD_CHARS_MIN).max(128).nullable(),
});

export interface AccountAdded {
  readonly email: string;
  readonly roles: readonly string[];
  /** False: the address had an account, which now has the roles too and keeps its password. */
  readonly created: boolean;
  /** The password that was made, to be handed over once; null where one was given or none was set. */
  readonly password: string | null;
}

/** Makes a local account, or gives the roles to the one of that address; audited. Throws `bad_account` with every fault, `no_database`. */
export async function addAccount(
  request: {
    readonly email: string;
    readonly roles: readonly string[];
    readonly name: string | null;
    readonly password: string | null;
  },
  settings: Settings,
): Promise<AccountAdded> {
  const wanted = Wanted.safeParse({ ...request, name: request.name ?? request.email });
  if (!wanted.success) {
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "bad_account",
      message: `The account cannot be made:\n${z.prettifyError(wanted.error)}`,
      remedy: `Roles are ${ROLES.join(", ")}; a password has at least ${PASSWORD_CHARS_MIN} characters.`,
    });
  }
  if (settings.databaseUrl === null) {
    throw new ConcordanceError({
      kind: "config",
      code: "no_database",
      message: "DATABASE_URL is not set: accounts are kept in Postgres.",
      remedy: "Set DATABASE_URL to the PostgreSQL the console uses.",
    });
  }
  const { email, roles, name, password } = wanted.data;
  const database = connectDb(settings.databaseUrl, silentLogger);
  try {
    await migrateDb(database);
    const auth = createAuth({ database, secret: await settings.authSecret(), baseUrl: settings.baseUrl });
    const made = password ?? randomBytes(PASSWORD_BYTES).toString("base64url");
    const grantedBy = `command line (${userInfo().username})`;
    const { created } = await auth.createAccount({ name, email, password: made, roles, grantedBy });
    return { email, roles, created, password: created && password === null ? made : null };
  } finally {
    await database.close();
  }
}
