import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuth } from "../../server/auth/auth";
import type { Settings } from "../../server/config/settings";
import { addAccount } from "../../workers/cli/account";
import { doctor } from "../../workers/cli/doctor";
import { openTestPostgres, type TestPostgres } from "../setup/postgres";
import { smallSettings, temporaryDirectory } from "../support/world";

let directory: string;
let remove: () => Promise<void>;
let postgres: TestPostgres;
let settings: Settings;
beforeAll(async () => {
  ({ path: directory, remove } = await temporaryDirectory());
  postgres = await openTestPostgres(directory);
  settings = smallSettings(directory, {
    DATABASE_URL: postgres.url,
    CONCORDANCE_AUTH_SECRET: "ab".repeat(32),
    CONCORDANCE_DATA: directory,
  });
}, 60_000);
afterAll(async () => {
  await postgres.close();
  await remove();
});

const signIn = async (email: string, password: string) => {
  const secret = await settings.authSecret();
  const auth = createAuth({ database: postgres.database, secret, baseUrl: settings.baseUrl });
  const answer = await auth.handle(
    new Request(`${settings.baseUrl}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: settings.baseUrl },
      body: JSON.stringify({ email, password }),
    }),
  );
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  return { status: answer.status, person: await auth.personOf(new Headers({ cookie })) };
};
const request = { email: "Ann@bank.example", roles: ["finance"], name: "Ann", password: null };
const audited = async () =>
  (await postgres.database.pool.query("SELECT action FROM audit_log ORDER BY seq")).rows.map(({ action }) => action);

describe("account add", () => {
  it("makes an account that can sign in with the password told, once, and is audited", async () => {
    const added = await addAccount(request, settings);
    expect(added).toMatchObject({ created: true, roles: ["finance"] });
    const { status, person } = await signIn("ann@bank.example", added.password ?? "");
    expect(status).toBe(200);
    expect(person).toMatchObject({ name: "Ann", email: "ann@bank.example", roles: ["finance"] });
    expect((await signIn("ann@bank.example", "another password")).status).toBe(401);
    expect(await audited()).toEqual(["account.create"]);
  });

  it("gives more roles to the account of that address, keeps its password and audits only what is new", async () => {
    const more = { ...request, roles: ["finance", "treasury"], password: "not to be taken over" };
    expect(await addAccount(more, settings)).toMatchObject({ created: false, password: null });
    expect((await signIn("ann@bank.example", "not to be taken over")).status).toBe(401);
    await addAccount(more, settings);
    expect(await audited()).toEqual(["account.create", "account.grant"]);
  });

  it.each([
    ["an unknown role", { roles: ["boss"] }],
    ["no address", { email: "ann" }],
    ["a short password", { password: "short" }],
  ])("refuses %s", async (_what, wrong) => {
    await expect(addAccount({ ...request, ...wrong }, settings)).rejects.toMatchObject({ code: "bad_account" });
  });
});

describe("doctor", () => {
  it("finds Postgres and the declared sources well, and says what to do where Postgres is gone", async () => {
    const well = await doctor({ lake: null, mappings: [], settings });
    expect(well.filter(({ ok }) => !ok)).toEqual([]);
    expect(well.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["postgres", "sources", "source simulated-transactions: mapping"]),
    );
    await postgres.stop();
    const ill = await doctor({ lake: null, mappings: [], settings });
    expect(ill.filter(({ ok }) => !ok)).toEqual([
      {
        name: "postgres",
        ok: false,
        message: expect.stringContaining("Postgres"),
        remedy: expect.stringContaining("DATABASE_URL"),
      },
    ]);
    await postgres.start();
  }, 60_000);
});
