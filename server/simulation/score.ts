import { ALERTS } from "../indexes/fraud/tables";
import type { Lake } from "../lake/lake";
import { scanSql } from "../lake/scan";
import { INGEST_BALANCE, QUARANTINE } from "../pipeline/tables";
import { SIGNALS_SOURCE, TRANSACTIONS_SOURCE } from "./sinks/lake";
import { type BreakReport, scoreReconciliation } from "./statements/score-breaks";
import { readTruth, type StreamBalance, type Truth } from "./truth";

const EXAMPLES_MAX = 5;

export interface AlertFacts {
  readonly rule: string;
  readonly severity: string;
  readonly entityType: string;
  readonly entityId: string;
  readonly partyRole: string | null;
  readonly transactionId: string | null;
  readonly fraudSignalId: string | null;
  readonly businessDate: string;
}

export interface RuleScore {
  readonly rule: string;
  readonly expected: number;
  readonly found: number;
  readonly missed: number;
  /** Alerts the truth knows nothing of. */
  readonly extra: number;
  /** Right alerts among all alerts; null where there are no alerts. */
  readonly precision: number | null;
  /** Expected alerts that are there; null where none is expected. */
  readonly recall: number | null;
  readonly missedExamples: readonly string[];
  readonly extraExamples: readonly string[];
}

export interface BalanceScore {
  readonly stream: string;
  readonly measure: string;
  readonly expected: number;
  readonly actual: number;
}

export interface ScoreReport {
  readonly rules: readonly RuleScore[];
  readonly balance: readonly BalanceScore[];
  /** Alerts about events of other runs, or of no simulation, left out. */
  readonly otherAlerts: number;
  /** Breaks between payments and statements; null where the simulation wrote no statements. */
  readonly breaks: BreakReport | null;
}

export interface ScoreRequest {
  readonly lake: Lake;
  /** A truth file, or a folder of them. */
  readonly truthPath: string;
  /** Names under which the streams were ingested; the simulator's own by default. */
  readonly transactionsSource?: string;
  readonly signalsSource?: string;
}

/** Holds the lake's alerts, balance and reconciliation against a simulation's ground truth. */
export async function scoreLake(request: ScoreRequest): Promise<ScoreReport> {
  const truth = await readTruth(request.truthPath);
  const alerts = await readAlerts(request.lake);
  const runs = truth.lines.flatMap((line) => (line.kind === "run" ? [`${line.run}t`] : []));
  const own = alerts.filter(({ transactionId }) => runs.some((run) => transactionId?.startsWith(run) === true));
  const streams = [
    [request.transactionsSource ?? TRANSACTIONS_SOURCE, truth.transactions],
    [request.signalsSource ?? SIGNALS_SOURCE, truth.signals],
  ] as const;
  const balance: BalanceScore[] = [];
  for (const [source, expected] of streams) {
    if (expected !== null) balance.push(...(await scoreBalance(request.lake, source, expected)));
  }
  const breaks = await scoreReconciliation(request.lake, truth);
  return { rules: scoreAlerts(truth, own), balance, otherAlerts: alerts.length - own.length, breaks };
}

/** Precision and recall per rule. An alert that fires again for what it has told already counts once. */
export function scoreAlerts(truth: Truth, alerts: readonly AlertFacts[]): RuleScore[] {
  const expected = expectedKeys(truth);
  const actual = actualKeys(truth, alerts);
  const scores = [...expected].map(([rule, keys]) => compare(rule, keys, actual.get(rule) ?? new Set()));
  const blacklisted = new Set(truth.lines.flatMap((line) => ("party" in line && "count" in line ? [line.party] : [])));
  return [...scores, scoreDenials(truth, alerts, blacklisted)];
}

function expectedKeys(truth: Truth): Map<string, Set<string>> {
  const keys = new Map<string, Set<string>>(
    ["fraud_score", "stolen_card", "velocity", "acceleration", "repeated_declines"].map((rule) => [rule, new Set()]),
  );
  for (const line of truth.lines) {
    if (line.kind === "velocity" || line.kind === "acceleration") {
      keys.get(line.kind)?.add(`${line.party} ${line.role} ${line.day}`);
    } else if (line.kind === "stolen_card") keys.get(line.kind)?.add(line.transaction);
    else if (line.kind === "fraud_score") keys.get(line.kind)?.add(`${line.signal} ${line.severity}`);
    else if (line.kind === "repeated_declines") keys.get(line.kind)?.add(`${line.entity} ${line.id} ${line.at}`);
  }
  return keys;
}

function actualKeys(truth: Truth, alerts: readonly AlertFacts[]): Map<string, Set<string>> {
  // A card's token is not known to the simulator: its alert is known by the decline that made it fire.
  const declines = new Map<string, string>();
  for (const line of truth.lines) {
    if (line.kind !== "repeated_declines") continue;
    for (const transaction of line.transactions) {
      declines.set(`${line.entity} ${transaction}`, `${line.entity} ${line.id} ${line.at}`);
    }
  }
  const keys = new Map<string, Set<string>>();
  for (const alert of alerts) {
    const known = keys.get(alert.rule) ?? new Set<string>();
    keys.set(alert.rule, known.add(keyOf(alert, declines)));
  }
  return keys;
}

function keyOf(alert: AlertFacts, declines: ReadonlyMap<string, string>): string {
  switch (alert.rule) {
    case "velocity":
    case "acceleration":
      return `${alert.entityId} ${alert.partyRole} ${alert.businessDate}`;
    case "stolen_card":
      return `${alert.transactionId}`;
    case "fraud_score":
      return `${alert.fraudSignalId} ${alert.severity}`;
    case "repeated_declines": {
      const entity = alert.entityType === "card" ? "card" : "user";
      return declines.get(`${entity} ${alert.transactionId}`) ?? `${entity} ${alert.entityId} ${alert.transactionId}`;
    }
    default:
      return `${alert.entityId} ${alert.transactionId}`;
  }
}

function compare(rule: string, expected: ReadonlySet<string>, actual: ReadonlySet<string>): RuleScore {
  const missed = [...expected].filter((key) => !actual.has(key));
  const extra = [...actual].filter((key) => !expected.has(key));
  return scoreOf(rule, expected.size, missed, actual.size - extra.length, extra);
}

/**
 * Which payments a blacklisted party still gets through depends on when the list is read, so precision asks whether a
 * denied party is rightly blacklisted, and recall whether payments well after that were denied.
 */
function scoreDenials(truth: Truth, alerts: readonly AlertFacts[], blacklisted: ReadonlySet<string>): RuleScore {
  const expected = truth.lines.flatMap((line) => (line.kind === "blacklisted_party" ? [line.transaction] : []));
  const denials = alerts.filter(({ rule }) => rule === "blacklisted_party");
  const denied = new Set(denials.map(({ transactionId }) => transactionId));
  const wrong = new Set(
    denials.flatMap(({ entityId, transactionId }) =>
      blacklisted.has(entityId) ? [] : [`${entityId} ${transactionId}`],
    ),
  );
  const missed = [...new Set(expected)].filter((transaction) => !denied.has(transaction));
  const score = scoreOf("blacklisted_party", new Set(expected).size, missed, denied.size - wrong.size, [...wrong]);
  return { ...score, found: score.expected - score.missed };
}

function scoreOf(
  rule: string,
  expected: number,
  missed: readonly string[],
  right: number,
  extra: readonly string[],
): RuleScore {
  const told = right + extra.length;
  return {
    rule,
    expected,
    found: right,
    missed: missed.length,
    extra: extra.length,
    precision: told === 0 ? null : right / told,
    recall: expected === 0 ? null : (expected - missed.length) / expected,
    missedExamples: missed.slice(0, EXAMPLES_MAX),
    extraExamples: extra.slice(0, EXAMPLES_MAX),
  };
}

async function readAlerts(lake: Lake): Promise<AlertFacts[]> {
  const rows = await query(
    lake,
    ALERTS.name,
    `SELECT rule, severity, entity_type, entity_id, party_role, transaction_id, fraud_signal_id,
            CAST(business_date AS VARCHAR) AS business_date FROM {table}`,
  );
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  return rows.map(([rule, severity, entityType, entityId, partyRole, transactionId, fraudSignalId, businessDate]) => ({
    rule: String(rule),
    severity: String(severity),
    entityType: String(entityType),
    entityId: String(entityId),
    partyRole: text(partyRole),
    transactionId: text(transactionId),
    fraudSignalId: text(fraudSignalId),
    businessDate: String(businessDate),
  }));
}

async function scoreBalance(lake: Lake, source: string, expected: StreamBalance): Promise<BalanceScore[]> {
  const [totals = []] = await query(
    lake,
    INGEST_BALANCE.name,
    `SELECT sum(records_in)::BIGINT, sum(accepted)::BIGINT, sum(duplicates)::BIGINT, sum(late)::BIGINT
       FROM {table} WHERE source = $source`,
    { source },
  );
  const codes = await query(
    lake,
    QUARANTINE.name,
    "SELECT code, count(*) FROM {table} WHERE source = $source GROUP BY code",
    { source },
  );
  const quarantined = new Map(codes.map(([code, count]) => [String(code), Number(count)]));
  const measured = (measure: string, wanted: number, actual: unknown): BalanceScore => ({
    stream: source,
    measure,
    expected: wanted,
    actual: Number(actual ?? 0),
  });
  const known = new Set([...Object.keys(expected.quarantined), ...quarantined.keys()]);
  return [
    measured("in", expected.in, totals[0]),
    measured("accepted", expected.accepted, totals[1]),
    measured("duplicates", expected.duplicates, totals[2]),
    measured("late", expected.late, totals[3]),
    ...[...known]
      .sort()
      .map((code) => measured(`quarantined: ${code}`, expected.quarantined[code] ?? 0, quarantined.get(code))),
  ];
}

async function query(lake: Lake, name: string, sql: string, parameters: Record<string, string> = {}) {
  const table = lake.table(name);
  const { files } = await table.refresh();
  const connection = await lake.db.connect();
  try {
    const relation = await scanSql(lake.store, table.spec, files);
    const reader = await connection.runAndReadAll(
      sql.replace("{table}", () => relation),
      parameters,
    );
    return reader.getRowsJS();
  } finally {
    connection.closeSync();
  }
}
