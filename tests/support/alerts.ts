import { ALERTS } from "../../server/indexes/fraud/tables";
import type { Lake } from "../../server/lake/lake";
import { writeParquet } from "../../server/lake/parquet";

/** What a test says of an alert; the rest is filled in. */
export interface TestAlert {
  readonly card: string;
  readonly atMs: number;
  readonly minor: number | null;
  readonly currency?: string;
  readonly merchant?: string | null;
  readonly rule?: string;
}

/** Commits alerts as a writer of the table does. */
export async function addAlerts(lake: Lake, events: readonly TestAlert[]): Promise<void> {
  const connection = await lake.db.connect();
  const rows = events.map(({ card, atMs, minor, currency = "EUR", merchant = "m1", rule = "stolen_card" }, index) => {
    const at = `make_timestamptz(${atMs * 1_000})`;
    const amount = minor === null ? "NULL, NULL, NULL" : `${minor}, '${currency}', 2`;
    return `('a${index}-${atMs}', '${rule}', '${card}', ${amount}, ${at}, ${merchant === null ? "NULL" : `'${merchant}'`})`;
  });
  const others = ALERTS.columns.filter(
    ({ name }) =>
      !["alert_id", "rule", "card_token", "amount_minor", "currency", "exponent", "event_time", "merchant_id"].includes(
        name,
      ),
  );
  const rest = others.map(({ name, type, nullable }) =>
    nullable
      ? `NULL AS ${name}`
      : type === "timestamp"
        ? `event_time AS ${name}`
        : type === "date"
          ? `event_time::DATE AS ${name}`
          : `'x' AS ${name}`,
  );
  const file = await writeParquet({
    connection,
    spec: ALERTS,
    store: lake.store,
    selectSql: `SELECT *, ${rest.join(", ")} FROM (VALUES ${rows.join(", ")}) t(alert_id, rule, card_token, amount_minor, currency, exponent, event_time, merchant_id)`,
  });
  connection.closeSync();
  await lake.table(ALERTS.name).commit({ adds: file === null ? [] : [file], marks: [], operation: "WRITE" });
}
