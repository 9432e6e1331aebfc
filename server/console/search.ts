import type { AuthorizedScope } from "../auth/scope";
import { BLACKLIST } from "../indexes/fraud/tables";
import { MERCHANTS_PARTIAL } from "../indexes/merchants/tables";
import { FRAUD_SIGNALS, QUARANTINE, TRANSACTIONS } from "../pipeline/tables";
import { asOfOf, type LakeReader, type LakeView } from "../query/reader";
import { coordinatesOf, type Row, text, textOrNull, whole } from "../query/values";
import type { SearchHit, SearchResult } from "./contract";

const ALERTS = "alerts";
const DIM_MERCHANTS = "dim_merchants";
const HITS_PER_KIND = 10;

/** The page of a trace. A landing file's path holds slashes, so each part is encoded. */
export const traceHref = ({
  source,
  partition,
  offset,
}: {
  source: string;
  partition: string;
  offset: bigint;
}): string => `/trace/${encodeURIComponent(source)}/${encodeURIComponent(partition)}/${offset}`;

const COORDINATES = /^([^/]+)\/(.+)\/(\d{1,18})$/;

/** Finds what carries exactly this identifier, in everything the person may read. */
export async function findAnything(
  reader: LakeReader,
  scope: AuthorizedScope,
  wanted: string,
  signal?: AbortSignal,
): Promise<SearchResult> {
  return reader.read({ name: "search.find", signal }, async (view) => {
    const hits: SearchHit[] = [...coordinatesHit(scope, wanted)];
    if (scope.mayRead("fraud")) hits.push(...(await findAlerts(view, wanted)), ...(await findSignals(view, wanted)));
    if (scope.mayRead("trace")) hits.push(...(await findTransactions(view, wanted)));
    if (scope.mayRead("fraud")) hits.push(...(await findParties(view, wanted)));
    if (scope.mayRead("merchants")) hits.push(...(await findMerchants(view, wanted)));
    if (scope.mayRead("ops")) hits.push(...(await findQuarantined(view, wanted)));
    const tables = [TRANSACTIONS.name, ALERTS, FRAUD_SIGNALS.name, QUARANTINE.name, MERCHANTS_PARTIAL.name];
    return { hits, asOf: asOfOf(view, tables, TRANSACTIONS.name) };
  });
}

function coordinatesHit(scope: AuthorizedScope, wanted: string): SearchHit[] {
  const match = COORDINATES.exec(wanted);
  if (match === null || !scope.mayRead("trace")) return [];
  const coordinates = { source: match[1] ?? "", partition: match[2] ?? "", offset: BigInt(match[3] ?? "0") };
  return [
    {
      kind: "coordinates",
      id: wanted,
      title: wanted,
      detail: "Where a record came from",
      at: null,
      href: traceHref(coordinates),
      coordinates,
    },
  ];
}

async function findAlerts(view: LakeView, id: string): Promise<SearchHit[]> {
  const rows = await view.rows(
    `SELECT alert_id, rule, severity, entity_id, detected_at FROM ${await view.scan(ALERTS)} WHERE alert_id = $id LIMIT 2`,
    { id },
  );
  return rows.map((row) => ({
    kind: "alert",
    id,
    title: `${text(row, "rule")} alert on ${text(row, "entity_id")}`,
    detail: text(row, "severity"),
    at: text(row, "detected_at"),
    href: `/fraud/queue?alert=${encodeURIComponent(id)}`,
    coordinates: null,
  }));
}

async function findSignals(view: LakeView, id: string): Promise<SearchHit[]> {
  const rows = await view.rows(
    `SELECT transaction_id, fraud_score, event_time, source, source_partition, source_offset
       FROM ${await view.scanHolding(FRAUD_SIGNALS.name, [id])} WHERE fraud_signal_id = $id LIMIT 5`,
    { id },
  );
  return rows.map((row) => hitOf("signal", id, row, `Signal on ${text(row, "transaction_id")}`, "Fraud signal"));
}

/** A hit that opens the trace of the row's own record. */
function hitOf(kind: SearchHit["kind"], id: string, row: Row, title: string, detail: string): SearchHit {
  const coordinates = coordinatesOf(row);
  return {
    kind,
    id,
    title,
    detail,
    at: text(row, "event_time"),
    href: coordinates === null ? "/overview" : traceHref(coordinates),
    coordinates,
  };
}

/** One scan per column: each reads that column's own dictionary and statistics, an OR over all of them reads every row. */
const TRANSACTION_IDS = ["transaction_id", "event_id", "card_token", "end_to_end_id", "psp_reference"] as const;

async function findTransactions(view: LakeView, id: string): Promise<SearchHit[]> {
  const holding = await view.scanHolding(TRANSACTIONS.name, [id]);
  const scans: [string, string][] = TRANSACTION_IDS.map((column) => [column, holding]);
  // Four digits are no identifier: every file holds some card of them.
  if (/^\d{4}$/.test(id)) scans.push(["card_last4", await view.scan(TRANSACTIONS.name)]);
  const matches = scans.map(
    ([column, scan]) =>
      `SELECT transaction_id, event_id, card_token, card_last4, status, payment_type, event_time, source, source_partition, source_offset
         FROM ${scan} WHERE ${column} = $id`,
  );
  const rows = await view.rows(
    `SELECT * FROM (${matches.join(" UNION ")}) ORDER BY event_time DESC, source_offset DESC LIMIT ${HITS_PER_KIND}`,
    { id },
  );
  return rows.map((row) => {
    const kind =
      row.event_id === id ? "event" : row.card_token === id || row.card_last4 === id ? "card" : "transaction";
    const title = `${text(row, "transaction_id")} ${text(row, "status")}`;
    const card = textOrNull(row, "card_last4");
    return hitOf(kind, id, row, title, `${text(row, "payment_type")}${card === null ? "" : `, card …${card}`}`);
  });
}

async function findParties(view: LakeView, id: string): Promise<SearchHit[]> {
  const scan = await view.scanHolding(TRANSACTIONS.name, [id]);
  const [row] = await view.rows(
    `SELECT sum(as_user)::BIGINT AS as_user, sum(as_counterparty)::BIGINT AS as_counterparty, max(event_time) AS event_time FROM (
       SELECT count(*) AS as_user, 0 AS as_counterparty, max(event_time) AS event_time FROM ${scan} WHERE user_id = $id
       UNION ALL
       SELECT 0, count(*), max(event_time) FROM ${scan} WHERE counterparty_id = $id)`,
    { id },
  );
  if (row === undefined || row.event_time === null) return [];
  const [listed] = await view.rows(
    `SELECT count(*) AS entries FROM ${await view.scan(BLACKLIST.name)} WHERE party_id = $id`,
    { id },
  );
  const entries = listed === undefined ? 0 : whole(listed, "entries");
  const asUser = whole(row, "as_user");
  const seen = `${asUser} events sent, ${whole(row, "as_counterparty")} received`;
  return [
    {
      kind: asUser > 0 ? "user" : "counterparty",
      id,
      title: id,
      detail: entries > 0 ? `${seen}; has been blacklisted` : seen,
      at: text(row, "event_time"),
      href: `/fraud/queue?entity=${encodeURIComponent(id)}`,
      coordinates: null,
    },
  ];
}

async function findMerchants(view: LakeView, wanted: string): Promise<SearchHit[]> {
  const rows = await view.rows(
    `SELECT merchant_id, any_value(name) AS name, max(last_event_time) AS at FROM (
       SELECT merchant_id, NULL AS name, last_event_time FROM ${await view.scan(MERCHANTS_PARTIAL.name)} WHERE merchant_id = $id
       UNION ALL
       SELECT merchant_id, name, NULL FROM ${await view.scan(DIM_MERCHANTS)}
        WHERE merchant_id = $id OR contains(lower(name), lower($id)))
      GROUP BY merchant_id ORDER BY merchant_id LIMIT ${HITS_PER_KIND}`,
    { id: wanted },
  );
  return rows.map((row) => {
    const merchantId = text(row, "merchant_id");
    return {
      kind: "merchant" as const,
      id: merchantId,
      title: textOrNull(row, "name") ?? merchantId,
      detail: merchantId,
      at: textOrNull(row, "at"),
      href: `/merchants/${encodeURIComponent(merchantId)}`,
      coordinates: null,
    };
  });
}

async function findQuarantined(view: LakeView, id: string): Promise<SearchHit[]> {
  const rows = await view.rows(
    `SELECT quarantine_id, code, message, ingested_at, source, source_partition, source_offset
       FROM ${await view.scan(QUARANTINE.name)} WHERE quarantine_id = $id OR transaction_id = $id
      ORDER BY ingested_at DESC LIMIT ${HITS_PER_KIND}`,
    { id },
  );
  return rows.map((row) => {
    const quarantineId = text(row, "quarantine_id");
    return {
      kind: "quarantine" as const,
      id: quarantineId,
      title: `Quarantined: ${text(row, "code")}`,
      detail: text(row, "message"),
      at: text(row, "ingested_at"),
      href: `/operations/quarantine?record=${encodeURIComponent(quarantineId)}`,
      coordinates: coordinatesOf(row),
    };
  });
}
