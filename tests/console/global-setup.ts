import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "@playwright/test";
import { ROLES } from "../../server/indexes/names";
import { signIn, startProduct, until } from "../support/product";
import { statePath } from "./support";

/** Enough for every rule to fire within seconds, little enough to leave the machine to the browser. */
const TPS = 60;
const READY_WITHIN_MS = 170_000;

/** So low that the demo world has breaks above it whatever day it is. */
const APPROVALS = `
reconciliation_approvals:
  - effective_from: 2000-01-01
    set_by: tests
    reason: breaks on both sides of the limit
    settings: { otherUnits: "200" }
`;

/** Starts the product as `npm start` does, with the simulator, and signs one person of each role in. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const data = await mkdtemp(join(tmpdir(), "concordance-console-"));
  const finals = join(data, "finals.yaml");
  await writeFile(finals, `${await readFile("config/finals.yaml", "utf8")}${APPROVALS}`);
  const product = await startProduct({ data, tps: TPS, environment: { CONCORDANCE_FINALS: finals } });
  const teardown = async () => {
    await product.stop();
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await Promise.race([prepare(product.baseUrl, product.ready, data), failAfter(READY_WITHIN_MS, product.said)]);
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}

async function prepare(baseUrl: string, ready: () => Promise<void>, data: string): Promise<void> {
  process.env.CONCORDANCE_TEST_URL = baseUrl;
  process.env.CONCORDANCE_TEST_DATA = data;
  await ready();
  const call = await signIn(baseUrl, data, "admin");
  await until(async () => {
    const { rows } = await call<{ rows: unknown[] }>("fraud.queue", { status: [], limit: 50 });
    const { groups } = await call<{ groups: unknown[] }>("ops.quarantineGroups", undefined);
    const { active } = await call<{ active: number }>("fraud.blacklist", {});
    return rows.length >= 20 && groups.length > 0 && active > 0;
  });
  for (const role of ROLES) await keepSession(baseUrl, data, role);
}

async function keepSession(baseUrl: string, data: string, role: string): Promise<void> {
  const password = (await readFile(join(data, "secrets", "demo-password"), "utf8")).trim();
  const context = await request.newContext({ baseURL: baseUrl, extraHTTPHeaders: { origin: baseUrl } });
  const email = `${role.replaceAll("_", "-")}@demo.concordance.local`;
  const answer = await context.post("/api/auth/sign-in/email", { data: { email, password } });
  if (!answer.ok()) throw new Error(`${role}: ${answer.status()} ${await answer.text()}`);
  await context.storageState({ path: statePath(role) });
  await context.dispose();
}

async function failAfter(ms: number, said: () => string): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, ms).unref());
  throw new Error(`the product was not ready within ${ms / 1_000} s:\n${said()}`);
}
