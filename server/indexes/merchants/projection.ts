import type { DuckDBConnection } from "@duckdb/node-api";
import { pruneFiles, scanSql } from "../../lake/scan";
import { TRANSACTIONS } from "../../pipeline/tables";
import { HashCounts, hashColumns, loadHashCounts } from "../../projection/hash-counts";
import type { Projection, ProjectionContext } from "../../projection/projection";
import { MERCHANT_CUSTOMERS, MERCHANTS_PARTIAL } from "./tables";

const STATE_ROWS_MAX = 20_000_000;
const DAY_MS = 86_400_000;
const STATUSES = ["received", "pending", "approved", "declined", "settled", "failed", "returned", "refunded"] as const;

/** Counts, sums and exact distinct customers per merchant, business day and currency, as increments. */
export function createMerchantProjection(connection: DuckDBConnection): Projection {
  /** The customers already counted, by business day. */
  const known = new Map<number, HashCounts>();
  let added: readonly Customer[] = [];
  return {
    name: "merchants",
    input: TRANSACTIONS.name,
    outputs: [MERCHANTS_PARTIAL, MERCHANT_CUSTOMERS],
    project: async (context) => {
      const customers = await stageCustomers(connection);
      await loadDays(context, new Set(customers.map(({ day }) => day)), known);
      added = customers.filter(({ day, low, high }) => known.get(day)?.get(low, high) === 0);
      await connection.run(`CREATE OR REPLACE TEMP TABLE merchant_new_customers AS
        SELECT merchant_id, business_date, currency, user_id, exponent FROM merchant_customers_seen
          SEMI JOIN (SELECT unnest([${added.map(({ n }) => n).join(", ")}]::INTEGER[]) AS n) USING (n)`);
      return [
        { spec: MERCHANTS_PARTIAL, selectSql: measuresSql() },
        {
          spec: MERCHANT_CUSTOMERS,
          selectSql: "SELECT merchant_id, business_date, currency, user_id FROM merchant_new_customers",
        },
      ];
    },
    advance: async () => {
      for (const { day, low, high } of added) known.get(day)?.set(low, high, 1);
    },
    reset: async () => known.clear(),
  };
}

/** A customer of a merchant on a day in a currency; `n` numbers the rows of `merchant_customers_seen`. */
interface Customer {
  readonly n: number;
  readonly day: number;
  readonly low: number;
  readonly high: number;
}

const DAY_NUMBER = "(business_date - DATE '1970-01-01')::INTEGER AS day";
const CUSTOMER = hashColumns("merchant_id || chr(31) || coalesce(currency, '') || chr(31) || user_id", "customer");

async function stageCustomers(connection: DuckDBConnection): Promise<Customer[]> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE merchant_customers_seen AS
    SELECT *, CAST(row_number() OVER () AS INTEGER) AS n FROM (
      SELECT merchant_id, business_date, currency, user_id, arg_min(exponent, source_offset) AS exponent
        FROM delta WHERE merchant_id IS NOT NULL GROUP BY ALL)`);
  const reader = await connection.runAndReadAll(`SELECT n, ${DAY_NUMBER}, ${CUSTOMER} FROM merchant_customers_seen`);
  const [numbers = [], days, lows, highs] = reader.getColumnsJS();
  return numbers.map((n, row) => ({
    n: Number(n),
    day: Number(days?.[row]),
    low: Number(lows?.[row]),
    high: Number(highs?.[row]),
  }));
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

async function loadDays(
  { connection, lake }: ProjectionContext,
  days: ReadonlySet<number>,
  known: Map<number, HashCounts>,
): Promise<void> {
  if ([...known.values()].reduce((rows, { size }) => rows + size, 0) > STATE_ROWS_MAX) {
    for (const day of known.keys()) if (!days.has(day)) known.delete(day);
  }
  const missing = [...days].filter((day) => !known.has(day)).sort((a, b) => a - b);
  if (missing.length === 0) return;
  for (const day of missing) known.set(day, new HashCounts());
  const dates = missing.map((day) => new Date(day * DAY_MS).toISOString().slice(0, 10));
  const table = lake.table(MERCHANT_CUSTOMERS.name).current();
  const files = pruneFiles(table.files, "business_date", dates[0] ?? "", dates.at(-1) ?? "");
  await loadHashCounts(
    connection,
    `SELECT ${DAY_NUMBER}, ${CUSTOMER}, 1 FROM ${await scanSql(lake.store, table.spec, files)}
      WHERE business_date IN (${dates.map((date) => `DATE '${date}'`).join(", ")})`,
    known,
  );
}
