import type { AuthorizedScope } from "../../auth/scope";
import { type AuditRow, auditOf } from "../../db/audit";
import { activeSnoozes, type Note, readNotes } from "../../db/cases";
import { namesOf } from "../../db/people";
import { ConcordanceError } from "../../domain/errors";
import type { DataFile } from "../../lake/snapshot";
import { FRAUD_SIGNALS, TRANSACTIONS } from "../../pipeline/tables";
import { asOfOf, type Bounds, type LakeView } from "../../query/reader";
import { big, coordinatesOf, moneyOf, type Row, text, textOrNull, whole } from "../../query/values";
import type { AlertDetail, AlertRow, TimelineEntry } from "./contract";
import { alertRows, type FraudSources } from "./queries";
import { ALERT_COLUMNS, blacklistRow, blacklistSql, countOf, STEP_COLUMNS, signalOf, transactionStep } from "./rows";
import { ALERTS, BLACKLIST, BLACKLIST_REMOVALS, PARTY_DAYS } from "./tables";

const DAY_MS = 86_400_000;
/** A payment's lifecycle is looked for this long before and after the event. */
const LIFECYCLE_DAYS = { before: 7, after: 60 };
const HISTORY_DAYS = 30;
const HISTORY_ROWS = 60;
const HISTORY_FILES = 16;
const LINKED_ROWS = 50;
const DIMENSIONS = { merchants: "dim_merchants", customers: "dim_customers", stolenCards: "dim_stolen_cards" };
const MERCHANTS_PARTIAL = "merchants_partial";

/** Everything an analyst needs to decide one alert. Throws `no_such_alert`. */
export async function readAlert(
  sources: FraudSources,
  scope: AuthorizedScope,
  alertId: string,
  signal?: AbortSignal,
): Promise<AlertDetail> {
  const { db } = sources.database;
  const [casesTable, snoozes, notes, audit] = await Promise.all([
    sources.cases.fresh(),
    activeSnoozes(db),
    readNotes(db, alertId),
    auditOf(db, "alert", [alertId]),
  ]);
  const found = await sources.reader.read({ name: "fraud.alert", signal }, (view) =>
    readLake(view, casesTable, alertId),
  );
  const [alert, ...linked] = await alertRows(sources, [found.alert, ...found.linked], snoozes);
  if (alert === undefined) throw noSuchAlert(alertId);
  const people = found.blacklist.flatMap((row) => [text(row, "added_by"), textOrNull(row, "removed_by") ?? ""]);
  const names = await namesOf(db, people);
  const blacklist = found.blacklist.map((row) => blacklistRow(row, names));
  const snooze = snoozes.find(({ rule, entityId }) => rule === alert.rule && entityId === alert.entityId);
  const customer = found.customer;
  return {
    alert,
    steps: found.steps.map((row) => transactionStep(row, scope.seesNames)),
    masked: !scope.seesNames,
    signals: found.signals.map(signalOf),
    timeline: timelineOf({ history: found.history, alert, linked, signals: found.signals, blacklist, notes, audit }),
    linked,
    card: found.card,
    merchant: found.merchant,
    customer:
      customer === null
        ? null
        : {
            userId: text(customer, "user_id"),
            name: scope.seesNames ? textOrNull(customer, "name") : null,
            country: textOrNull(customer, "country"),
            kycStatus: textOrNull(customer, "kyc_status"),
            riskRating: textOrNull(customer, "risk_rating"),
          },
    blacklist,
    notes: notes.map(({ alertId: _alertId, ...note }) => note),
    snooze: snooze === undefined ? null : { until: snooze.until, by: snooze.by, reason: snooze.reason },
    asOf: found.asOf,
  };
}

const noSuchAlert = (alertId: string) =>
  new ConcordanceError({
    kind: "not_found",
    code: "no_such_alert",
    message: `There is no alert ${alertId}.`,
    remedy: "It may be of another lake, or the address may be cut short.",
  });

async function readLake(view: LakeView, casesTable: string, alertId: string) {
  const alerts = await view.scan(ALERTS.name);
  const withCase = `SELECT ${ALERT_COLUMNS.split(",")
    .map((column) => `a.${column.trim()}`)
    .join(", ")}, coalesce(c.status, 'new') AS status, c.assignee_id, coalesce(c.version, '0') AS case_version
    FROM ${alerts} a LEFT JOIN ${casesTable} c ON c.alert_id = a.alert_id`;
  const [alert] = await view.rows(`${withCase} WHERE a.alert_id = $id`, { id: alertId });
  if (alert === undefined) throw noSuchAlert(alertId);
  const steps = await readSteps(view, alert);
  const transactionId = textOrNull(alert, "transaction_id");
  return {
    alert,
    steps,
    signals: transactionId === null ? [] : await readSignals(view, transactionId),
    history: await readHistory(view, alert),
    linked: await view.rows(
      `${withCase} WHERE a.alert_id <> $id AND ($entity IN (a.entity_id, a.user_id, a.counterparty_id)
          OR ($tx IS NOT NULL AND a.transaction_id = $tx) OR ($card IS NOT NULL AND a.card_token = $card))
        ORDER BY a.detected_at DESC, a.alert_id LIMIT ${LINKED_ROWS}`,
      { id: alertId, entity: text(alert, "entity_id"), tx: transactionId, card: textOrNull(alert, "card_token") },
    ),
    card: await readCard(view, alert),
    merchant: await readMerchant(view, alert),
    customer: await readCustomer(view, textOrNull(alert, "user_id")),
    blacklist: await readBlacklistOf(view, alert),
    asOf: asOfOf(view, [ALERTS.name, TRANSACTIONS.name, BLACKLIST.name], PARTY_DAYS.name, "last_event_time"),
  };
}

const around = (instant: string, daysBefore: number, daysAfter: number) => {
  const ms = Date.parse(instant);
  return {
    column: "event_time",
    min: new Date(ms - daysBefore * DAY_MS).toISOString(),
    max: new Date(ms + daysAfter * DAY_MS).toISOString(),
  };
};

async function readSteps(view: LakeView, alert: Row): Promise<Row[]> {
  const transactionId = textOrNull(alert, "transaction_id");
  if (transactionId === null) return [];
  const { before, after } = LIFECYCLE_DAYS;
  const bounds = around(text(alert, "event_time"), before, after);
  const transactions = await view.scanHolding(TRANSACTIONS.name, [transactionId], bounds);
  return view.rows(
    `SELECT ${STEP_COLUMNS} FROM ${transactions} WHERE transaction_id = $tx
      ORDER BY event_time, ingested_at, source_offset LIMIT 200`,
    { tx: transactionId },
  );
}

async function readSignals(view: LakeView, transactionId: string): Promise<Row[]> {
  return view.rows(
    `SELECT fraud_signal_id, fraud_score, reason_code, model_version, event_time
       FROM ${await view.scanHolding(FRAUD_SIGNALS.name, [transactionId])} WHERE transaction_id = $tx ORDER BY event_time LIMIT 50`,
    { tx: transactionId },
  );
}

/** The entity's payments around the alert, newest first. */
async function readHistory(view: LakeView, alert: Row): Promise<Row[]> {
  const column = { party: "user_id = $id OR counterparty_id", card: "card_token", transaction: "user_id" };
  const kind = text(alert, "entity_type");
  const condition = kind === "party" ? column.party : kind === "card" ? column.card : column.transaction;
  const id = kind === "transaction" ? textOrNull(alert, "user_id") : text(alert, "entity_id");
  if (id === null) return [];
  return newestRows(view, {
    condition: `${condition} = $id`,
    id,
    bounds: around(text(alert, "event_time"), HISTORY_DAYS, 1),
  });
}

/** A busy party is in every file: they are read newest first, a few at a time, until none left can hold a newer row. */
async function newestRows(
  view: LakeView,
  { condition, id, bounds }: { condition: string; id: string; bounds: Bounds },
): Promise<Row[]> {
  const newestOf = ({ stats }: DataFile) => String(stats.maxValues.event_time ?? "9");
  const files = [...(await view.filesHolding(TRANSACTIONS.name, [id], bounds))].sort((a, b) =>
    newestOf(a) < newestOf(b) ? 1 : -1,
  );
  let rows: Row[] = [];
  for (let taken = 0; taken < files.length; taken += HISTORY_FILES) {
    const next = files[taken];
    const last = rows.length < HISTORY_ROWS ? undefined : rows.at(-1);
    if (next !== undefined && last !== undefined && text(last, "event_time") > newestOf(next)) break;
    const scan = await view.scanFiles(TRANSACTIONS.name, files.slice(taken, taken + HISTORY_FILES));
    const found = await view.rows(
      `SELECT ${STEP_COLUMNS} FROM ${scan} WHERE ${condition}
        ORDER BY event_time DESC, source_offset DESC LIMIT ${HISTORY_ROWS}`,
      { id },
    );
    rows = [...rows, ...found].sort(byNewest).slice(0, HISTORY_ROWS);
  }
  return rows;
}

function byNewest(a: Row, b: Row): number {
  const [left, right] = [text(a, "event_time"), text(b, "event_time")];
  if (left !== right) return left < right ? 1 : -1;
  return big(a, "source_offset") < big(b, "source_offset") ? 1 : -1;
}

async function readCard(view: LakeView, alert: Row): Promise<AlertDetail["card"]> {
  const token = textOrNull(alert, "card_token");
  if (token === null) return null;
  const bounds = around(text(alert, "event_time"), 1, 0);
  const [seen] = await view.rows(
    `SELECT count(*) AS events, count(DISTINCT merchant_id) AS merchants, count(*) FILTER (status = 'DECLINED') AS declines
       FROM ${await view.scanHolding(TRANSACTIONS.name, [token], bounds)}
      WHERE card_token = $token AND event_time >= $from::TIMESTAMPTZ AND event_time <= $until::TIMESTAMPTZ`,
    { token, from: bounds.min, until: text(alert, "event_time") },
  );
  const [listed] = await view.rows(
    `SELECT reported_at FROM ${await view.scan(DIMENSIONS.stolenCards)} WHERE card_token = $token LIMIT 1`,
    { token },
  );
  return {
    last4: textOrNull(alert, "card_last4"),
    onStolenList: listed !== undefined,
    reportedStolenAt: listed === undefined ? null : textOrNull(listed, "reported_at"),
    events24h: countOf(seen, "events"),
    merchants24h: countOf(seen, "merchants"),
    declines24h: countOf(seen, "declines"),
  };
}

async function readMerchant(view: LakeView, alert: Row): Promise<AlertDetail["merchant"]> {
  const merchantId = textOrNull(alert, "merchant_id");
  if (merchantId === null) return null;
  const [known] = await view.rows(
    `SELECT name, risk_level, mcc, country, onboarded_on FROM ${await view.scan(DIMENSIONS.merchants)}
      WHERE merchant_id = $id LIMIT 1`,
    { id: merchantId },
  );
  const day = text(alert, "business_date");
  const partial = await view.scan(MERCHANTS_PARTIAL, { column: "business_date", min: day, max: day });
  const [today] = await view.rows(
    `SELECT coalesce(sum(events), 0)::BIGINT AS events, coalesce(sum(declined), 0)::BIGINT AS declined FROM ${partial}
      WHERE merchant_id = $id AND business_date = $day::DATE`,
    { id: merchantId, day },
  );
  const [alerts] = await view.rows(
    `SELECT count(*) AS alerts FROM ${await view.scan(ALERTS.name)}
      WHERE merchant_id = $id AND event_time >= $from::TIMESTAMPTZ`,
    { id: merchantId, from: around(text(alert, "event_time"), 30, 0).min },
  );
  return {
    merchantId,
    name: known === undefined ? null : text(known, "name"),
    riskLevel: known === undefined ? null : textOrNull(known, "risk_level"),
    mcc: known === undefined ? null : textOrNull(known, "mcc"),
    country: known === undefined ? null : textOrNull(known, "country"),
    onboardedOn: known === undefined ? null : textOrNull(known, "onboarded_on"),
    eventsToday: countOf(today, "events"),
    declinedToday: countOf(today, "declined"),
    alerts30d: countOf(alerts, "alerts"),
  };
}

async function readCustomer(view: LakeView, userId: string | null): Promise<Row | null> {
  if (userId === null) return null;
  const [row] = await view.rows(
    `SELECT user_id, name, country, kyc_status, risk_rating FROM ${await view.scan(DIMENSIONS.customers)}
      WHERE user_id = $id LIMIT 1`,
    { id: userId },
  );
  return row ?? null;
}

async function readBlacklistOf(view: LakeView, alert: Row): Promise<Row[]> {
  const [blacklist, removals] = await Promise.all([view.scan(BLACKLIST.name), view.scan(BLACKLIST_REMOVALS.name)]);
  const parties = [textOrNull(alert, "user_id"), textOrNull(alert, "counterparty_id"), text(alert, "entity_id")];
  return view.rows(
    `SELECT * FROM (${blacklistSql(blacklist, removals)}) WHERE party_id IN ($a, $b, $c)
      ORDER BY added_at DESC LIMIT 20`,
    { a: parties[0] ?? "", b: parties[1] ?? "", c: parties[2] ?? "" },
  );
}

interface TimelineParts {
  readonly history: readonly Row[];
  readonly alert: AlertRow;
  readonly linked: readonly AlertRow[];
  readonly signals: readonly Row[];
  readonly blacklist: AlertDetail["blacklist"];
  readonly notes: readonly Note[];
  readonly audit: readonly AuditRow[];
}

/** All that is known to have happened around the alert, newest first. */
function timelineOf({ history, alert, linked, signals, blacklist, notes, audit }: TimelineParts): TimelineEntry[] {
  const nothing = { detail: null, amount: null, alertId: null, coordinates: null };
  const entries: TimelineEntry[] = [
    ...history.map((row) => ({
      at: text(row, "event_time"),
      kind: "transaction" as const,
      title: `${text(row, "payment_type")} ${text(row, "status")}`,
      detail:
        textOrNull(row, "decline_code") ??
        textOrNull(row, "return_code") ??
        textOrNull(row, "merchant_id") ??
        textOrNull(row, "counterparty_id"),
      amount: moneyOf(row),
      alertId: null,
      coordinates: coordinatesOf(row),
    })),
    ...[alert, ...linked].map((row) => ({
      ...nothing,
      at: row.detectedAt,
      kind: "alert" as const,
      title: `${row.rule} ${row.severity}`,
      detail: row.action,
      amount: row.amount,
      alertId: row.alertId,
      coordinates: row.coordinates,
    })),
    ...signals.map(signalOf).map((signal) => ({
      ...nothing,
      at: signal.eventTime,
      kind: "signal" as const,
      title: `fraud score ${signal.fraudScore}`,
      detail: signal.reasonCode,
    })),
    ...blacklist.map((entry) => ({
      ...nothing,
      at: entry.addedAt,
      kind: "blacklisted" as const,
      title: `${entry.partyId} blacklisted by ${entry.rule}`,
      detail: entry.count === null ? null : `${entry.count} in a business day, as ${entry.role}`,
    })),
    ...blacklist.flatMap(({ removed, partyId }) =>
      removed === null
        ? []
        : [
            {
              ...nothing,
              at: removed.at,
              kind: "unblacklisted" as const,
              title: `${partyId} taken off by ${removed.by}`,
              detail: removed.reason,
            },
          ],
    ),
    ...notes.map((note) => ({
      ...nothing,
      at: note.at,
      kind: "note" as const,
      title: `Note by ${note.authorName}`,
      detail: note.text,
    })),
    ...audit
      .filter(({ action }) => action !== "case.note")
      .map((row) => ({
        ...nothing,
        at: row.at,
        kind: "case" as const,
        title: `${row.actor.name}: ${row.action}`,
        detail: caseChangeOf(row),
      })),
  ];
  return entries.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

function caseChangeOf({ detail }: AuditRow): string | null {
  const statusOf = (side: unknown) =>
    typeof side === "object" && side !== null && "status" in side ? String(side.status) : null;
  const [from, to] = [statusOf(detail.from), statusOf(detail.to)];
  return from === null || to === null ? null : `${from} to ${to}`;
}

/** How many of these alerts the lake holds: nobody decides what does not exist. */
export async function countAlerts(sources: FraudSources, alertIds: readonly string[]): Promise<number> {
  return sources.reader.read({ name: "fraud.countAlerts" }, async (view) => {
    const ids = await view.texts("wanted_alerts", alertIds);
    const [row] = await view.rows(
      `SELECT count(*) AS alerts FROM ${await view.scan(ALERTS.name)} WHERE alert_id IN (SELECT value FROM ${ids})`,
    );
    return row === undefined ? 0 : whole(row, "alerts");
  });
}
