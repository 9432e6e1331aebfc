import { MASKED_COLUMNS } from "../auth/access";
import type { AuthorizedScope } from "../auth/scope";
import { formatInstant } from "../domain/time";
import { PARTY_DAYS } from "../indexes/fraud/tables";
import { MERCHANTS_PARTIAL } from "../indexes/merchants/tables";
import type { DataFile } from "../lake/snapshot";
import { FRAUD_SIGNALS, INGEST_BALANCE, QUARANTINE, TRANSACTIONS } from "../pipeline/tables";
import { asOfOf, type LakeReader, type LakeView } from "../query/reader";
import { big, coordinatesOf, moneyOf, type Row, text, textOrNull, whole } from "../query/values";
import type { Trace, TraceRow } from "./contract";

const ALERTS = "alerts";
const BATCHES_SHOWN = 20;
const SIBLINGS_SHOWN = 50;
/** Commits looked through for the one that added a file. */
const COMMITS_READ_MAX = 200;

interface Coordinates {
  readonly source: string;
  readonly partition: string;
  readonly offset: bigint;
}

const AT = "source = $source AND source_partition = $partition AND source_offset = $offset";
const parametersOf = ({ source, partition, offset }: Coordinates) => ({ source, partition, offset });

/** Follows one record from where it was read to every row made from it. */
export async function readTrace(
  reader: LakeReader,
  scope: AuthorizedScope,
  coordinates: Coordinates,
  signal?: AbortSignal,
): Promise<Trace> {
  return reader.read({ name: "trace.get", signal }, async (view) => {
    const batches = await readBatches(view, coordinates);
    const found = await findRow(view, coordinates);
    const outcome = outcomeOf(found?.table ?? null, batches.length);
    const transactionId = found === null ? null : textOrNull(found.row, "transaction_id");
    const event = found?.table === TRANSACTIONS.name ? found.row : null;
    return {
      coordinates,
      outcome,
      explanation: EXPLANATIONS[outcome],
      batches,
      row: found === null ? null : await traceRow(reader, view, scope, found),
      indexRows: event === null ? [] : await readIndexRows(view, scope, event),
      alerts: scope.mayRead("fraud") ? await readAlerts(view, coordinates, transactionId) : [],
      siblings: transactionId === null ? [] : await readSiblings(view, coordinates, transactionId),
      asOf: asOfOf(view, [TRANSACTIONS.name, QUARANTINE.name, INGEST_BALANCE.name, ALERTS], TRANSACTIONS.name),
    };
  });
}

const EXPLANATIONS: Readonly<Record<Trace["outcome"], string>> = {
  accepted: "The record was decoded, validated and stored.",
  quarantined: "The record could not be accepted; its bytes are kept with the reason.",
  not_stored: "A batch read past this position and stored nothing for it: its producer had sent the event before.",
  unread: "No batch has covered this position.",
};

function outcomeOf(table: string | null, batches: number): Trace["outcome"] {
  if (table === QUARANTINE.name) return "quarantined";
  if (table !== null) return "accepted";
  return batches > 0 ? "not_stored" : "unread";
}

async function readBatches(view: LakeView, coordinates: Coordinates): Promise<Trace["batches"]> {
  const rows = await view.rows(
    `SELECT batch_id, min(offset_from) AS offset_from, max(offset_to) AS offset_to, sum(records_in)::BIGINT AS records_in,
            sum(accepted)::BIGINT AS accepted, sum(quarantined)::BIGINT AS quarantined,
            sum(duplicates)::BIGINT AS duplicates, min(ingested_at) AS ingested_at
       FROM ${await view.scan(INGEST_BALANCE.name)}
      WHERE source = $source AND source_partition = $partition AND offset_from <= $offset AND offset_to >= $offset
      GROUP BY batch_id ORDER BY ingested_at LIMIT ${BATCHES_SHOWN}`,
    parametersOf(coordinates),
  );
  return rows.map((row) => ({
    batchId: text(row, "batch_id"),
    offsetFrom: big(row, "offset_from"),
    offsetTo: big(row, "offset_to"),
    recordsIn: whole(row, "records_in"),
    accepted: whole(row, "accepted"),
    quarantined: whole(row, "quarantined"),
    duplicates: whole(row, "duplicates"),
    ingestedAt: text(row, "ingested_at"),
  }));
}

interface Found {
  readonly table: string;
  readonly row: Row;
  readonly coordinates: Coordinates;
}

async function findRow(view: LakeView, coordinates: Coordinates): Promise<Found | null> {
  for (const table of [TRANSACTIONS.name, FRAUD_SIGNALS.name, QUARANTINE.name]) {
    const scan = await view.scanFiles(table, candidates(view, table, coordinates));
    const raw = table === QUARANTINE.name ? "* EXCLUDE (raw)" : "*";
    const [row] = await view.rows(`SELECT ${raw} FROM ${scan} WHERE ${AT} LIMIT 1`, parametersOf(coordinates));
    if (row !== undefined) return { table, row, coordinates };
  }
  return null;
}

/** Files whose statistics allow the coordinates. */
function candidates(view: LakeView, table: string, { source, partition, offset }: Coordinates): DataFile[] {
  return view.snapshot(table).files.filter(({ stats: { minValues, maxValues } }) => {
    const [lowSource, highSource] = [minValues.source, maxValues.source];
    if (typeof lowSource === "string" && typeof highSource === "string" && lowSource === highSource) {
      if (lowSource !== source) return false;
    }
    if (!mayLie(partition, minValues.source_partition, maxValues.source_partition)) return false;
    const [low, high] = [minValues.source_offset, maxValues.source_offset];
    // Numbers of the statistics are doubles: beyond 2^53 a bound may be off by the rounding, so one is given.
    if (typeof low === "number" && Number(offset) < low - slack(low)) return false;
    return !(typeof high === "number" && Number(offset) > high + slack(high));
  });
}

/** A landing file's name is its partition, so those of a time stand together. Beyond ASCII the order of bytes is another. */
const mayLie = (text: string, low: unknown, high: unknown): boolean =>
  typeof low !== "string" || typeof high !== "string" || !/^[\x20-\x7e]*$/.test(text + low + high)
    ? true
    : low <= text && text <= high;

const slack = (bound: number) => (Number.isSafeInteger(bound) ? 0 : 2_048);

async function traceRow(reader: LakeReader, view: LakeView, scope: AuthorizedScope, found: Found): Promise<TraceRow> {
  const hidden: readonly string[] = scope.seesNames ? [] : MASKED_COLUMNS;
  const columns = view.snapshot(found.table).spec.columns;
  return {
    table: found.table,
    fields: columns.flatMap(({ name }) => {
      const cell = found.row[name];
      if (cell === null || cell === undefined || cell instanceof Uint8Array) return [];
      const masked = hidden.includes(name);
      return [{ name, value: masked ? "hidden" : String(cell), masked }];
    }),
    file: await fileOf(reader, view, found),
  };
}

async function fileOf(reader: LakeReader, view: LakeView, { table, coordinates }: Found): Promise<TraceRow["file"]> {
  for (const file of candidates(view, table, coordinates)) {
    const scan = await view.scanFiles(table, [file]);
    const rows = await view.rows(`SELECT 1 AS one FROM ${scan} WHERE ${AT} LIMIT 1`, parametersOf(coordinates));
    if (rows.length === 0) continue;
    return {
      path: `tables/${table}/${file.path}`,
      rows: file.stats.numRecords,
      bytes: file.size,
      addedInVersion: await addedIn(reader, view, table, file.path),
      addedAt: formatInstant(BigInt(file.modificationTimeMs) * 1000n),
    };
  }
  return null;
}

/** Null where the commit is further back than is looked, or was a compaction. */
async function addedIn(reader: LakeReader, view: LakeView, table: string, path: string): Promise<number | null> {
  const from = Math.max(0, view.snapshot(table).version - COMMITS_READ_MAX);
  const changes = await reader.lake
    .table(table)
    .changesSince(from)
    .catch(() => []);
  return changes.find(({ files }) => files.some((file) => file.path === path))?.version ?? null;
}

/** The sums this event went into, each with its page. */
async function readIndexRows(view: LakeView, scope: AuthorizedScope, event: Row): Promise<Trace["indexRows"]> {
  const rows: Trace["indexRows"] = [];
  const day = text(event, "business_date");
  const bounds = { column: "business_date", min: day, max: day };
  const merchantId = textOrNull(event, "merchant_id");
  if (merchantId !== null && scope.mayRead("merchants")) {
    const [sums] = await view.rows(
      `SELECT coalesce(sum(events), 0)::BIGINT AS events FROM ${await view.scan(MERCHANTS_PARTIAL.name, bounds)}
        WHERE merchant_id = $id AND business_date = $day::DATE AND currency IS NOT DISTINCT FROM $currency`,
      { id: merchantId, day, currency: textOrNull(event, "currency") },
    );
    rows.push({
      index: "merchants",
      table: MERCHANTS_PARTIAL.name,
      title: `${merchantId} on ${day}`,
      detail: `${sums === undefined ? 0 : whole(sums, "events")} events in ${textOrNull(event, "currency") ?? "no currency"}`,
      href: `/merchants/${encodeURIComponent(merchantId)}`,
    });
  }
  if (scope.mayRead("fraud")) rows.push(...(await readPartyDays(view, event, day)));
  return rows;
}

async function readPartyDays(view: LakeView, event: Row, day: string): Promise<Trace["indexRows"]> {
  const rows = await view.rows(
    `SELECT party_id, role, sum(payments)::BIGINT AS payments
       FROM ${await view.scan(PARTY_DAYS.name, { column: "business_date", min: day, max: day })}
      WHERE business_date = $day::DATE
        AND ((party_id = $user AND role = 'originator') OR (party_id IN ($counterparty, $merchant) AND role = 'beneficiary'))
      GROUP BY ALL ORDER BY role DESC`,
    {
      day,
      user: text(event, "user_id"),
      counterparty: textOrNull(event, "counterparty_id") ?? "",
      merchant: textOrNull(event, "merchant_id") ?? "",
    },
  );
  return rows.map((row) => ({
    index: "fraud" as const,
    table: PARTY_DAYS.name,
    title: `${text(row, "party_id")} as ${text(row, "role")} on ${day}`,
    detail: `${whole(row, "payments")} payments that day`,
    href: `/fraud/queue?entity=${encodeURIComponent(text(row, "party_id"))}`,
  }));
}

async function readAlerts(view: LakeView, at: Coordinates, transactionId: string | null): Promise<Trace["alerts"]> {
  const rows = await view.rows(
    `SELECT alert_id, rule, severity, detected_at FROM ${await view.scan(ALERTS)}
      WHERE (${AT}) OR ($tx IS NOT NULL AND transaction_id = $tx) ORDER BY detected_at, alert_id LIMIT 100`,
    { ...parametersOf(at), tx: transactionId },
  );
  return rows.map((row) => ({
    alertId: text(row, "alert_id"),
    rule: text(row, "rule"),
    severity: text(row, "severity"),
    detectedAt: text(row, "detected_at"),
    href: `/fraud/queue?alert=${encodeURIComponent(text(row, "alert_id"))}`,
  }));
}

async function readSiblings(view: LakeView, at: Coordinates, transactionId: string): Promise<Trace["siblings"]> {
  const rows = await view.rows(
    `SELECT status, event_time, amount_minor, currency, exponent, source, source_partition, source_offset
       FROM ${await view.scanHolding(TRANSACTIONS.name, [transactionId])} WHERE transaction_id = $tx AND NOT (${AT})
      ORDER BY event_time, source_offset LIMIT ${SIBLINGS_SHOWN}`,
    { ...parametersOf(at), tx: transactionId },
  );
  return rows.flatMap((row) => {
    const coordinates = coordinatesOf(row);
    if (coordinates === null) return [];
    return [{ status: text(row, "status"), eventTime: text(row, "event_time"), amount: moneyOf(row), coordinates }];
  });
}
