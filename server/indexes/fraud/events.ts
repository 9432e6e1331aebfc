import type { DuckDBConnection } from "@duckdb/node-api";
import { pruneFiles, scanSql } from "../../lake/scan";
import { FRAUD_SIGNALS, TRANSACTIONS } from "../../pipeline/tables";
import type { Projection, ProjectionContext } from "../../projection/projection";
import type { EffectiveSettings } from "./settings";
import { ALERTS } from "./tables";

const RULE = "fraud_score";
/** Events stored this long ago, and up to twice as long, are kept at hand: a new signal's payment is among them as a rule. */
const RECENT_MS = 60_000;
/** The payment of a signal older than that is looked for this far around it at once: a backlog is read long after it happened. */
const NEAR_MS = 600_000;
/** Signals whose payment was not among them are looked for in all the lake, once, at most this often. */
const SWEEP_EVERY_MS = 60_000;
/** ... and only after they have waited this long: most payments are just about to come. */
const SWEEP_AFTER_MS = 30_000;
/** After a restart signals this much older than the newest are not waited for any more; they stay in the raw table. */
const WAIT_DAYS = 30;
const DAY_MS = 86_400_000;

/**
 * fraud_score: a signal at or above a threshold, joined to its payment, whichever is stored first. A signal whose payment is
 * not there yet waits; what waits is every such signal without an alert, so a restart finds it again. One alert per signal.
 */
export function createScoreProjection(connection: DuckDBConnection, settings: () => EffectiveSettings): Projection {
  let known = false;
  let staged: EffectiveSettings | null = null;
  let sweptMs = 0;
  let turnedMs = 0;
  return {
    name: "fraud score",
    input: FRAUD_SIGNALS.name,
    alsoInput: TRANSACTIONS.name,
    outputs: [ALERTS],
    project: async (context) => {
      const current = settings();
      if (staged !== current) {
        await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_score_settings AS ${settingsSql(current)}`);
        staged = current;
      }
      const nowMs = Number(context.nowMicros / 1000n);
      if (!known) await recall(context);
      known = true;
      const sweep = nowMs - sweptMs >= SWEEP_EVERY_MS;
      if (sweep) sweptMs = nowMs;
      await stageWaiting(connection, nowMs);
      await stageFound(context, sweep, nowMs);
      return [{ spec: ALERTS, selectSql: alertsSql(context.nowMicros) }];
    },
    advance: async ({ nowMicros }) => {
      const nowMs = Number(nowMicros / 1000n);
      if (nowMs - turnedMs >= RECENT_MS) {
        turnedMs = nowMs;
        await connection.run("CREATE OR REPLACE TEMP TABLE fraud_score_before AS FROM fraud_score_recent");
        await connection.run("DELETE FROM fraud_score_recent");
      }
      // Its first events tell all that an alert says of a payment.
      await connection.run(`INSERT INTO fraud_score_recent
        SELECT ${EVENT_COLUMNS} FROM delta_also d
         WHERE NOT EXISTS (SELECT 1 FROM fraud_score_recent r WHERE r.transaction_id = d.transaction_id)`);
      await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_score_pending AS
        SELECT * REPLACE (swept OR sweeping AS swept) FROM fraud_score_waiting w
         WHERE NOT EXISTS (SELECT 1 FROM fraud_score_found f WHERE f.fraud_signal_id = w.fraud_signal_id)`);
    },
    reset: async () => {
      known = false;
      sweptMs = 0;
      turnedMs = 0;
      for (const table of ["pending", "recent", "before"]) {
        await connection.run(`DROP TABLE IF EXISTS fraud_score_${table}`);
      }
    },
  };
}

const EVENT_COLUMNS =
  "transaction_id, user_id, merchant_id, counterparty_id, card_token, card_last4, payment_type, amount_minor, currency, exponent, event_time";

/** Signals over a threshold with the settings of their business date. */
const overThreshold = (relation: string, sinceMs: number): string => `
  SELECT d.fraud_signal_id, d.transaction_id, d.fraud_score, d.reason_code, d.event_time, d.business_date, d.source, d.source_partition,
         d.source_offset, s.high, s.medium, s.version, ${sinceMs}::BIGINT AS since_ms, false AS swept,
         false AS sweeping
    FROM ${relation} d JOIN fraud_score_settings s ON d.business_date >= s.from_day AND d.business_date < s.until_day
   WHERE d.fraud_score >= least(s.medium, s.high)`;

/** What waited before: read signals without an alert. What was stored lately is at hand again, so the next signal finds it. */
async function recall({ connection, lake, inputBefore, nowMicros }: ProjectionContext): Promise<void> {
  const signals = await inputBefore();
  const newest =
    signals.files
      .map(({ stats }) => String(stats.maxValues.event_time ?? ""))
      .sort()
      .at(-1) ?? "";
  const from = newest === "" ? "" : new Date(Date.parse(newest) - WAIT_DAYS * DAY_MS).toISOString();
  const scan = await scanSql(lake.store, FRAUD_SIGNALS, pruneFiles(signals.files, "event_time", from, "9999"));
  const alerts = await scanSql(lake.store, ALERTS, lake.table(ALERTS.name).current().files);
  await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_score_pending AS
    SELECT * FROM (${overThreshold(`(SELECT * FROM ${scan})`, 0)}) p
     WHERE NOT EXISTS (SELECT 1 FROM ${alerts} a WHERE a.rule = '${RULE}' AND a.fraud_signal_id = p.fraud_signal_id)`);
  const sinceMicros = nowMicros - BigInt(RECENT_MS) * 1000n;
  const since = new Date(Number(sinceMicros / 1000n)).toISOString();
  const { files } = lake.table(TRANSACTIONS.name).current();
  const recent = await scanSql(lake.store, TRANSACTIONS, pruneFiles(files, "ingested_at", since, "9999"));
  await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_score_recent AS
    SELECT ${EVENT_COLUMNS} FROM ${recent} WHERE epoch_us(ingested_at) >= ${sinceMicros}`);
  await connection.run("CREATE OR REPLACE TEMP TABLE fraud_score_before AS FROM fraud_score_recent WHERE false");
}

const stageWaiting = (connection: DuckDBConnection, nowMs: number) =>
  connection.run(`CREATE OR REPLACE TEMP TABLE fraud_score_waiting AS
    SELECT * FROM fraud_score_pending UNION ALL SELECT * FROM (${overThreshold("delta", nowMs)})`);

/** Which of them have their payment now: among the new events, those at hand, or, now and then, anywhere. */
async function stageFound(context: ProjectionContext, sweep: boolean, nowMs: number): Promise<void> {
  const { connection } = context;
  if (sweep) {
    await connection.run(
      `UPDATE fraud_score_waiting SET sweeping = true WHERE NOT swept AND since_ms <= ${nowMs - SWEEP_AFTER_MS}`,
    );
  }
  const places = ["delta_also", "fraud_score_recent", "fraud_score_before"];
  const old = `since_ms = ${nowMs} AND event_time < make_timestamptz(${(nowMs - 2 * RECENT_MS) * 1_000})`;
  const near = await rangeOf(connection, old, NEAR_MS);
  if (near !== null) places.push(await scanEvents(context, near));
  const wide = sweep ? await rangeOf(connection, "sweeping", WAIT_DAYS * DAY_MS) : null;
  if (wide !== null) places.push(await scanEvents(context, wide));
  const events = places.map((place) => `SELECT ${EVENT_COLUMNS} FROM ${place}`).join(" UNION ALL ");
  await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_score_found AS
    SELECT w.fraud_signal_id, t.* EXCLUDE (transaction_id, event_time)
      FROM fraud_score_waiting w JOIN (${events}) t USING (transaction_id)
   QUALIFY row_number() OVER (PARTITION BY w.fraud_signal_id ORDER BY t.event_time) = 1`);
}

interface Range {
  readonly from: string;
  readonly until: string;
}

/** Where the payments of the signals that are looked for may lie; null where none is. */
async function rangeOf(connection: DuckDBConnection, which: string, around: number): Promise<Range | null> {
  const reader = await connection.runAndReadAll(
    `SELECT min(epoch_ms(event_time))::DOUBLE, max(epoch_ms(event_time))::DOUBLE FROM fraud_score_waiting WHERE ${which}`,
  );
  const [first, last] = reader.getRowsJS()[0] ?? [];
  if (first === null || first === undefined || last === null || last === undefined) return null;
  return { from: new Date(Number(first) - around).toISOString(), until: new Date(Number(last) + around).toISOString() };
}

async function scanEvents({ lake }: ProjectionContext, { from, until }: Range): Promise<string> {
  const { files } = lake.table(TRANSACTIONS.name).current();
  return scanSql(lake.store, TRANSACTIONS, pruneFiles(files, "event_time", from, until));
}

function settingsSql(settings: EffectiveSettings): string {
  const rows = settings.versions.map(({ fromDay, settings: { fraud_score: score }, version }, index) => {
    const next = settings.versions[index + 1];
    const from = index === 0 ? "DATE '0001-01-01'" : `DATE '1970-01-01' + ${fromDay}`;
    const until = next === undefined ? "DATE '9999-12-31'" : `DATE '1970-01-01' + ${next.fromDay}`;
    return `(${from}, ${until}, CAST(${score.high} AS DOUBLE), CAST(${score.medium} AS DOUBLE), '${version}')`;
  });
  return `SELECT * FROM (VALUES ${rows.join(", ")}) t(from_day, until_day, high, medium, version)`;
}

const alertsSql = (nowMicros: bigint): string => `
  SELECT md5('alert' || chr(31) || '${RULE}' || chr(31) || w.fraud_signal_id) AS alert_id, '${RULE}' AS rule,
         CASE WHEN w.fraud_score >= w.high THEN 'HIGH' ELSE 'MEDIUM' END AS severity, 'PAYMENT_ALERT' AS action,
         w.version AS rule_version,
         json_array(json_object('name', 'fraud_score', 'value', w.fraud_score,
                                'threshold', CASE WHEN w.fraud_score >= w.high THEN w.high ELSE w.medium END),
                    json_object('name', 'reason_code', 'value', w.reason_code, 'threshold', NULL)) AS reasons,
         'transaction' AS entity_type, w.transaction_id AS entity_id, NULL AS party_role, w.transaction_id, w.fraud_signal_id,
         f.user_id, f.merchant_id, f.counterparty_id, f.card_token, f.card_last4, f.payment_type, f.amount_minor, f.currency,
         f.exponent, w.event_time, make_timestamptz(${nowMicros}) AS detected_at, w.business_date, w.source, w.source_partition,
         w.source_offset
    FROM fraud_score_waiting w JOIN fraud_score_found f USING (fraud_signal_id)`;
