import type { DuckDBValue } from "@duckdb/node-api";
import type { z } from "zod";
import type { AuthorizedScope } from "../../auth/scope";
import { activeSnoozes, type Snooze } from "../../db/cases";
import type { Database } from "../../db/connect";
import { namesOf } from "../../db/people";
import { ConcordanceError } from "../../domain/errors";
import type { DataFile } from "../../lake/snapshot";
import { TRANSACTIONS } from "../../pipeline/tables";
import { decodeCursor, encodeCursor } from "../../query/cursor";
import { type FileCounts, openFileCounts, sameBatches } from "../../query/file-counts";
import { asOfOf, type Bounds, type LakeReader, type LakeView } from "../../query/reader";
import { type Row, text, whole } from "../../query/values";
import type { CaseMirror } from "./case-mirror";
import {
  type AlertRow,
  CASE_STATUSES,
  type CaseStatus,
  type NextCase,
  type QueueFilter,
  type QueuePage,
  type QueueQuery,
} from "./contract";
import { ALERT_COLUMNS, alertRow } from "./rows";
import { ALERTS, PARTY_DAYS } from "./tables";

export interface FraudSources {
  readonly reader: LakeReader;
  readonly database: Database;
  readonly cases: CaseMirror;
}

/**
 * Riskiest first: severity decides, then how sure the rule is. A stolen card and a high score come before counts, and
 * what was denied already comes last. Thousandths, so that a cursor can hold it exactly.
 */
const RISK = `CAST(round(1000 * (
  CASE severity WHEN 'HIGH' THEN 2 WHEN 'MEDIUM' THEN 1 ELSE 0 END
  + CASE rule WHEN 'stolen_card' THEN 0.95
              WHEN 'fraud_score' THEN least(coalesce(TRY_CAST(json_extract_string(reasons, '$[0].value') AS DOUBLE), 0.5), 0.999)
              WHEN 'repeated_declines' THEN 0.6 WHEN 'acceleration' THEN 0.5 WHEN 'velocity' THEN 0.4
              WHEN 'blacklisted_party' THEN 0.1 ELSE 0.3 END)) AS INTEGER)`;

interface Condition {
  readonly where: string;
  readonly parameters: Record<string, DuckDBValue>;
  readonly bounds: Bounds | undefined;
}

const TEXT_COLUMNS = [
  "alert_id",
  "transaction_id",
  "fraud_signal_id",
  "user_id",
  "merchant_id",
  "counterparty_id",
  "entity_id",
];

/** Everything of the filter but the case's status and the snoozes. */
export function conditionOf(filter: QueueFilter, personId: string): Condition {
  const parts = ["true"];
  const parameters: Record<string, DuckDBValue> = {};
  const oneOf = (column: string, name: string, values: readonly string[]) => {
    if (values.length === 0) return;
    parts.push(`${column} IN (${values.map((_, index) => `$${name}${index}`).join(", ")})`);
    values.forEach((value, index) => {
      parameters[`${name}${index}`] = value;
    });
  };
  oneOf("a.rule", "rule", filter.rule);
  oneOf("a.severity", "severity", filter.severity);
  if (filter.from !== null) {
    parts.push("a.detected_at >= $from::TIMESTAMPTZ");
    parameters.from = filter.from;
  }
  if (filter.until !== null) {
    parts.push("a.detected_at < $until::TIMESTAMPTZ");
    parameters.until = filter.until;
  }
  if (filter.entity !== null && filter.entity !== "") {
    parts.push("$entity IN (a.entity_id, a.user_id, a.counterparty_id, a.merchant_id, a.card_token, a.transaction_id)");
    parameters.entity = filter.entity;
  }
  if (filter.text !== null && filter.text !== "") {
    const contains = TEXT_COLUMNS.map((column) => `contains(lower(a.${column}), $text)`);
    parts.push(`(${contains.join(" OR ")} OR a.card_last4 = $text)`);
    parameters.text = filter.text.toLowerCase();
  }
  if (filter.assignee === "nobody") parts.push("c.assignee_id IS NULL");
  else if (filter.assignee !== null) {
    parts.push("c.assignee_id = $assignee");
    parameters.assignee = filter.assignee === "me" ? personId : filter.assignee;
  }
  const bounded = filter.from !== null || filter.until !== null;
  const bounds = bounded
    ? {
        column: "detected_at",
        ...(filter.from === null ? {} : { min: filter.from }),
        ...(filter.until === null ? {} : { max: filter.until }),
      }
    : undefined;
  return { where: parts.join(" AND "), parameters, bounds };
}

const snoozeKey = (rule: string, entityId: string) => `${rule}\u001f${entityId}`;

/** Makes the alerts under the condition, each with its case, a temporary view's text; of an earlier version where its files are given. */
export async function queueSql(
  view: LakeView,
  condition: Condition,
  casesTable: string,
  snoozes: readonly Snooze[],
  files?: readonly DataFile[],
) {
  const alerts = await (files === undefined
    ? view.scan(ALERTS.name, condition.bounds)
    : view.scanFiles(ALERTS.name, files));
  const snoozed = await view.texts(
    "snoozed",
    snoozes.map(({ rule, entityId }) => snoozeKey(rule, entityId)),
  );
  return `SELECT a.*, coalesce(c.status, 'new') AS status, c.assignee_id, coalesce(c.version, '0') AS case_version,
      ${snoozes.length === 0 ? "false" : `(a.rule || chr(31) || a.entity_id) IN (SELECT value FROM ${snoozed})`} AS snoozed
    FROM ${alerts} a LEFT JOIN ${casesTable} c ON c.alert_id = a.alert_id
   WHERE ${condition.where}`;
}

export function statusCondition(filter: QueueFilter): string {
  const statuses = filter.status.map((status) => `'${status}'`).join(", ");
  return `${statuses === "" ? "true" : `status IN (${statuses})`} AND ${filter.includeSnoozed ? "true" : "NOT snoozed"}`;
}

/** Keyset paging: the rows after the cursor in the order of the sort. */
function pageOrder(sort: QueueQuery["sort"], cursor: string | null) {
  const riskiest = sort === "riskiest";
  const keys = `${riskiest ? "risk, " : ""}epoch_us(detected_at), alert_id`;
  const parameters: Record<string, DuckDBValue> = {};
  let after = "true";
  if (cursor !== null) {
    const parts = decodeCursor(cursor, riskiest ? 3 : 2);
    const [at, id] = parts.slice(-2);
    after = `(${keys}) < (${riskiest ? "$cursorRisk, " : ""}$cursorAt, $cursorId)`;
    Object.assign(parameters, { cursorAt: integer(at), cursorId: id ?? "" });
    if (riskiest) parameters.cursorRisk = Number(integer(parts[0]));
  }
  return { after, order: `${riskiest ? "risk DESC, " : ""}detected_at DESC, alert_id DESC`, parameters };
}

function integer(part: string | undefined): bigint {
  if (part !== undefined && /^-?\d{1,18}$/.test(part)) return BigInt(part);
  throw new ConcordanceError({ kind: "invalid_input", code: "bad_cursor", message: "The page's cursor is damaged." });
}

const cursorOf = (row: Row, sort: QueueQuery["sort"]): string => {
  const at = whole(row, "detected_us");
  return encodeCursor([...(sort === "riskiest" ? [whole(row, "risk")] : []), at, text(row, "alert_id")]);
};

/** The queue: a page of alerts with their cases, its counts, and the check that nothing denied is missing from it. */
export async function readQueue(
  sources: FraudSources,
  scope: AuthorizedScope,
  query: QueueQuery,
  signal?: AbortSignal,
): Promise<QueuePage> {
  const [casesTable, snoozes] = await Promise.all([sources.cases.fresh(), activeSnoozes(sources.database.db)]);
  const condition = conditionOf(query, scope.person.id);
  const { rows, counts, check, asOf } = await sources.reader.read({ name: "fraud.queue", signal }, async (view) => {
    const queue = await queueSql(view, condition, casesTable, snoozes);
    const { after, order, parameters } = pageOrder(query.sort, query.cursor);
    const page = await view.rows(
      `SELECT ${ALERT_COLUMNS}, status, assignee_id, case_version, snoozed, epoch_us(detected_at) AS detected_us, risk
         FROM (SELECT *, ${RISK} AS risk FROM (${queue}))
        WHERE ${statusCondition(query)} AND ${after} ORDER BY ${order} LIMIT ${query.limit + 1}`,
      { ...condition.parameters, ...parameters },
    );
    return {
      rows: page,
      counts: await view.rows(
        `SELECT status, snoozed, count(*) AS alerts FROM (${queue}) GROUP BY ALL`,
        condition.parameters,
      ),
      check: await queueCheck(sources.reader, view),
      asOf: asOfOf(view, [ALERTS.name], PARTY_DAYS.name, "last_event_time"),
    };
  });
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  return {
    rows: await alertRows(sources, shown, snoozes),
    nextCursor: rows.length > query.limit && last !== undefined ? cursorOf(last, query.sort) : null,
    ...countsOf(counts, query),
    check,
    asOf,
  };
}

function countsOf(counts: readonly Row[], query: QueueFilter) {
  const byStatus: Record<CaseStatus, number> = {
    new: 0,
    assigned: 0,
    confirmed: 0,
    false_positive: 0,
    inconclusive: 0,
  };
  let [total, snoozed] = [0, 0];
  for (const row of counts) {
    const alerts = whole(row, "alerts");
    const status = CASE_STATUSES.find((name) => name === row.status);
    const hidden = row.snoozed === true;
    if (hidden) snoozed += alerts;
    if (status === undefined || (hidden && !query.includeSnoozed)) continue;
    byStatus[status] += alerts;
    if (query.status.length === 0 || query.status.includes(status)) total += alerts;
  }
  return { byStatus, total, snoozed };
}

/** Rows with the names of their assignees and their snoozes. */
export async function alertRows(
  { database }: Pick<FraudSources, "database">,
  rows: readonly Row[],
  snoozes: readonly Snooze[],
): Promise<AlertRow[]> {
  const until = new Map(snoozes.map((snooze) => [snoozeKey(snooze.rule, snooze.entityId), snooze.until]));
  const ids = rows.flatMap((row) => (typeof row.assignee_id === "string" ? [row.assignee_id] : []));
  const names = await namesOf(database.db, ids);
  return rows.map((row) =>
    alertRow(row, names, until.get(snoozeKey(text(row, "rule"), text(row, "entity_id"))) ?? null),
  );
}

interface Check {
  readonly denied: FileCounts;
  readonly queued: FileCounts;
  last: QueuePage["check"] | null;
}

const checks = new WeakMap<LakeReader, Check>();

/**
 * Every verdict other than APPROVE lands in the queue: both are counted over the whole lake, each file once. While a
 * flush is between its two commits the counts before it are told.
 */
export async function queueCheck(reader: LakeReader, view: LakeView): Promise<QueuePage["check"]> {
  const check = checks.get(reader) ?? {
    denied: openFileCounts(reader.lake, TRANSACTIONS.name, { group: "'all'", condition: "decision <> 'APPROVE'" }),
    queued: openFileCounts(reader.lake, ALERTS.name, { group: "'all'", condition: "rule = 'blacklisted_party'" }),
    last: null,
  };
  checks.set(reader, check);
  if (check.last !== null && !sameBatches(view.snapshot(TRANSACTIONS.name), view.snapshot(ALERTS.name))) {
    return check.last;
  }
  const denied = (await check.denied.count(view)).get("all") ?? 0;
  const queued = (await check.queued.count(view)).get("all") ?? 0;
  check.last = { denied, queued, equal: denied === queued };
  return check.last;
}

/** The first open case under the filter that is nobody else's. */
export async function readNextCase(
  sources: FraudSources,
  scope: AuthorizedScope,
  query: QueueFilter & { sort: QueueQuery["sort"]; afterAlertId: string | null },
  signal?: AbortSignal,
): Promise<z.infer<typeof NextCase>> {
  const [casesTable, snoozes] = await Promise.all([sources.cases.fresh(), activeSnoozes(sources.database.db)]);
  const condition = conditionOf({ ...query, assignee: null }, scope.person.id);
  return sources.reader.read({ name: "fraud.nextCase", signal }, async (view) => {
    const open = `SELECT *, ${RISK} AS risk FROM (${await queueSql(view, condition, casesTable, snoozes)})
      WHERE status IN ('new', 'assigned') AND NOT snoozed AND alert_id <> $after
        AND (assignee_id IS NULL OR assignee_id = $me)`;
    const parameters = { ...condition.parameters, after: query.afterAlertId ?? "", me: scope.person.id };
    const { order } = pageOrder(query.sort, null);
    const [first] = await view.rows(
      `SELECT alert_id, count(*) OVER () AS remaining FROM (${open}) ORDER BY ${order} LIMIT 1`,
      parameters,
    );
    return {
      alertId: first === undefined ? null : text(first, "alert_id"),
      remaining: first === undefined ? 0 : whole(first, "remaining"),
      asOf: asOfOf(view, [ALERTS.name], PARTY_DAYS.name, "last_event_time"),
    };
  });
}
