import type { DuckDBValue } from "@duckdb/node-api";
import { writeAudit } from "../../db/audit";
import type { Database } from "../../db/connect";
import { ConcordanceError } from "../../domain/errors";
import { formatMinor } from "../../domain/money";
import { QUARANTINE_CODES } from "../../pipeline/quarantine-codes";
import { QUARANTINE } from "../../pipeline/tables";
import { decodeCursor, encodeCursor } from "../../query/cursor";
import type { LakeReader, LakeView } from "../../query/reader";
import { big, coordinatesOf, moneyOf, type Row, text, textOrNull, whole } from "../../query/values";
import type {
  QuarantineDetail,
  QuarantineGroup,
  QuarantineGroups,
  QuarantinePage,
  QuarantineQuery,
  QuarantineRow,
} from "./contract";
import { asOfOps } from "./queries";

const RAW_SHOWN_BYTES = 65_536;
const GROUPS_MAX = 500;
const COLUMNS = `quarantine_id, code, stage, field, message, raw_bytes, transaction_id, user_id, amount_minor, currency,
  exponent, event_time, ingested_at, source, source_partition, source_offset`;

const remedyOf = (code: string): string | null =>
  Object.entries(QUARANTINE_CODES).find(([name]) => name === code)?.[1] ?? null;

/** Quarantined records by code, source, stage and field, most first. */
export async function readQuarantineGroups(reader: LakeReader, signal?: AbortSignal): Promise<QuarantineGroups> {
  return reader.read({ name: "ops.quarantineGroups", signal }, async (view) => {
    const scan = await view.scan(QUARANTINE.name);
    const rows = await view.rows(
      `SELECT code, source, stage, field, count(*) AS records, count(*) FILTER (amount_minor IS NULL) AS without_amount,
              min(ingested_at) AS first_at, max(ingested_at) AS last_at, arg_max(quarantine_id, ingested_at) AS sample_id
         FROM ${scan} GROUP BY ALL ORDER BY records DESC, code, source LIMIT ${GROUPS_MAX}`,
    );
    const sums = await view.rows(
      `SELECT code, source, stage, field, currency, exponent, sum(amount_minor)::BIGINT AS amount_minor FROM ${scan}
        WHERE amount_minor IS NOT NULL AND currency IS NOT NULL AND exponent IS NOT NULL
        GROUP BY ALL ORDER BY currency`,
    );
    const key = (row: Row) => [row.code, row.source, row.stage, row.field].join("\u001f");
    const groups: QuarantineGroup[] = rows.map((row) => ({
      code: text(row, "code"),
      source: text(row, "source"),
      stage: text(row, "stage"),
      field: textOrNull(row, "field"),
      records: whole(row, "records"),
      amounts: sums.filter((sum) => key(sum) === key(row)).flatMap((sum) => moneyOf(sum) ?? []),
      withoutAmount: whole(row, "without_amount"),
      firstAt: text(row, "first_at"),
      lastAt: text(row, "last_at"),
      sampleId: text(row, "sample_id"),
      remedy: remedyOf(text(row, "code")),
    }));
    const records = view.snapshot(QUARANTINE.name).files.reduce((sum, file) => sum + file.stats.numRecords, 0);
    return { groups, records, asOf: asOfOps(view, [QUARANTINE.name]) };
  });
}

function filterOf(query: QuarantineQuery) {
  const parts = ["true"];
  const parameters: Record<string, DuckDBValue> = {};
  for (const [name, value] of [
    ["code", query.code],
    ["source", query.source],
  ] as const) {
    if (value === null) continue;
    parts.push(`${name} = $${name}`);
    parameters[name] = value;
  }
  if (query.from !== null) {
    parts.push("ingested_at >= $from::TIMESTAMPTZ");
    parameters.from = query.from;
  }
  if (query.until !== null) {
    parts.push("ingested_at < $until::TIMESTAMPTZ");
    parameters.until = query.until;
  }
  if (query.text !== null && query.text !== "") {
    const columns = ["quarantine_id", "transaction_id", "user_id", "message", "source_partition"];
    const contains = columns.map((column) => `contains(lower(coalesce(${column}, '')), $text)`);
    parts.push(`(${contains.join(" OR ")} OR source_offset::VARCHAR = $text)`);
    parameters.text = query.text.toLowerCase();
  }
  return { where: parts.join(" AND "), parameters };
}

/** Quarantined records, newest first. */
export async function readQuarantineRows(
  reader: LakeReader,
  query: QuarantineQuery,
  signal?: AbortSignal,
): Promise<QuarantinePage> {
  const { where, parameters } = filterOf(query);
  return reader.read({ name: "ops.quarantineRows", signal }, async (view) => {
    const bounded = query.from !== null || query.until !== null;
    const bounds = {
      column: "ingested_at",
      ...(query.from === null ? {} : { min: query.from }),
      ...(query.until === null ? {} : { max: query.until }),
    };
    const scan = await view.scan(QUARANTINE.name, bounded ? bounds : undefined);
    let after = "true";
    const paging: Record<string, DuckDBValue> = {};
    if (query.cursor !== null) {
      const [at = "0", id = ""] = decodeCursor(query.cursor, 2);
      after = "(epoch_us(ingested_at), quarantine_id) < ($cursorAt, $cursorId)";
      Object.assign(paging, { cursorAt: /^-?\d{1,18}$/.test(at) ? BigInt(at) : 0n, cursorId: id });
    }
    const rows = await view.rows(
      `SELECT ${COLUMNS}, epoch_us(ingested_at) AS ingested_us FROM ${scan} WHERE ${where} AND ${after}
        ORDER BY ingested_at DESC, quarantine_id DESC LIMIT ${query.limit + 1}`,
      { ...parameters, ...paging },
    );
    const [counted] = await view.rows(`SELECT count(*) AS total FROM ${scan} WHERE ${where}`, parameters);
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      rows: shown.map(quarantineRow),
      nextCursor:
        rows.length > query.limit && last !== undefined
          ? encodeCursor([big(last, "ingested_us"), text(last, "quarantine_id")])
          : null,
      total: counted === undefined ? 0 : whole(counted, "total"),
      asOf: asOfOps(view, [QUARANTINE.name]),
    };
  });
}

function quarantineRow(row: Row): QuarantineRow {
  const coordinates = coordinatesOf(row);
  if (coordinates === null) throw new Error("a quarantined row without coordinates");
  return {
    quarantineId: text(row, "quarantine_id"),
    code: text(row, "code"),
    stage: text(row, "stage"),
    field: textOrNull(row, "field"),
    message: text(row, "message"),
    rawBytes: whole(row, "raw_bytes"),
    transactionId: textOrNull(row, "transaction_id"),
    userId: textOrNull(row, "user_id"),
    amount: moneyOf(row),
    eventTime: textOrNull(row, "event_time"),
    ingestedAt: text(row, "ingested_at"),
    coordinates,
  };
}

/** One quarantined record with its raw bytes beside what could be read of it. Looking at raw bytes is audited. */
export async function readQuarantineRow(
  { reader, database }: { readonly reader: LakeReader; readonly database: Database },
  person: { readonly id: string; readonly name: string },
  quarantineId: string,
  signal?: AbortSignal,
): Promise<QuarantineDetail> {
  const found = await reader.read({ name: "ops.quarantineRow", signal }, async (view) => {
    const [row] = await view.rows(
      `SELECT ${COLUMNS}, raw, raw_path, business_date FROM ${await view.scan(QUARANTINE.name)} WHERE quarantine_id = $id`,
      { id: quarantineId },
    );
    if (row === undefined) throw noSuchRecord(quarantineId);
    return { row, file: await fileOf(view, quarantineId), asOf: asOfOps(view, [QUARANTINE.name]) };
  });
  const path = textOrNull(found.row, "raw_path");
  const stored = found.row.raw;
  const bytes = stored instanceof Uint8Array ? stored : path === null ? null : await reader.lake.store.get(path);
  await database.db.transaction((tx) =>
    writeAudit(tx, person, [
      { action: "quarantine.reveal", targetType: "quarantine", target: quarantineId, detail: {} },
    ]),
  );
  const row = quarantineRow(found.row);
  return {
    row,
    remedy: remedyOf(row.code),
    raw: bytes === null ? null : rawOf(bytes),
    decoded: decodedOf(row, textOrNull(found.row, "business_date")),
    file: found.file,
    asOf: found.asOf,
  };
}

const noSuchRecord = (id: string) =>
  new ConcordanceError({
    kind: "not_found",
    code: "no_such_quarantine_id",
    message: `No quarantined record has the id ${id}.`,
    remedy: "Look for it by its code and source.",
  });

/** Which file holds the record: the statistics of its id narrow it down, a look into each candidate decides. */
async function fileOf(view: LakeView, quarantineId: string): Promise<QuarantineDetail["file"]> {
  const { files, version } = view.snapshot(QUARANTINE.name);
  for (const file of files) {
    const [low, high] = [file.stats.minValues.quarantine_id, file.stats.maxValues.quarantine_id];
    if (low !== undefined && high !== undefined && (low > quarantineId || high < quarantineId)) continue;
    const rows = await view.rows(
      `SELECT 1 AS one FROM ${await view.scanFiles(QUARANTINE.name, [file])} WHERE quarantine_id = $id LIMIT 1`,
      { id: quarantineId },
    );
    if (rows.length > 0) return { path: `tables/${QUARANTINE.name}/${file.path}`, tableVersion: version };
  }
  return null;
}

function rawOf(bytes: Uint8Array): NonNullable<QuarantineDetail["raw"]> {
  const shown = bytes.subarray(0, RAW_SHOWN_BYTES);
  const truncated = bytes.byteLength > RAW_SHOWN_BYTES;
  try {
    // A cut may fall into a character: the stream option lets the last one be incomplete.
    const decoded = new TextDecoder("utf-8", { fatal: true }).decode(shown, { stream: truncated });
    return { text: decoded, binary: false, truncated };
  } catch {
    return { text: Buffer.from(shown).toString("hex"), binary: true, truncated };
  }
}

function decodedOf(row: QuarantineRow, businessDate: string | null): QuarantineDetail["decoded"] {
  const fields: [string, string | null][] = [
    ["transaction_id", row.transactionId],
    ["user_id", row.userId],
    ["amount", row.amount === null ? null : formatMinor(row.amount.amountMinor, row.amount.exponent)],
    ["currency", row.amount?.currency ?? null],
    ["event_time", row.eventTime],
    ["business_date", businessDate],
  ];
  if (row.field !== null && !fields.some(([name]) => name === row.field)) fields.push([row.field, null]);
  return fields.map(([field, value]) => ({ field, value, atFault: field === row.field }));
}
