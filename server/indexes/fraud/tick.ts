import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlText } from "../../lake/duckdb";
import { pruneFiles, scanSql } from "../../lake/scan";
import type { DataFile } from "../../lake/snapshot";
import { TRANSACTIONS } from "../../pipeline/tables";
import type { Projection, ProjectionContext } from "../../projection/projection";
import { addDecline, type DeclineHistory } from "./rules";
import type { EffectiveSettings } from "./settings";
import { ALERTS } from "./tables";

const RULE = "repeated_declines";
const POSITION = "source, source_partition, source_offset";
/** Commit by commit, so that several commits in one tick are taken as they would be one by one. */
const ORDER = `committed_ms, ${POSITION}`;
/** Windows before the newest decline that are kept at hand; what is later than that is read from the tables. */
const WINDOWS_KEPT = 2n;
const MINUTE = 60_000_000n;

interface Fired {
  readonly entityType: string;
  readonly entityId: string;
  readonly declines: number;
  readonly threshold: number;
  readonly version: string;
  readonly source: string;
  readonly partition: string;
  readonly offset: bigint;
}

/**
 * repeated_declines: a sliding window per user and per card over the declines, by event time, in order of arrival. The
 * declines and alerts of the last windows are at hand as a copy of the tables; for a decline later than that its own window
 * is read. The alerts are the only output: rows and mark are one commit.
 */
export function createDeclineProjection(connection: DuckDBConnection, settings: () => EffectiveSettings): Projection {
  /** Everything at or after this instant is at hand; null before anything is. */
  let floor: bigint | null = null;
  let newest = 0n;
  let window = 0n;
  return {
    name: "fraud declines",
    input: TRANSACTIONS.name,
    outputs: [ALERTS],
    project: async (context) => {
      const current = settings();
      window = widestWindow(current);
      const rows = await declinesOf(connection);
      const fired: Fired[] = [];
      if (rows.length > 0) {
        newest = rows.map(({ atMicros }) => atMicros).reduce(later, newest);
        if (floor === null) {
          floor = newest - WINDOWS_KEPT * window;
          await recall(context, floor);
        }
        const histories = await historiesOf(context, rows, floor, window);
        for (const row of rows) fired.push(...firedBy(row, histories, current));
      }
      await stageFired(connection, fired);
      return [{ spec: ALERTS, selectSql: fired.length === 0 ? null : alertsSql(context.nowMicros) }];
    },
    advance: async () => {
      if (floor === null) return;
      await connection.run(`INSERT INTO fraud_declines_kept
        SELECT entity, at_us FROM (${entitiesSql("delta")}) WHERE at_us >= ${floor}`);
      await connection.run(`INSERT INTO fraud_declines_alerted
        SELECT ${entityHash("entity_type", "entity_id")}, epoch_us(event_time)
          FROM fraud_declines_fired JOIN delta USING (${POSITION}) WHERE epoch_us(event_time) >= ${floor}`);
      const low = newest - WINDOWS_KEPT * window;
      if (low < floor + window / 4n) return;
      floor = low;
      await connection.run(`DELETE FROM fraud_declines_kept WHERE at_us < ${floor}`);
      await connection.run(`DELETE FROM fraud_declines_alerted WHERE at_us < ${floor}`);
    },
    reset: async () => {
      floor = null;
      newest = 0n;
    },
  };
}

const widestWindow = (settings: EffectiveSettings): bigint =>
  BigInt(Math.max(...settings.versions.map((version) => version.settings.repeated_declines.window_minutes))) * MINUTE;

interface DeclineRow {
  readonly userId: string;
  readonly cardToken: string | null;
  readonly user: bigint;
  readonly card: bigint | null;
  readonly atMicros: bigint;
  readonly day: number;
  readonly source: string;
  readonly partition: string;
  readonly offset: bigint;
}

/** A user or card as a number: what is kept of millions of declines stays small. */
const entityHash = (type: string, id: string): string => `md5_number_lower(${type} || chr(31) || ${id})`;
const USER = entityHash("'party'", "user_id");
const CARD = entityHash("'card'", "card_token");

/** One row per decline and entity. */
const entitiesSql = (relation: string, where = "true"): string => `
  WITH declines AS MATERIALIZED (
    SELECT user_id, card_token, epoch_us(event_time) AS at_us FROM ${relation} WHERE status = 'DECLINED' AND ${where})
  SELECT ${USER} AS entity, at_us FROM declines
  UNION ALL SELECT ${CARD}, at_us FROM declines WHERE card_token IS NOT NULL`;

async function declinesOf(connection: DuckDBConnection): Promise<DeclineRow[]> {
  const reader = await connection.runAndReadAll(`
    SELECT user_id, card_token, ${USER}, ${CARD}, epoch_us(event_time), (business_date - DATE '1970-01-01')::INTEGER, ${POSITION}
      FROM delta WHERE status = 'DECLINED' ORDER BY ${ORDER}`);
  return reader.getRowsJS().map(([userId, cardToken, user, card, at, day, source, partition, offset]) => ({
    userId: String(userId),
    cardToken: cardToken === null ? null : String(cardToken),
    user: BigInt(String(user)),
    card: card === null ? null : BigInt(String(card)),
    atMicros: BigInt(String(at)),
    day: Number(day),
    source: String(source),
    partition: String(partition),
    offset: BigInt(String(offset)),
  }));
}

/** The declines before the range, and where the rule fired, from `floor` on. */
async function recall({ connection, lake, inputBefore }: ProjectionContext, floor: bigint): Promise<void> {
  const before = await inputBefore();
  const declines = await scanSql(lake.store, TRANSACTIONS, from(before.files, floor));
  const alerts = await scanSql(lake.store, ALERTS, from(lake.table(ALERTS.name).current().files, floor));
  await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_declines_kept AS
    ${entitiesSql(declines, `epoch_us(event_time) >= ${floor}`)}`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_declines_alerted AS
    ${alertedSql(alerts)} AND epoch_us(event_time) >= ${floor}`);
}

const alertedSql = (alerts: string): string => `
  SELECT ${entityHash("entity_type", "entity_id")} AS entity, epoch_us(event_time) AS at_us FROM ${alerts} WHERE rule = '${RULE}'`;

// Math.min and Math.max know no bigint.
function earlier(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}
function later(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}

const isoOf = (micros: bigint): string => new Date(Number(micros / 1000n)).toISOString();
const from = (files: readonly DataFile[], floor: bigint) => pruneFiles(files, "event_time", isoOf(floor), "9999");

/** What is stored of the entities of these declines, around them. */
async function historiesOf(
  context: ProjectionContext,
  rows: readonly DeclineRow[],
  floor: bigint,
  window: bigint,
): Promise<Map<bigint, DeclineHistory>> {
  const { connection } = context;
  const entities = new Set(rows.flatMap(({ user, card }) => (card === null ? [user] : [user, card])));
  const histories = new Map<bigint, DeclineHistory>();
  for (const entity of entities) histories.set(entity, { times: [], fired: [] });
  await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_declines_wanted AS
    SELECT DISTINCT entity FROM (${entitiesSql("delta")})`);
  const take = async (which: "times" | "fired", relation: string) => {
    const reader = await connection.runAndReadAll(
      `SELECT entity, at_us FROM ${relation} SEMI JOIN fraud_declines_wanted USING (entity)`,
    );
    for (const [entity, at] of reader.getRowsJS())
      histories.get(BigInt(String(entity)))?.[which].push(BigInt(String(at)));
  };
  await take("times", "fraud_declines_kept");
  await take("fired", "fraud_declines_alerted");
  const late = rows.filter(({ atMicros }) => atMicros - window < floor);
  if (late.length === 0) return histories;
  const { declines, alerts } = await lateFiles(context, late, floor, window);
  const first = late.map(({ atMicros }) => atMicros).reduce(earlier) - window;
  const range = `epoch_us(event_time) > ${first} AND epoch_us(event_time) < ${floor}`;
  await take("times", `(${entitiesSql(declines, range)})`);
  await take("fired", `(${alertedSql(alerts)} AND ${range})`);
  return histories;
}

/** The files that may hold something of the windows of late declines, from before what is at hand. */
async function lateFiles(
  { lake, inputBefore }: ProjectionContext,
  late: readonly DeclineRow[],
  floor: bigint,
  window: bigint,
) {
  const before = await inputBefore();
  const around = (files: readonly DataFile[]) => {
    const wanted = late.flatMap(({ atMicros }) => {
      return pruneFiles(files, "event_time", isoOf(atMicros - window), isoOf(earlier(atMicros + window, floor)));
    });
    return [...new Set(wanted)];
  };
  return {
    declines: await scanSql(lake.store, TRANSACTIONS, around(before.files)),
    alerts: await scanSql(lake.store, ALERTS, around(lake.table(ALERTS.name).current().files)),
  };
}

function firedBy(
  row: DeclineRow,
  histories: ReadonlyMap<bigint, DeclineHistory>,
  settings: EffectiveSettings,
): Fired[] {
  const { settings: current, version } = settings.on(row.day);
  const { declines: threshold, window_minutes: minutes } = current.repeated_declines;
  const fired: Fired[] = [];
  const count = (entityType: string, entityId: string, entity: bigint) => {
    const history = histories.get(entity);
    const declines = history && addDecline(history, row.atMicros, threshold, BigInt(minutes) * MINUTE);
    if (declines === null || declines === undefined) return;
    const { source, partition, offset } = row;
    fired.push({ entityType, entityId, declines, threshold, version, source, partition, offset });
  };
  count("party", row.userId, row.user);
  if (row.card !== null && row.cardToken !== null) count("card", row.cardToken, row.card);
  return fired;
}

async function stageFired(connection: DuckDBConnection, fired: readonly Fired[]): Promise<void> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_declines_fired (entity_type VARCHAR, entity_id VARCHAR, declines BIGINT,
    threshold BIGINT, version VARCHAR, source VARCHAR, source_partition VARCHAR, source_offset BIGINT)`);
  if (fired.length === 0) return;
  const values = fired.map(
    (f) =>
      `(${sqlText(f.entityType)}, ${sqlText(f.entityId)}, ${f.declines}, ${f.threshold}, ${sqlText(f.version)}, ${sqlText(f.source)}, ${sqlText(f.partition)}, ${f.offset})`,
  );
  await connection.run(`INSERT INTO fraud_declines_fired VALUES ${values.join(", ")}`);
}

const alertsSql = (nowMicros: bigint): string => `
  SELECT md5('alert' || chr(31) || '${RULE}' || chr(31) || f.entity_type || chr(31) || f.entity_id || chr(31) || d.source || chr(31)
             || d.source_partition || chr(31) || d.source_offset) AS alert_id,
         '${RULE}' AS rule, 'MEDIUM' AS severity, 'REVIEW' AS action, f.version AS rule_version,
         json_array(json_object('name', 'declines_in_window', 'value', f.declines, 'threshold', f.threshold)) AS reasons,
         f.entity_type, f.entity_id, CASE f.entity_type WHEN 'party' THEN 'originator' END AS party_role, d.transaction_id,
         NULL AS fraud_signal_id, d.user_id, d.merchant_id, d.counterparty_id, d.card_token, d.card_last4, d.payment_type,
         d.amount_minor, d.currency, d.exponent, d.event_time, make_timestamptz(${nowMicros}) AS detected_at, d.business_date,
         d.source, d.source_partition, d.source_offset
    FROM fraud_declines_fired f JOIN delta d USING (source, source_partition, source_offset)`;
