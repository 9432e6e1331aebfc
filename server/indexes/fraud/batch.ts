import type { Lake } from "../../lake/lake";
import { writeParquet } from "../../lake/parquet";
import { pruneFiles, scanSql } from "../../lake/scan";
import { ALERTS, STOLEN_CARD_SUMMARIES } from "./tables";

const EVERY_MS = 10_000;
const WINDOW_MS = 3_600_000;
/** What is committed within this is still counted into the point before it, milliseconds: the promise of freshness. */
const SETTLE_MS = 2_000;
const MARK = "grid/stolen-card-summaries";
const NO_MARK = -1n;

/** The newest point of the grid of ten seconds whose events are in by now, milliseconds since the epoch. */
export const summaryPoint = (nowMs: number): number => Math.floor((nowMs - SETTLE_MS) / EVERY_MS) * EVERY_MS;

/**
 * stolen_card_summary: at each point of the grid, one row per stolen card with events in the 60 minutes before, by event time.
 * Returns the point written, null where it was there already. Points that passed while nothing ran are not made up later:
 * their rows would have told nobody anything in time. The mark is the point, so of two writers one wins.
 */
export async function writeStolenCardSummaries(lake: Lake, nowMs: number): Promise<number | null> {
  const point = summaryPoint(nowMs);
  const table = lake.table(STOLEN_CARD_SUMMARIES.name);
  const base = (await table.refresh()).marks.get(MARK) ?? NO_MARK;
  const mark = BigInt(point / 1_000);
  if (base >= mark) return null;
  const { files } = await lake.table(ALERTS.name).refresh();
  const iso = (ms: number) => new Date(ms).toISOString();
  const alerts = await scanSql(lake.store, ALERTS, pruneFiles(files, "event_time", iso(point - WINDOW_MS), iso(point)));
  const connection = await lake.db.connect();
  try {
    const file = await writeParquet({
      connection,
      spec: STOLEN_CARD_SUMMARIES,
      store: lake.store,
      selectSql: summarySql(alerts, point),
    });
    const outcome = await table.commit({
      adds: file === null ? [] : [file],
      marks: [{ appId: MARK, version: mark, base }],
      operation: "WRITE",
      info: { projection: "stolen card summaries" },
    });
    return outcome.kind === "committed" ? point : null;
  } finally {
    connection.closeSync();
  }
}

function summarySql(alerts: string, point: number): string {
  const at = (ms: number) => `make_timestamptz(${ms * 1_000})`;
  return `
    WITH events AS (
      SELECT card_token, card_last4, currency, exponent, amount_minor, event_time, merchant_id FROM ${alerts}
       WHERE rule = 'stolen_card' AND card_token IS NOT NULL AND event_time > ${at(point - WINDOW_MS)} AND event_time <= ${at(point)}),
    sums AS (
      SELECT card_token, currency, exponent, CAST(sum(amount_minor) AS BIGINT) AS amount FROM events
       WHERE currency IS NOT NULL AND amount_minor IS NOT NULL GROUP BY ALL),
    listed AS (
      SELECT card_token, '[' || string_agg(CAST(json_object('currency', currency, 'exponent', exponent, 'amountMinor', CAST(amount AS VARCHAR)) AS VARCHAR),
                                           ',' ORDER BY currency, exponent) || ']' AS sums
        FROM sums GROUP BY card_token)
    SELECT ${at(point)} AS summary_at, ${at(point - WINDOW_MS)} AS window_start, e.card_token, any_value(e.card_last4) AS card_last4,
           count(*) AS events, coalesce(any_value(l.sums), '[]') AS sums, min(e.event_time) AS first_seen, max(e.event_time) AS last_seen,
           CAST(to_json(coalesce(list_sort(list(DISTINCT e.merchant_id) FILTER (e.merchant_id IS NOT NULL)), [])) AS VARCHAR) AS merchants
      FROM events e LEFT JOIN listed l USING (card_token) GROUP BY e.card_token`;
}
