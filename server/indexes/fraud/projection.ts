import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlText } from "../../lake/duckdb";
import { pruneFiles, scanSql } from "../../lake/scan";
import type { Snapshot } from "../../lake/snapshot";
import { TableBuffer } from "../../lake/table-buffer";
import { TRANSACTIONS } from "../../pipeline/tables";
import { HashCounts, hashColumns, loadHashCounts } from "../../projection/hash-counts";
import type { ProjectedRows, Projection, ProjectionContext } from "../../projection/projection";
import { ACTIVE_BLACKLIST_SQL } from "./ingest";
import type { EffectiveSettings } from "./settings";
import { LAST_ACTIVE_DAYS, type PartyFired, PartyRange, type PartyRole } from "./steps";
import { ALERTS, BLACKLIST, BLACKLIST_REMOVALS, PARTY_DAYS } from "./tables";

/** Above this many payments and parties the days a tick does not touch are forgotten and read again when needed. */
const STATE_ROWS_MAX = 20_000_000;
const DAY_MS = 86_400_000;
/** Commit by commit, so that several commits in one tick are taken as they would be one by one. */
const ORDER = "committed_ms, source, source_partition, source_offset";
const PAYMENT = "source || chr(31) || transaction_id";
const partyText = (role: PartyRole, column: string): string => `'${role}' || chr(31) || ${column}`;

/** What is known of the committed payments, by business day. */
interface Known {
  /** The payments that were counted on a day. */
  readonly payments: Map<number, HashCounts>;
  /** Per party and role of a day: twice the payments, plus one where acceleration has fired. */
  readonly parties: Map<number, HashCounts>;
}

/** A party's row and where it comes from: the alert tells of the payment that made the rule fire. */
type Fired = PartyFired & { readonly source: string; readonly partition: string; readonly offset: string };

/**
 * velocity and acceleration: counts per party, role and business day, and what they make fire. A payment counts once a
 * day, at its first stored event. Rules fire on the row that crosses, in order of arrival, so where ticks end makes no
 * difference.
 */
export function createPartyProjection(connection: DuckDBConnection, settings: () => EffectiveSettings): Projection {
  const known: Known = { payments: new Map(), parties: new Map() };
  let range: PartyRange | null = null;
  let counted: readonly Opening[] = [];
  return {
    name: "fraud parties",
    input: TRANSACTIONS.name,
    outputs: [ALERTS, BLACKLIST, PARTY_DAYS],
    project: async (context) => {
      const current = settings();
      const openings = await readOpenings(connection);
      await loadDays(context, openings, current, known);
      counted = openings.filter(({ day, low, high }) => known.payments.get(day)?.get(low, high) === 0);
      range = new PartyRange(current, (day, low, high) => {
        const value = known.parties.get(day)?.get(low, high) ?? 0;
        return { payments: value >>> 1, accelerated: (value & 1) === 1 };
      });
      const fired = observeAll(range, counted, current);
      await stageFired(connection, fired);
      await stageIncrements(connection, range);
      const increments = { spec: PARTY_DAYS, selectSql: "SELECT * FROM fraud_increments" };
      return [...(fired.length === 0 ? NOTHING_FIRED : await firedRows(context)), increments];
    },
    advance: async () => {
      for (const { day, low, high } of counted) known.payments.get(day)?.set(low, high, 1);
      for (const { day, low, high, running, accelerated, acceleratedBefore } of range?.increments.values() ?? []) {
        known.parties.get(day)?.set(low, high, running * 2 + (accelerated || acceleratedBefore ? 1 : 0));
      }
    },
    reset: async () => {
      known.payments.clear();
      known.parties.clear();
    },
  };
}

interface Party {
  readonly id: string;
  readonly low: number;
  readonly high: number;
}

/** A payment's first event of a business day within the range. */
interface Opening {
  readonly day: number;
  readonly low: number;
  readonly high: number;
  readonly eventMicros: bigint;
  readonly originator: Party;
  readonly beneficiary: Party | null;
  readonly merchant: Party | null;
  readonly source: string;
  readonly partition: string;
  readonly offset: string;
}

async function readOpenings(connection: DuckDBConnection): Promise<Opening[]> {
  const party = (role: PartyRole, column: string) => `${column}, ${hashColumns(partyText(role, column), column)}`;
  const reader = await connection.runAndReadAll(`
    SELECT (business_date - DATE '1970-01-01')::INTEGER, ${hashColumns(PAYMENT, "payment")}, epoch_us(event_time),
           ${party("originator", "user_id")}, ${party("beneficiary", "counterparty_id")}, ${party("beneficiary", "merchant_id")},
           source, source_partition, source_offset::VARCHAR
      FROM delta
   QUALIFY row_number() OVER (PARTITION BY source, transaction_id, business_date ORDER BY ${ORDER}) = 1
     ORDER BY ${ORDER}`);
  const columns = reader.getColumnsJS();
  const number = (column: number, row: number) => Number(columns[column]?.[row]);
  const partyAt = (column: number, row: number): Party | null => {
    const id = columns[column]?.[row];
    if (id === null || id === undefined) return null;
    return { id: String(id), low: number(column + 1, row), high: number(column + 2, row) };
  };
  return Array.from({ length: columns[0]?.length ?? 0 }, (_, row) => ({
    day: number(0, row),
    low: number(1, row),
    high: number(2, row),
    eventMicros: BigInt(String(columns[3]?.[row])),
    originator: partyAt(4, row) ?? { id: "", low: 0, high: 0 },
    beneficiary: partyAt(7, row),
    merchant: partyAt(10, row),
    source: String(columns[13]?.[row]),
    partition: String(columns[14]?.[row]),
    offset: String(columns[15]?.[row]),
  }));
}

function observeAll(range: PartyRange, openings: readonly Opening[], settings: EffectiveSettings): Fired[] {
  const fired: Fired[] = [];
  for (const { day, eventMicros, originator, beneficiary, merchant, source, partition, offset } of openings) {
    const observe = (role: PartyRole, { id, low, high }: Party) => {
      for (const one of range.observe({ partyId: id, role, day, low, high, eventMicros })) {
        fired.push({ ...one, source, partition, offset });
      }
    };
    observe("originator", originator);
    if (beneficiary !== null) observe("beneficiary", beneficiary);
    if (merchant !== null && settings.on(day).settings.velocity.merchants_as_beneficiaries)
      observe("beneficiary", merchant);
  }
  return fired;
}

/** Reads from the committed tables the payments of the days the range touches, and the parties of those and the days compared with. */
async function loadDays(
  context: ProjectionContext,
  openings: readonly Opening[],
  settings: EffectiveSettings,
  known: Known,
): Promise<void> {
  const touched = new Set(openings.map(({ day }) => day));
  const lookBack = settings.versions.some((v) => v.settings.acceleration.previous === "last_active_day")
    ? LAST_ACTIVE_DAYS
    : 1;
  const wanted = new Set([...touched].flatMap((day) => Array.from({ length: lookBack + 1 }, (_, n) => day - n)));
  forgetBeyond(known, wanted);
  const { connection, lake } = context;
  const payments = missingOf(touched, known.payments);
  if (payments.length > 0) {
    const scan = await scanDays(context, await context.inputBefore(), payments);
    await loadHashCounts(
      connection,
      `SELECT DISTINCT (business_date - DATE '1970-01-01')::INTEGER, ${hashColumns(PAYMENT, "payment")}, 1 FROM ${scan}`,
      known.payments,
    );
  }
  const parties = missingOf(wanted, known.parties);
  if (parties.length > 0) {
    const scan = await scanDays(context, lake.table(PARTY_DAYS.name).current(), parties);
    await loadHashCounts(
      connection,
      `SELECT (business_date - DATE '1970-01-01')::INTEGER, ${hashColumns("role || chr(31) || party_id", "party")},
              CAST(sum(payments) * 2 + CASE WHEN bool_or(accelerated) THEN 1 ELSE 0 END AS BIGINT)
         FROM ${scan} GROUP BY business_date, role, party_id`,
      known.parties,
    );
  }
}

/** The days that are not known yet, which from now on are. */
function missingOf(days: ReadonlySet<number>, known: Map<number, HashCounts>): number[] {
  const missing = [...days].filter((day) => !known.has(day)).sort((a, b) => a - b);
  for (const day of missing) known.set(day, new HashCounts());
  return missing;
}

function forgetBeyond(known: Known, wanted: ReadonlySet<number>): void {
  const all = [...known.payments.values(), ...known.parties.values()];
  if (all.reduce((rows, { size }) => rows + size, 0) <= STATE_ROWS_MAX) return;
  for (const days of [known.payments, known.parties]) {
    for (const day of days.keys()) if (!wanted.has(day)) days.delete(day);
  }
}

const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

async function scanDays({ lake }: ProjectionContext, snapshot: Snapshot, days: readonly number[]): Promise<string> {
  const dates = days.map(dateOf);
  const files = pruneFiles(snapshot.files, "business_date", dates[0] ?? "", dates.at(-1) ?? "");
  const scan = await scanSql(lake.store, snapshot.spec, files);
  return `(SELECT * FROM ${scan} WHERE business_date IN (${dates.map((date) => `DATE '${date}'`).join(", ")}))`;
}

async function stageIncrements(connection: DuckDBConnection, range: PartyRange): Promise<void> {
  const buffer = new TableBuffer(PARTY_DAYS);
  for (const { partyId, role, day, payments, accelerated, lastEventMicros } of range.increments.values()) {
    buffer.push([partyId, role, day, BigInt(payments), accelerated, lastEventMicros]);
  }
  await buffer.stage(connection, "fraud_increments");
}

async function stageFired(connection: DuckDBConnection, fired: readonly Fired[]): Promise<void> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE fraud_fired (rule VARCHAR, party_id VARCHAR, role VARCHAR, business_date DATE,
    running BIGINT, previous_count BIGINT, threshold DOUBLE, version VARCHAR, arrival INTEGER, source VARCHAR,
    source_partition VARCHAR, source_offset BIGINT)`);
  if (fired.length === 0) return;
  const values = fired.map(
    (f, arrival) =>
      `('${f.rule}', ${sqlText(f.partyId)}, '${f.role}', DATE '${dateOf(f.day)}', ${f.running}, ${f.previousCount ?? "NULL"}, ${f.threshold},
        '${f.version}', ${arrival}, ${sqlText(f.source)}, ${sqlText(f.partition)}, ${f.offset})`,
  );
  await connection.run(`INSERT INTO fraud_fired VALUES ${values.join(", ")}`);
}

const NOTHING_FIRED: readonly ProjectedRows[] = [
  { spec: ALERTS, selectSql: null },
  { spec: BLACKLIST, selectSql: null },
];

async function firedRows({ lake, nowMicros }: ProjectionContext): Promise<ProjectedRows[]> {
  const now = `make_timestamptz(${nowMicros})`;
  const alertId =
    "md5('alert' || chr(31) || f.rule || chr(31) || f.party_id || chr(31) || f.role || chr(31) || f.business_date)";
  const [blacklist, removals] = await Promise.all(
    [BLACKLIST, BLACKLIST_REMOVALS].map((spec) => scanSql(lake.store, spec, lake.table(spec.name).current().files)),
  );
  const fired = "fraud_fired f JOIN delta e USING (source, source_partition, source_offset)";
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
  ];
}
