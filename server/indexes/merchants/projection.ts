import type { DuckDBConnection } from "@duckdb/node-api";
import { pruneFiles, scanSql } from "../../lake/scan";
import { TRANSACTIONS } from "../../pipeline/tables";
import type { Projection, ProjectionContext } from "../../projection/projection";
import { MERCHANT_CUSTOMERS, MERCHANTS_PARTIAL } from "./tables";

const STATE_ROWS_MAX = 20_000_000;
const STATUSES = ["received", "pending", "approved", "declined", "settled", "failed", "returned", "refunded"] as const;

/** Counts, sums and exact distinct customers per merchant, business day and currency, as increments. */
export function createMerchantProjection(connection: DuckDBConnection): Projection {
  const loadedDays = new Set<string>();
  return {
    name: "merchants",
    input: TRANSACTIONS.name,
    outputs: [MERCHANTS_PARTIAL, MERCHANT_CUSTOMERS],
    project: async (context) => {
      await connection.run(
        "CREATE TEMP TABLE IF NOT EXISTS merchant_state_customers (merchant_id VARCHAR, business_date DATE, currency VARCHAR, user_id VARCHAR)",
      );
      await loadDays(context, loadedDays);
      await connection.run(`CREATE OR REPLACE TEMP TABLE merchant_new_customers AS
        SELECT merchant_id, business_date, currency, user_id, arg_min(exponent, source_offset) AS exponent
          FROM delta d WHERE merchant_id IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM merchant_state_customers s
                            WHERE s.merchant_id = d.merchant_id AND s.business_date = d.business_date
                              AND s.currency IS NOT DISTINCT FROM d.currency AND s.user_id = d.user_id)
         GROUP BY ALL`);
      return [
        { spec: MERCHANTS_PARTIAL, selectSql: measuresSql() },
        {
          spec: MERCHANT_CUSTOMERS,
          selectSql: "SELECT merchant_id, business_date, currency, user_id FROM merchant_new_customers",
        },
      ];
    },
    advance: async () => {
      await connection.run(
        "INSERT INTO merchant_state_customers SELECT merchant_id, business_date, currency, user_id FROM merchant_new_customers",
      );
    },
    reset: async () => {
      loadedDays.clear();
      await connection.run("DROP TABLE IF EXISTS merchant_state_customers");
    },
  };
}

function measuresSql(): string {
  const counts = STATUSES.map((status) => `count(*) FILTER (status = '${status.toUpperCase()}') AS ${status}`);
  const sum = (status: string, amount: string) => `CAST(sum(${amount}) FILTER (status = '${status}') AS BIGINT)`;
  return `
    WITH measures AS (
      SELECT merchant_id, business_date, currency, exponent, count(*) AS events, ${counts.join(", ")},
             count(*) FILTER (status = 'CHARGEBACK') AS chargebacks, count(*) FILTER (decision = 'DENY') AS denied,
             ${sum("SETTLED", "amount_minor")} AS gross_minor, ${sum("REFUNDED", "abs(amount_minor)")} AS refunded_minor,
             ${sum("RETURNED", "abs(amount_minor)")} AS returned_minor, ${sum("CHARGEBACK", "abs(amount_minor)")} AS chargeback_minor,
             max(event_time) AS last_event_time
        FROM delta WHERE merchant_id IS NOT NULL GROUP BY merchant_id, business_date, currency, exponent),
    customers AS (
      SELECT merchant_id, business_date, currency, exponent, count(*) AS new_customers FROM merchant_new_customers GROUP BY ALL)
    SELECT m.*, coalesce(c.new_customers, 0) AS new_customers
      FROM measures m LEFT JOIN customers c
        ON c.merchant_id = m.merchant_id AND c.business_date = m.business_date
       AND c.currency IS NOT DISTINCT FROM m.currency AND c.exponent IS NOT DISTINCT FROM m.exponent`;
}

async function loadDays({ connection, lake }: ProjectionContext, loaded: Set<string>): Promise<void> {
  const reader = await connection.runAndReadAll("SELECT DISTINCT CAST(business_date AS VARCHAR) FROM delta");
  const days = reader.getRowsJS().map(([day]) => String(day));
  const counted = await connection.runAndReadAll("SELECT count(*)::INTEGER FROM merchant_state_customers");
  if (Number(counted.getRowsJS()[0]?.[0]) > STATE_ROWS_MAX) {
    await connection.run("DELETE FROM merchant_state_customers");
    loaded.clear();
  }
  const missing = days.filter((day) => !loaded.has(day)).sort();
  const [first, last] = [missing[0], missing.at(-1)];
  if (first === undefined || last === undefined) return;
  const table = lake.table(MERCHANT_CUSTOMERS.name).current();
  const files = pruneFiles(table.files, "business_date", first, last);
  await connection.run(`INSERT INTO merchant_state_customers
    SELECT merchant_id, business_date, currency, user_id FROM ${await scanSql(lake.store, table.spec, files)}
     WHERE business_date IN (${missing.map((day) => `DATE '${day}'`).join(", ")})`);
  for (const day of missing) loaded.add(day);
}
