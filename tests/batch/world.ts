import { z } from "zod";
import type { FinalDefinition } from "../../server/batch/definition";
import type { BusinessDate } from "../../server/domain/time";
import { dayNumber } from "../../server/domain/time";
import type { Lake } from "../../server/lake/lake";
import { writeParquet } from "../../server/lake/parquet";
import { scanSql } from "../../server/lake/scan";
import type { ObjectStore } from "../../server/lake/store/store";
import { TableBuffer } from "../../server/lake/table-buffer";
import { required, type TableSpec } from "../../server/lake/types";

const RETENTION = { logDays: 30, dataDays: null } as const;

/** A raw table of sales and a final of their sums, small enough to be recounted by eye. */
export const SALES: TableSpec = {
  name: "sales",
  kind: "raw",
  description: "test",
  columns: [
    required("business_date", "date", "date"),
    required("shop", "string", "shop"),
    required("currency", "string", "currency"),
    required("amount_minor", "bigint", "minor units"),
  ],
  partitionBy: [],
  key: [],
  sortBy: ["business_date"],
  retention: RETENTION,
};

export const SHOP_DAYS: TableSpec = {
  ...SALES,
  name: "shop_days",
  kind: "final",
  columns: [...SALES.columns, required("sales", "bigint", "count"), required("rules", "string", "rule version")],
  key: ["business_date", "shop", "currency"],
};

const Settings = z.object({ loseOne: z.boolean().default(false), rate: z.number().int().default(1) });

export const DEFINITION: FinalDefinition<z.infer<typeof Settings>> = {
  index: "shops",
  table: SHOP_DAYS,
  ruleVersion: "shops/1",
  settings: Settings,
  inputs: (date) => [{ table: "sales", dateColumn: "business_date", from: date, to: date }],
  plan: (date, { loseOne, rate }) => ({
    auxiliary: [{ name: "rates", columns: [required("rate", "bigint", "rate")], rows: [[BigInt(rate)]] }],
    steps: [
      {
        name: "of_date",
        sql: `SELECT * FROM sales WHERE business_date = DATE '${date}' ${loseOne ? "AND amount_minor <> 1" : ""}`,
      },
    ],
    output: `
      SELECT business_date, shop, currency, CAST(sum(amount_minor * rate) AS BIGINT) AS amount_minor,
             count(*) AS sales, 'shops/1' AS rules
      FROM of_date CROSS JOIN rates GROUP BY business_date, shop, currency`,
    controls: `
      SELECT 'sales' AS control, i.currency, i.n AS rows_in, coalesce(o.n, 0) AS rows_out, NULL AS minor_in, NULL AS minor_out
      FROM (SELECT currency, count(*) AS n FROM sales WHERE business_date = DATE '${date}' GROUP BY 1) i
      LEFT JOIN (SELECT currency, sum(sales) AS n FROM final_output GROUP BY 1) o ON o.currency = i.currency`,
  }),
  diff: {
    key: ["shop", "currency"],
    ignore: ["rules"],
    group: "shop",
    valueMinor: "amount_minor",
    currency: "currency",
  },
};

export type Sale = readonly [date: string, shop: string, currency: string, amountMinor: number];

/** Adds sales to the raw table in one commit. */
export async function sell(lake: Lake, ...sales: readonly Sale[]): Promise<void> {
  const buffer = new TableBuffer(SALES);
  for (const [date, shop, currency, amount] of sales) buffer.push([dayNumber(date), shop, currency, BigInt(amount)]);
  const connection = await lake.db.connect();
  await buffer.stage(connection, "sold");
  const file = await writeParquet({ connection, selectSql: "SELECT * FROM sold", spec: SALES, store: lake.store });
  connection.closeSync();
  await lake.table("sales").commit({ adds: file === null ? [] : [file], marks: [], operation: "WRITE" });
}

/** The final's rows of one date, or of all, as text. */
export async function finals(lake: Lake, date?: BusinessDate): Promise<string[]> {
  const { files, spec } = await lake.table("shop_days").refresh();
  const connection = await lake.db.connect();
  const reader = await connection.runAndReadAll(`
    SELECT concat_ws(' ', CAST(business_date AS VARCHAR), shop, currency, amount_minor, sales)
    FROM ${await scanSql(lake.store, spec, files)}
    ${date === undefined ? "" : `WHERE business_date = DATE '${date}'`} ORDER BY 1`);
  connection.closeSync();
  return reader.getRows().map(([text]) => String(text));
}

/** The same store, whose process is gone after so many writes. */
export function dyingAfter(store: ObjectStore, writes: number): ObjectStore {
  let left = writes;
  const mutations = new Set(["put", "putFile", "putIfAbsent", "move"]);
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (!mutations.has(String(name))) return value.bind(target);
      return (...parameters: unknown[]) => {
        if (left-- <= 0) throw new Error("the process is gone");
        return value.apply(target, parameters);
      };
    },
  });
}
