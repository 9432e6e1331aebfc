import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadSettings } from "../../server/config/settings";
import { verifyLake } from "../../server/lake/verify";
import { silentLogger } from "../../server/observability/log";
import { openProcessLake } from "../../server/process/open-lake";
import { runSql } from "../../server/query/sql";
import { ingest } from "../../workers/cli/ingest";
import { temporaryDirectory } from "../support/world";

const DATA = "../shared/data/events/online_retail.csv.gz";

/** A plain recount of the stored lines, independent of the projector: who is over 30 a day, and since which day. */
const VELOCITY_DIFFERENCE = `
  WITH days AS (SELECT user_id, business_date, count(*) AS n FROM transactions GROUP BY ALL),
  expected AS (SELECT user_id AS party_id, min(business_date) AS business_date FROM days WHERE n > 30 GROUP BY 1),
  found AS (SELECT party_id, business_date FROM blacklist WHERE rule = 'velocity' AND role = 'originator' AND count = 31)
  SELECT (SELECT count(*) FROM expected)::INTEGER AS expected, (SELECT count(*) FROM (FROM expected EXCEPT FROM found))::INTEGER AS missing,
         (SELECT count(*) FROM (FROM found EXCEPT FROM expected))::INTEGER AS surplus`;

describe.skipIf(!existsSync(DATA))("Online Retail, the whole file", () => {
  it("balances to the penny, blacklists exactly who is over 30 a day, and changes nothing the second time", async () => {
    const { path: directory, remove } = await temporaryDirectory();
    try {
      const settings = loadSettings({
        NODE_ENV: "test",
        CONCORDANCE_CARD_KEY: "ab".repeat(32),
        CONCORDANCE_CACHE: join(directory, "cache"),
        CONCORDANCE_LAKE: join(directory, "lake"),
      });
      const request = {
        source: "retail",
        mappingPath: "config/mappings/online-retail.yaml",
        inputs: [DATA],
        lake: settings.lake,
      };
      const report = await ingest(request, settings, silentLogger);
      expect(report).toMatchObject({
        in: 541_909,
        accepted: 406_829,
        quarantined: 135_080,
        duplicates: 0,
        quarantinedByCode: { missing_user_id: 135_080 },
        sums: [{ currency: "GBP", exponent: 3, total: "9747747.934" }],
        refused: [],
      });
      const { lake, close } = await openProcessLake(settings, settings.lake);
      try {
        const query = async (sql: string) => {
          let text = "";
          await runSql(lake, { sql, asOf: null, format: "json" }, (part) => {
            text += part;
          });
          return JSON.parse(text);
        };
        expect(await query(VELOCITY_DIFFERENCE)).toEqual([{ expected: 1_654, missing: 0, surplus: 0 }]);
        const statuses =
          "SELECT count(*) FILTER (status = 'REFUNDED' AND transaction_id NOT LIKE 'C%')::INTEGER AS wrong, count(*) FILTER (amount_minor = 0)::INTEGER > 0 AS zero FROM transactions";
        expect(await query(statuses)).toEqual([{ wrong: 0, zero: true }]);
        const versions = () => Promise.all(lake.tables.map(async (table) => (await table.refresh()).version));
        const before = await versions();
        await ingest(request, settings, silentLogger);
        expect(await versions()).toEqual(before);
        expect((await verifyLake(lake)).differences).toEqual([]);
      } finally {
        close();
      }
    } finally {
      await remove();
    }
  }, 180_000);
});
