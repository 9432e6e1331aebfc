import type { DuckDBConnection } from "@duckdb/node-api";
import { scanSql } from "../lake/scan";
import type { Table } from "../lake/table";
import { type DedupeIndex, partitionHash, signalKey, transactionKey } from "./dedupe";
import type { MicroBatch } from "./micro-batch";
import type { Decoded, DecodeRecord, RawBatch, RawRecord, TransactionEvent } from "./records";
import type { SourceGroup } from "./source";
import type { InlineRules, StoredDecision } from "./steps";
import type { Watermarks } from "./watermark";

/** Records decoded between two looks at the event loop: few, so that what was decoded is thrown away while it is young. */
const RECORDS_PER_TURN = 512;

/** How far each fed table already is, per kind of row; -1 where it has no mark. */
export interface Held {
  readonly rows: bigint;
  readonly quarantine: bigint;
  readonly balance: bigint;
  readonly alerts: bigint;
}

export interface AbsorbContext {
  readonly batch: MicroBatch;
  readonly connection: DuckDBConnection;
  readonly table: Table;
  readonly decode: DecodeRecord;
  readonly dedupe: DedupeIndex | null;
  readonly watermarks: Watermarks;
  readonly rules: InlineRules;
  readonly held: Held;
  readonly nowMicros: bigint;
}

interface DecodedRecord {
  readonly record: RawRecord;
  readonly decoded: Decoded;
}

/** Decodes a group and adds its rows to the batch, each only to the tables that do not hold it yet. */
export async function absorbGroup(group: SourceGroup, context: AbsorbContext): Promise<void> {
  for (const raw of group.batches) {
    for (let from = 0; from < raw.records.length; from += RECORDS_PER_TURN) {
      const slice = raw.records.slice(from, from + RECORDS_PER_TURN);
      const decoded = slice.map((record) => ({ record, decoded: context.decode(record) }));
      await absorbSlice(group, raw, decoded, context);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
  const known = context.batch.marks.get(group.appId);
  if (known === undefined || group.markVersion > known) context.batch.marks.set(group.appId, group.markVersion);
  context.dedupe?.trim();
}

async function absorbSlice(group: SourceGroup, raw: RawBatch, slice: DecodedRecord[], context: AbsorbContext) {
  const { dedupe, connection, table, held } = context;
  const versionOf = (record: RawRecord) => (group.markPer === "record" ? record.position : group.markVersion);
  const stored = slice.filter(({ record }) => versionOf(record) <= held.rows);
  const decisions = stored.length === 0 ? NO_DECISIONS : await storedDecisions(raw, stored, context);
  // Last: until the claims nothing is waited for, so nothing is forgotten in between.
  if (dedupe !== null) {
    const times = slice.flatMap(({ decoded }) => (decoded.ok ? [decoded.value.eventTimeMicros] : []));
    await dedupe.prepare(connection, table.current().files, times);
  }
  const owner = partitionHash(`${raw.source}/${raw.partition}`);
  for (const { record, decoded } of slice) {
    absorbRecord(group, raw, record, decoded, versionOf(record), owner, decisions, context);
  }
}

const NO_DECISIONS: ReadonlyMap<bigint, StoredDecision> = new Map();

function absorbRecord(
  group: SourceGroup,
  raw: RawBatch,
  record: RawRecord,
  decoded: Decoded,
  version: bigint,
  owner: number,
  decisions: ReadonlyMap<bigint, StoredDecision>,
  context: AbsorbContext,
): void {
  const { batch, held, watermarks, dedupe, nowMicros } = context;
  const at = { source: raw.source, partition: raw.partition, position: record.position };
  const size = record.bytesTotal ?? record.bytes.byteLength;
  const countIt = version > held.balance;
  if (version <= held.rows || version <= held.quarantine || version <= held.alerts) batch.recovering = true;
  if (!countIt) batch.recovering = true;
  batch.recordsIn++;
  batch.bytesIn += size;
  const businessDay = decoded.ok ? decoded.value.businessDay : decoded.error.businessDay;
  const line = countIt ? batch.line(raw.source, raw.partition, businessDay) : null;
  if (line !== null) {
    line.recordsIn++;
    line.bytesIn += size;
  }
  if (!decoded.ok) {
    if (line !== null) line.quarantined++;
    if (version > held.quarantine) batch.addQuarantine(decoded.error, at, size, nowMicros);
  } else if (isDuplicate(decoded.value, raw.source, record, owner, dedupe)) {
    if (line !== null) line.duplicates++;
  } else {
    const event = decoded.value;
    const late = countIt ? watermarks.observe(group.appId, event.eventTimeMicros) : false;
    if (line !== null) {
      line.accepted++;
      if (late) line.late++;
    }
    if (event.kind === "transaction") addTransaction(event, at, late, version, decisions, context);
    else if (version > held.rows) batch.addSignal(event, at, late, nowMicros);
  }
  if (countIt) batch.extendRange(raw.source, raw.partition, record.position, watermarks.get(group.appId));
}

function addTransaction(
  event: TransactionEvent,
  at: { source: string; partition: string; position: bigint },
  late: boolean,
  version: bigint,
  decisions: ReadonlyMap<bigint, StoredDecision>,
  { batch, held, rules, nowMicros }: AbsorbContext,
): void {
  if (version > held.rows) {
    const verdict = rules.evaluate(event, at, nowMicros);
    batch.addTransaction(event, at, verdict, late, nowMicros);
    if (version > held.alerts) for (const alert of verdict.alerts) batch.alerts.push(alert);
    return;
  }
  if (version <= held.alerts) return;
  const stored = decisions.get(at.position);
  if (stored === undefined) return;
  for (const alert of rules.recall(event, at, nowMicros, stored)) batch.alerts.push(alert);
}

function isDuplicate(
  event: Extract<Decoded, { ok: true }>["value"],
  source: string,
  record: RawRecord,
  owner: number,
  dedupe: DedupeIndex | null,
): boolean {
  if (dedupe === null || event.dedupeKey === null) return false;
  const key =
    event.kind === "transaction"
      ? transactionKey(source, event.eventId, event.transactionId, event.status, event.eventTimeMicros)
      : signalKey(source, event.fraudSignalId);
  return dedupe.claim(key, event.eventTimeMicros, owner, Number(record.position)) === "duplicate";
}

/** What was decided of records the transactions table already holds, by position. */
async function storedDecisions(raw: RawBatch, stored: readonly DecodedRecord[], context: AbsorbContext) {
  const { table, connection } = context;
  const positions = stored.map(({ record }) => record.position);
  const [first, last] = [positions[0] ?? 0n, positions[positions.length - 1] ?? 0n];
  const decisions = new Map<bigint, StoredDecision>();
  if (!table.spec.columns.some((column) => column.name === "decision")) return decisions;
  const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const reader = await connection.runAndReadAll(
    `SELECT source_offset, decision, decision_reason FROM ${await scanSql(table.store, table.spec, table.current().files)}
      WHERE source = ${literal(raw.source)} AND source_partition = ${literal(raw.partition)}
        AND source_offset BETWEEN ${first} AND ${last}`,
  );
  for (const [offset, decision, reason] of reader.getRowsJS()) {
    decisions.set(BigInt(String(offset)), {
      decision: decision === "DENY" ? "DENY" : "APPROVE",
      decisionReason: reason === null ? null : String(reason),
    });
  }
  return decisions;
}
