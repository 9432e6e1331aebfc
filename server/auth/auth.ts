import { randomBytes } from "node:crypto";
import { betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { eq } from "drizzle-orm";
import { writeAudit } from "../db/audit";
import type { Database } from "../db/connect";
import { grantRoles, rolesOf } from "../db/people";
import * as schema from "../db/schema";
import { newId } from "../domain/ids";
import { ROLES, type Role } from "../indexes/names";
import type { Person } from "./scope";

const SESSION_SECONDS = 12 * 3_600;
/** A session's answer is kept in a signed cookie this long, so that a page's calls do not each ask Postgres. */
const SESSION_CACHE_SECONDS = 60;
export const PASSWORD_CHARS_MIN = 12;

export interface AuthOptions {
  readonly database: Database;
  readonly secret: string;
  /** Address people open, e.g. https://concordance.example. */
  readonly baseUrl: string;
  /** Further addresses sign-in is accepted from. */
  readonly trustedOrigins?: readonly string[];
}

export interface Auth {
  /** Answers the requests below /api/auth. */
  handle(request: Request): Promise<Response>;
  /** Who sent the request; null where nobody is signed in. */
  personOf(headers: Headers): Promise<Person | null>;
  /** Makes a local account, or gives the roles to the one that has this address. */
  createAccount(account: NewAccount): Promise<{ id: string; created: boolean }>;
}

export interface NewAccount {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly roles: readonly Role[];
  readonly grantedBy: string;
}

/** Sign-in with local accounts (e-mail and password). Nobody can sign up: accounts are made by an administrator. */
export function createAuth({ database, secret, baseUrl, trustedOrigins }: AuthOptions): Auth {
  const auth = betterAuth({
    appName: "Concordance",
    secret,
    baseURL: baseUrl,
    basePath: "/api/auth",
    trustedOrigins: [...(trustedOrigins ?? [])],
    database: drizzleAdapter(database.db, { provider: "pg", schema, transaction: true }),
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: PASSWORD_CHARS_MIN },
    session: {
      expiresIn: SESSION_SECONDS,
      updateAge: SESSION_SECONDS / 4,
      cookieCache: { enabled: true, maxAge: SESSION_CACHE_SECONDS },
    },
    rateLimit: { enabled: true, window: 60, max: 300, customRules: { "/sign-in/email": { window: 60, max: 20 } } },
    advanced: { database: { generateId: () => newId() }, useSecureCookies: baseUrl.startsWith("https://") },
    telemetry: { enabled: false },
  });

  return {
    handle: (request) => auth.handler(request),
    personOf: async (headers) => {
      const session = await auth.api.getSession({ headers });
      if (session === null) return null;
      const { id, name, email } = session.user;
      return { id, name, email, roles: await rolesOf(database.db, id) };
    },
    createAccount: async ({ name, email, password, roles, grantedBy }) => {
      const context = await auth.$context;
      const address = email.toLowerCase();
      const hash = await context.password.hash(password);
      return database.db.transaction(async (tx) => {
        const [known] = await tx.select({ id: schema.user.id }).from(schema.user).where(eq(schema.user.email, address));
        const id = known?.id ?? newId();
        if (known === undefined) {
          await tx.insert(schema.user).values({ id, name, email: address, emailVerified: true });
          await tx
            .insert(schema.account)
            .values({ id: newId(), accountId: id, providerId: "credential", userId: id, password: hash });
          await writeAudit(tx, { id: grantedBy, name: grantedBy }, [
            { action: "account.create", targetType: "person", target: id, detail: { email: address, roles } },
          ]);
        }
        const granted = await grantRoles(tx, id, roles, grantedBy);
        if (known !== undefined && granted.length > 0) {
          await writeAudit(tx, { id: grantedBy, name: grantedBy }, [
            { action: "account.grant", targetType: "person", target: id, detail: { email: address, roles: granted } },
          ]);
        }
        return { id, created: known === undefined };
      });
    },
  };
}

export interface DemoAccount {
  readonly role: Role;
  readonly email: string;
}

const DEMO_NAMES: Readonly<Record<Role, string>> = {
  fraud_analyst: "Farah Analyst",
  finance: "Fiona Finance",
  treasury: "Tom Treasury",
  partnerships: "Paula Partnerships",
  marketing: "Max Marketing",
  compliance: "Clara Compliance",
  ops: "Otto Operations",
  admin: "Ada Administrator",
  auditor: "Axel Auditor",
};

/** The demo sign-ins: one person per role, all with this password. */
export const demoAccounts = (): DemoAccount[] =>
  ROLES.map((role) => ({ role, email: `${role.replace("_", "-")}@demo.concordance.local` }));

/** A password for the demo accounts of one installation. */
export const newDemoPassword = (): string => randomBytes(9).toString("base64url");

/** Makes the demo accounts that do not exist yet. Only for the embedded default. */
export async function seedDemoAccounts(auth: Auth, password: string): Promise<readonly DemoAccount[]> {
  const accounts = demoAccounts();
  for (const { role, email } of accounts) {
    await auth.createAccount({ name: DEMO_NAMES[role], email, password, roles: [role], grantedBy: "embedded start" });
  }
  return accounts;
}
