import type { DuckDBConnection } from "@duckdb/node-api";
import type { Lake } from "../../lake/lake";
import { pruneFiles, scanSql } from "../../lake/scan";
import type { Snapshot } from "../../lake/snapshot";
import { TRANSACTIONS } from "../../pipeline/tables";
import type { ProjectedRows, Projection, ProjectionContext } from "../../projection/projection";
import { ACTIVE_BLACKLIST_SQL } from "./ingest";
import type { EffectiveSettings } from "./settings";
import { ALERTS, BLACKLIST, BLACKLIST_REMOVALS, PARTY_DAYS } from "./tables";

/** Above this the days a tick does not touch are forgotten and read again when needed. */
const STATE_ROWS_MAX = 20_000_000;
/** How far back the last active day is looked for. */
const LAST_ACTIVE_DAYS = 31;
/** Commit by commit, so that several commits in one tick are taken as they would be one by one. */
const ORDER = "committed_ms, source, source_partition, source_offset";

/**
 * velocity and acceleration: counts per party, role and business day, and what they make fire. A payment counts once a
 * day, at its first stored event. Rules fire on the row that crosses, in order of arrival, so where ticks end makes no
 * difference.
 */
export function createPartyProjection(connection: DuckDBConnection, settings: () => EffectiveSettings): Projection {
  const loadedDays = new Set<string>();
  return {
    name: "fraud parties",
    input: TRANSACTIONS.name,
    outputs: [ALERTS, BLACKLIST, PARTY_DAYS],
    project: async (context) => {
      await createState(connection);
      await loadDays(context, settings(), loadedDays);
      await stage(context, settings());
      return outputs(context);
    },
    advance: async () => {
      await connection.run(`INSERT INTO fraud_state_payments SELECT business_date, payment FROM fraud_openings`);
      await connection.run(`
        MERGE INTO fraud_state_parties s USING fraud_increments i
           ON s.party_id = i.party_id AND s.role = i.role AND s.business_date = i.business_date
         WHEN MATCHED THEN UPDATE SET payments = s.payments + i.payments, accelerated = s.accelerated OR i.accelerated
         WHEN NOT MATCHED THEN INSERT VALUES (i.party_id, i.role, i.business_date, i.payments, i.accelerated)`);
    },
    reset: async () => {
      loadedDays.clear();
      await connection.run("DROP TABLE IF EXISTS fraud_state_payments");
      await connection.run("DROP TABLE IF EXISTS fraud_state_parties");
    },
  };
}

async function createState(connection: DuckDBConnection): Promise<void> {
  await connection.run("CREATE TEMP TABLE IF NOT EXISTS fraud_state_payments (business_date DATE, payment UBIGINT)");
  await connection.run(
    "CREATE TEMP TABLE IF NOT EXISTS fraud_state_parties (party_id VARCHAR, role VARCHAR, business_date DATE, payments BIGINT, accelerated BOOLEAN)",
  );
}

/** Reads the days the delta touches, and the day before each, from the committed tables. */
async function loadDays(context: ProjectionContext, settings: EffectiveSettings, loaded: Set<string>): Promise<void> {
  const { connection, lake } = context;
  const lookBack = settings.versions.some((v) => v.settings.acceleration.previous === "last_active_day")
    ? LAST_ACTIVE_DAYS
    : 1;
  const reader = await connection.runAndReadAll(`
    SELECT DISTINCT CAST(business_date - CAST(n AS INTEGER) AS VARCHAR)
      FROM (SELECT DISTINCT business_date FROM delta), range(0, ${lookBack + 1}) r(n)`);
  const days = reader.getRowsJS().map(([day]) => String(day).slice(0, 10));
  const counted = await connection.runAndReadAll("SELECT count(*)::INTEGER FROM fraud_state_payments");
  if (Number(counted.getRowsJS()[0]?.[0]) > STATE_ROWS_MAX) await forgetOtherDays(connection, days, loaded);
  const missing = days.filter((day) => !loaded.has(day)).sort();
  const [first, last] = [missing[0], missing.at(-1)];
  if (first === undefined || last === undefined) return;
  const parties = lake.table(PARTY_DAYS.name).current();
  const list = missing.map((day) => `DATE '${day}'`).join(", ");
  const before = await context.inputBefore();
  await connection.run(`INSERT INTO fraud_state_payments
    SELECT DISTINCT business_date, md5_number_lower(source || chr(31) || transaction_id)
      FROM ${await scanDays(lake, before, first, last)} WHERE business_date IN (${list})`);
  await connection.run(`INSERT INTO fraud_state_parties
    SELECT party_id, role, business_date, CAST(sum(payments) AS BIGINT), bool_or(accelerated)
      FROM ${await scanDays(lake, parties, first, last)} WHERE business_date IN (${list}) GROUP BY ALL`);
  for (const day of missing) loaded.add(day);
}

async function forgetOtherDays(connection: DuckDBConnection, days: readonly string[], loaded: Set<string>) {
  const kept = days.map((day) => `DATE '${day}'`).join(", ");
  for (const table of ["fraud_state_payments", "fraud_state_parties"]) {
    await connection.run(`DELETE FROM ${table} WHERE business_date NOT IN (${kept})`);
  }
  for (const day of loaded) if (!days.includes(day)) loaded.delete(day);
}

const scanDays = (lake: Lake, snapshot: Snapshot, first: string, last: string) =>
  scanSql(lake.store, snapshot.spec, pruneFiles(snapshot.files, "business_date", first, last));

async function stage(context: ProjectionContext, settings: EffectiveSettings): Promise<void> {
  const { connection } = context;
  await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_settings AS ${settingsSql(settings)}`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_openings AS
    SELECT d.* FROM (
      SELECT *, md5_number_lower(source || chr(31) || transaction_id) AS payment FROM delta
      QUALIFY row_number() OVER (PARTITION BY source, transaction_id, business_date ORDER BY ${ORDER}) = 1) d
     WHERE NOT EXISTS (SELECT 1 FROM fraud_state_payments s WHERE s.business_date = d.business_date AND s.payment = d.payment)`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_party_events AS
    WITH parties AS (
      SELECT o.*, user_id AS party_id, 'originator' AS role FROM fraud_openings o
      UNION ALL BY NAME
      SELECT o.*, counterparty_id AS party_id, 'beneficiary' AS role FROM fraud_openings o WHERE counterparty_id IS NOT NULL
      UNION ALL BY NAME
      SELECT o.*, merchant_id AS party_id, 'beneficiary' AS role FROM fraud_openings o
        JOIN fraud_settings s ON o.business_date >= s.from_day AND o.business_date < s.until_day
       WHERE merchant_id IS NOT NULL AND s.merchants_as_beneficiaries)
    SELECT p.*, row_number() OVER (ORDER BY ${ORDER}) AS arrival,
           coalesce(s.payments, 0) + row_number() OVER (PARTITION BY p.party_id, p.role, p.business_date ORDER BY ${ORDER}) AS running,
           coalesce(s.accelerated, false) AS accelerated_before
      FROM parties p
      LEFT JOIN fraud_state_parties s ON s.party_id = p.party_id AND s.role = p.role AND s.business_date = p.business_date`);
  await stageFired(connection);
  await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_increments AS
    SELECT e.party_id, e.role, e.business_date, count(*) AS payments,
           bool_or(f.party_id IS NOT NULL) AS accelerated, max(e.event_time) AS last_event_time
      FROM fraud_party_events e
      LEFT JOIN fraud_fired f ON f.rule = 'acceleration' AND f.party_id = e.party_id AND f.role = e.role AND f.business_date = e.business_date
     GROUP BY ALL`);
}

/** The rows that make a rule fire: at most one per rule, party, role and day. */
async function stageFired(connection: DuckDBConnection): Promise<void> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_candidates AS
    SELECT e.*, s.velocity, s.floor, s.ratio, s.previous, s.version
      FROM fraud_party_events e JOIN fraud_settings s ON e.business_date >= s.from_day AND e.business_date < s.until_day
     WHERE e.running = s.velocity + 1 OR (e.running >= s.floor AND NOT e.accelerated_before)`);
  // The day to compare with, per party and day: the calendar day before, or the newest active day before.
  await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_previous_days AS
    WITH active AS (
      SELECT party_id, role, business_date FROM fraud_state_parties UNION SELECT party_id, role, business_date FROM fraud_party_events),
    wanted AS (SELECT DISTINCT party_id, role, business_date, previous FROM fraud_candidates)
    SELECT w.party_id, w.role, w.business_date, max(a.business_date) AS previous_date
      FROM wanted w JOIN active a ON a.party_id = w.party_id AND a.role = w.role AND a.business_date < w.business_date
       AND (w.previous = 'last_active_day' OR a.business_date = w.business_date - INTERVAL 1 DAY)
     GROUP BY ALL`);
  // What had arrived of that day when the row did: the running count of its last earlier row, else what was committed.
  await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_fired AS
    WITH compared AS (
      SELECT c.*, p.previous_date FROM fraud_candidates c JOIN fraud_previous_days p USING (party_id, role, business_date)
       WHERE c.running >= c.floor AND NOT c.accelerated_before),
    counted AS (
      SELECT c.*, CAST(coalesce(e.running, s.payments, 0) AS BIGINT) AS previous_count
        FROM compared c
        ASOF LEFT JOIN fraud_party_events e
          ON e.party_id = c.party_id AND e.role = c.role AND e.business_date = c.previous_date AND c.arrival > e.arrival
        LEFT JOIN fraud_state_parties s
          ON s.party_id = c.party_id AND s.role = c.role AND s.business_date = c.previous_date)
    SELECT 'velocity' AS rule, party_id, role, business_date, running, NULL::BIGINT AS previous_count,
           CAST(velocity AS DOUBLE) AS threshold, version, arrival
      FROM fraud_candidates WHERE running = velocity + 1
    UNION ALL (
      SELECT 'acceleration', party_id, role, business_date, running, previous_count, ratio, version, arrival
        FROM counted WHERE previous_count > 0 AND running > ratio * previous_count
     QUALIFY row_number() OVER (PARTITION BY party_id, role, business_date ORDER BY arrival) = 1)`);
}

function settingsSql(settings: EffectiveSettings): string {
  const day = (number: number) => `DATE '1970-01-01' + INTERVAL ${number} DAY`;
  const rows = settings.versions.map(({ fromDay, settings: s, version }, index) => {
    const next = settings.versions[index + 1];
    const from = index === 0 ? "DATE '0001-01-01'" : `CAST(${day(fromDay)} AS DATE)`;
    const until = next === undefined ? "DATE '9999-12-31'" : `CAST(${day(next.fromDay)} AS DATE)`;
    const { velocity, acceleration } = s;
    return `(${from}, ${until}, ${velocity.transactions}, ${velocity.merchants_as_beneficiaries}, ${acceleration.floor},
             CAST(${acceleration.ratio} AS DOUBLE), '${acceleration.previous}', '${version}')`;
  });
  return `SELECT * FROM (VALUES ${rows.join(", ")})
    t(from_day, until_day, velocity, merchants_as_beneficiaries, floor, ratio, previous, version)`;
}

async function outputs({ lake, nowMicros }: ProjectionContext): Promise<ProjectedRows[]> {
  const now = `make_timestamptz(${nowMicros})`;
  const alertId =
    "md5('alert' || chr(31) || f.rule || chr(31) || f.party_id || chr(31) || f.role || chr(31) || f.business_date)";
  const [blacklist, removals] = await Promise.all(
    [BLACKLIST, BLACKLIST_REMOVALS].map((spec) => scanSql(lake.store, spec, lake.table(spec.name).current().files)),
  );
  const fired = `fraud_fired f JOIN fraud_party_events e ON e.arrival = f.arrival AND e.party_id = f.party_id AND e.role = f.role`;
  return [
    {
      spec: ALERTS,
      selectSql: `SELECT ${alertId} AS alert_id, f.rule, 'HIGH' AS severity, 'REVIEW' AS action, f.version AS rule_version,
          CASE f.rule WHEN 'velocity'
            THEN json_array(json_object('name', 'transactions_in_business_day', 'value', f.running, 'threshold', f.threshold))
            ELSE json_array(json_object('name', 'transactions_in_business_day', 'value', f.running, 'threshold', NULL),
                            json_object('name', 'transactions_in_previous_interval', 'value', f.previous_count, 'threshold', NULL),
                            json_object('name', 'ratio', 'value', f.running / f.previous_count, 'threshold', f.threshold)) END AS reasons,
          'party' AS entity_type, f.party_id AS entity_id, f.role AS party_role, e.transaction_id, NULL AS fraud_signal_id, e.user_id,
          e.merchant_id, e.counterparty_id, e.card_token, e.card_last4, e.payment_type, e.amount_minor, e.currency, e.exponent,
          e.event_time, ${now} AS detected_at, f.business_date, e.source, e.source_partition, e.source_offset
        FROM ${fired}`,
    },
    {
      spec: BLACKLIST,
      selectSql: `SELECT f.party_id, f.role, f.rule, e.event_time AS since, f.business_date, f.running AS count, f.previous_count,
          f.threshold, f.version AS rule_version, ${alertId} AS alert_id, ${now} AS added_at, 'rule' AS added_by
        FROM ${fired}
       WHERE NOT EXISTS (SELECT 1 FROM (${ACTIVE_BLACKLIST_SQL(blacklist ?? "", removals ?? "")}) b
                          WHERE b.party_id = f.party_id AND b.role = f.role AND b.rule = f.rule)
     QUALIFY row_number() OVER (PARTITION BY f.party_id, f.role, f.rule ORDER BY f.arrival) = 1`,
    },
    { spec: PARTY_DAYS, selectSql: "SELECT * FROM fraud_increments" },
  ];
}
