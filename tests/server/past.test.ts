import { dirname } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { silentLogger } from "../../server/observability/log";
import { ingest } from "../../workers/cli/ingest";
import { openTestConsole, type TestConsole } from "../setup/console";
import { writeWorld } from "../support/world";

const DAY_MS = 86_400_000;

let console: TestConsole;
beforeAll(async () => {
  console = await openTestConsole(4_000);
}, 120_000);
afterAll(() => console.close());

/** The days of the written world. */
const PERIOD = { from: "2026-01-01", to: "2026-01-31" };
/** What does not tell when it was read. */
const list = async (at: string | null) => {
  const { asOf, ...page } = await console.as("finance").merchants.list({ ...PERIOD, at, pageSize: 200 });
  return { ...page, versions: asOf.lakeVersions, watermark: asOf.watermark };
};
async function more(source: string, seed: number): Promise<void> {
  const world = await writeWorld(dirname(console.settings.lake), source, 600, seed);
  const request = { source, mappingPath: "config/mappings/concordance-transactions.yaml", inputs: [world.path] };
  await ingest({ ...request, lake: console.settings.lake }, console.settings, silentLogger);
}

it("the merchants of an earlier instant are what the page said then, whatever was read and compacted since", async () => {
  await more("earlier", 4);
  const before = await list(null);
  expect(before.rows.length).toBeGreaterThan(0);
  const at = new Date().toISOString();
  await more("later", 5);
  const now = await list(null);
  const events = (page: typeof now) => page.totals.reduce((sum, total) => sum + total.events, 0);
  expect(events(now)).toBeGreaterThan(events(before));
  expect(await list(at)).toEqual(before);
  const merchantId = before.rows[0]?.merchantId ?? "";
  const one = (instant: string | null) => console.as("finance").merchants.get({ merchantId, ...PERIOD, at: instant });
  const [then, today] = [await one(at), await one(null)];
  const eventsOf = (detail: typeof then) => detail.totals.reduce((sum, total) => sum + total.events, 0);
  expect(eventsOf(then)).toBe(
    before.rows.filter((row) => row.merchantId === merchantId).reduce((sum, row) => sum + row.events, 0),
  );
  expect(eventsOf(today)).toBeGreaterThanOrEqual(eventsOf(then));
});

it("before the first commit the index is empty, and an instant still to come is refused", async () => {
  expect(await list("2020-01-01T00:00:00Z")).toMatchObject({ rows: [], total: 0, available: null, watermark: null });
  const ahead = new Date(Date.now() + DAY_MS).toISOString();
  await expect(list(ahead)).rejects.toMatchObject({ code: "BAD_REQUEST" });
});
