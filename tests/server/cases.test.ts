import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLogger } from "../../server/observability/log";
import { ingest } from "../../workers/cli/ingest";
import { openTestConsole, type TestConsole } from "../setup/console";
import { writeWorld } from "../support/world";

const CASES = 10_000;

let console: TestConsole;
beforeAll(async () => {
  console = await openTestConsole(4_000);
}, 120_000);
afterAll(() => console.close());

const page = (cursor: string | null, limit: number) =>
  console.as("fraud_analyst").fraud.queue({ status: [], cursor, limit });

describe("the queue while it lives", () => {
  it("filters by status exactly with ten thousand cases of other alerts beside its own", async () => {
    const ids = (await console.sql("SELECT alert_id FROM alerts ORDER BY alert_id")).map((row) => String(row.alert_id));
    const decided = ids.slice(0, Math.floor(ids.length / 3));
    const { pool } = console.postgres.database;
    await pool.query(
      "INSERT INTO cases (alert_id, status) SELECT 'elsewhere-' || n, 'confirmed' FROM generate_series(1, $1) n",
      [CASES],
    );
    await pool.query("INSERT INTO cases (alert_id, status) SELECT unnest($1::text[]), 'false_positive'", [decided]);
    const me = console.as("fraud_analyst");
    expect((await me.fraud.queue({ status: [] })).byStatus).toMatchObject({
      new: ids.length - decided.length,
      false_positive: decided.length,
      confirmed: 0,
    });
    const rows = await me.fraud.queue({ status: ["false_positive"], limit: 200 });
    expect(rows.total).toBe(decided.length);
    expect(rows.rows.every(({ alertId }) => decided.includes(alertId))).toBe(true);
  });

  it("shows every alert that was there once, none twice, also while new ones arrive between its pages", async () => {
    const before = (await console.sql("SELECT alert_id FROM alerts")).map((row) => String(row.alert_id));
    const first = await page(null, 20);
    const world = await writeWorld(dirname(console.settings.lake), "later", 400, 2);
    await ingest(
      {
        source: "later",
        mappingPath: "config/mappings/concordance-transactions.yaml",
        inputs: [world.path],
        lake: console.settings.lake,
      },
      console.settings,
      silentLogger,
    );
    const after = Number((await console.sql("SELECT count(*)::INTEGER AS n FROM alerts"))[0]?.n);
    expect(after).toBeGreaterThan(before.length);
    const seen = first.rows.map(({ alertId }) => alertId);
    for (let cursor = first.nextCursor; cursor !== null; ) {
      const next = await page(cursor, 20);
      seen.push(...next.rows.map(({ alertId }) => alertId));
      cursor = next.nextCursor;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(before.filter((id) => !seen.includes(id))).toEqual([]);
    expect((await page(null, 1)).total).toBe(after);
  });
});
