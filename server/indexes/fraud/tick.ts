import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlText } from "../../lake/duckdb";
import { pruneFiles, scanSql } from "../../lake/scan";
import { TRANSACTIONS } from "../../pipeline/tables";
import type { Projection, ProjectionContext } from "../../projection/projection";
import { addDecline, type DeclineMemory } from "./rules";
import type { EffectiveSettings } from "./settings";
import { ALERTS } from "./tables";

const RULE = "repeated_declines";
const ENTITIES_MAX = 500_000;
const ORDER = "source, source_partition, source_offset";

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
 * repeated_declines: a sliding window per user and per card over the declines, in order of arrival. Its memory is read back from
 * the raw table and its own alerts, which are its only output: rows and mark are one commit.
 */
export function createDeclineProjection(connection: DuckDBConnection, settings: () => EffectiveSettings): Projection {
  let memory: Map<string, DeclineMemory> | null = null;
  return {
    name: "fraud declines",
    input: TRANSACTIONS.name,
    outputs: [ALERTS],
    project: async (context) => {
      const rows = await declinesOf(connection, "delta", "true");
      // Nothing is read back for a range without declines: the memory stays unknown, not empty.
      if (rows.length > 0 && (memory === null || memory.size > ENTITIES_MAX))
        memory = await recall(context, rows, settings());
      const fired = rows.flatMap((row) => firedBy(row, memory ?? new Map(), settings()));
      await stageFired(connection, fired);
      return [{ spec: ALERTS, selectSql: alertsSql(context.nowMicros) }];
    },
    advance: async () => undefined,
    reset: async () => {
      memory = null;
    },
  };
}

interface DeclineRow {
  readonly userId: string;
  readonly cardToken: string | null;
  readonly atMicros: bigint;
  readonly day: number;
  readonly source: string;
  readonly partition: string;
  readonly offset: bigint;
}

async function declinesOf(connection: DuckDBConnection, relation: string, where: string): Promise<DeclineRow[]> {
  const reader = await connection.runAndReadAll(`
    SELECT user_id, card_token, epoch_us(event_time), (business_date - DATE '1970-01-01')::INTEGER, ${ORDER}
      FROM ${relation} WHERE status = 'DECLINED' AND ${where} ORDER BY ${ORDER}`);
  return reader.getRowsJS().map(([userId, cardToken, at, day, source, partition, offset]) => ({
    userId: String(userId),
    cardToken: cardToken === null ? null : String(cardToken),
    atMicros: BigInt(String(at)),
    day: Number(day),
    source: String(source),
    partition: String(partition),
    offset: BigInt(String(offset)),
  }));
}

const entitiesOf = (row: DeclineRow): (readonly ["party" | "card", string])[] =>
  row.cardToken === null
    ? [["party", row.userId]]
    : [
        ["party", row.userId],
        ["card", row.cardToken],
      ];

const keyOf = (type: string, id: string) => `${type}\u001f${id}`;

function firedBy(row: DeclineRow, memory: Map<string, DeclineMemory>, settings: EffectiveSettings): Fired[] {
  const { settings: current, version } = settings.on(row.day);
  const { declines: threshold, window_minutes: minutes } = current.repeated_declines;
  return entitiesOf(row).flatMap(([entityType, entityId]) => {
    const key = keyOf(entityType, entityId);
    const known = memory.get(key) ?? { times: [], firedMicros: null };
    memory.set(key, known);
    const declines = addDecline(known, row.atMicros, threshold, BigInt(minutes) * 60_000_000n);
    if (declines === null) return [];
    const { source, partition, offset } = row;
    return [{ entityType, entityId, declines, threshold, version, source, partition, offset }];
  });
}

/** What was known before the range: the declines of the window before its first one, and when the rule last fired. */
async function recall(
  { connection, lake, inputVersionBefore }: ProjectionContext,
  rows: readonly DeclineRow[],
  settings: EffectiveSettings,
) {
  const memory = new Map<string, DeclineMemory>();
  const first = rows.reduce<bigint | null>(
    (low, row) => (low === null || row.atMicros < low ? row.atMicros : low),
    null,
  );
  if (first === null) return memory;
  const minutes = Math.max(...settings.versions.map((version) => version.settings.repeated_declines.window_minutes));
  const from = first - BigInt(minutes) * 60_000_000n;
  const fromIso = new Date(Number(from / 1000n)).toISOString();
  const before = await lake.table(TRANSACTIONS.name).at({ version: inputVersionBefore });
  const scan = await scanSql(lake.store, TRANSACTIONS, pruneFiles(before.files, "event_time", fromIso, "9999"));
  for (const row of await declinesOf(connection, scan, `epoch_us(event_time) >= ${from}`)) {
    for (const [type, id] of entitiesOf(row)) {
      const known = memory.get(keyOf(type, id)) ?? { times: [], firedMicros: null };
      known.times.push(row.atMicros);
      memory.set(keyOf(type, id), known);
    }
  }
  const alerts = lake.table(ALERTS.name).current();
  const reader = await connection.runAndReadAll(`
    SELECT entity_type, entity_id, max(epoch_us(event_time)) FROM ${await scanSql(lake.store, ALERTS, alerts.files)}
     WHERE rule = ${sqlText(RULE)} AND epoch_us(event_time) >= ${from} GROUP BY ALL`);
  for (const [type, id, at] of reader.getRowsJS()) {
    const known = memory.get(keyOf(String(type), String(id))) ?? { times: [], firedMicros: null };
    memory.set(keyOf(String(type), String(id)), { ...known, firedMicros: BigInt(String(at)) });
  }
  return memory;
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
