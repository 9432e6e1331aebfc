import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, request, test } from "@playwright/test";
import { parse } from "csv-parse/sync";
import { signIn } from "../support/product";
import { baseUrl, statePath } from "./support";

const asRole = (role: string | null) =>
  request.newContext({ baseURL: baseUrl(), ...(role === null ? {} : { storageState: statePath(role) }) });
const addressOf = (filter: object, format: string) =>
  `/api/export/fraud?view=queue&format=${format}&filter=${encodeURIComponent(JSON.stringify(filter))}`;

test("an export holds the rows of the table, row for row, in every format", async () => {
  const data = process.env.CONCORDANCE_TEST_DATA ?? "";
  const call = await signIn(baseUrl(), data, "admin");
  // Only what was there a moment ago: the queue grows while this runs. The first such alert may still be to come.
  const ask = async () => {
    const filter = { status: [], rule: ["stolen_card"], until: new Date(Date.now() - 2_000).toISOString() };
    const page = await call<{ rows: { alertId: string; userId: string | null }[]; total: number }>("fraud.queue", {
      ...filter,
      limit: 200,
    });
    return { filter, ...page };
  };
  await expect.poll(async () => (await ask()).total, { timeout: 60_000 }).toBeGreaterThan(0);
  const { filter, rows, total } = await ask();
  const analyst = await asRole("fraud_analyst");
  const csv = await analyst.get(addressOf(filter, "csv"));
  expect(csv.headers()["content-disposition"]).toContain(".csv");
  const records: Record<string, string>[] = parse(await csv.text(), { columns: true });
  expect(records).toHaveLength(total);
  expect(records.slice(0, rows.length).map(({ alert_id }) => alert_id)).toEqual(rows.map(({ alertId }) => alertId));
  const ndjson = await (await analyst.get(addressOf(filter, "ndjson"))).text();
  const ids = ndjson
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).alert_id);
  expect(ids).toEqual(records.map(({ alert_id }) => alert_id));
  const file = join(data, "export.parquet");
  await writeFile(file, await (await analyst.get(addressOf(filter, "parquet"))).body());
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const read = await connection.runAndReadAll(
    `SELECT count(*)::INTEGER, count(DISTINCT alert_id)::INTEGER, typeof(any_value(detected_at)) FROM '${file}'`,
  );
  expect(read.getRowsJS()).toEqual([[total, total, "TIMESTAMP WITH TIME ZONE"]]);
  connection.closeSync();
  await analyst.dispose();
});

test("an export is refused as the table is", async () => {
  const [visitor, partner] = [await asRole(null), await asRole("partnerships")];
  expect((await visitor.get(addressOf({}, "csv"))).status()).toBe(401);
  const refused = await partner.get(addressOf({}, "csv"));
  expect(refused.status()).toBe(403);
  expect(await refused.json()).toMatchObject({ code: expect.any(String), message: expect.stringContaining("role") });
  expect((await partner.get("/api/export/merchants?view=nothing")).status()).toBe(404);
  expect((await partner.get("/api/export/merchants?view=list&filter=no")).status()).toBe(400);
  await visitor.dispose();
  await partner.dispose();
});

test("metrics tell lag, freshness, balance and heartbeats", async () => {
  const visitor = await asRole(null);
  const text = await (await visitor.get("/api/metrics")).text();
  expect(text).toMatch(/concordance_balance_holds\{source="simulated-transactions"\} 1/);
  expect(text).toMatch(/concordance_process_up\{process="indexer",instance="[^"]+"\} 1/);
  expect(text).toMatch(/concordance_index_behind_seconds\{index="fraud"\} /);
  expect(text).toMatch(/concordance_scrape_ok\{part="streams"\} 1/);
  await visitor.dispose();
});
