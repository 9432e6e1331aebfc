import { invariant } from "../../domain/errors";
import { dayNumber } from "../../domain/time";
import type { CellValue, TableBuffer } from "../../lake/table-buffer";
import { type ColumnSpec, required, type TableSpec } from "../../lake/types";
import type { StatementCharge, StatementDetail, StatementEntry, StatementFormat } from "../model";
import { STATEMENT_LINES } from "./tables";

/** Filled in by the query that books: they are of the delivery, or of the entry a detail belongs to. */
const LATER = ["entry_key", "kind", "intake", "file_hash", "format", "statement_key", "taken_at"];
const OF_ENTRY = ["line_key", "booking_date", "status", "content_digest", "occurrence", "place"];

const staged = (column: ColumnSpec): ColumnSpec =>
  OF_ENTRY.includes(column.name) ? { ...column, nullable: true } : column;

/** Lines as they are read, before the file is accepted: never visible to anyone. */
export const STAGED_LINES: TableSpec = {
  ...STATEMENT_LINES,
  name: "staged_lines",
  columns: [
    required("statement", "int", "Its number in the file"),
    required("entry", "int", "Its number in the statement"),
    required("detail", "int", "0 for the entry itself"),
    ...STATEMENT_LINES.columns.filter(({ name }) => !LATER.includes(name)).map(staged),
  ],
};

type Cells = Readonly<Record<string, CellValue>>;

export function stageEntry(buffer: TableBuffer, account: string, entry: StatementEntry): void {
  push(buffer, {
    ...common(entry),
    statement: entry.statement,
    entry: entry.entry,
    detail: 0,
    line_key: entry.key,
    place: entry.place,
    account,
    currency: entry.currency,
    exponent: entry.exponent,
    amount_minor: entry.signedMinor,
    status: entry.status,
    booking_date: dayNumber(entry.bookingDate),
    value_date: entry.valueDate === null ? null : dayNumber(entry.valueDate),
    booked_at: entry.bookedAt,
    reversal: entry.reversal,
    code: entry.code,
    return_code: entry.returnCode ?? entry.ach[0]?.code ?? null,
    original_trace: entry.ach[0]?.originalTraceNumber ?? entry.references.originalTraceNumber,
    batch_id: entry.batchId,
    detail_count: entry.detailCount,
    gross_minor: entry.gross?.amountMinor ?? null,
    gross_currency: entry.gross?.currency ?? null,
    gross_exponent: entry.gross?.exponent ?? null,
    ...chargesOf(entry.charges, entry.currency),
    content_digest: entry.contentDigest,
    occurrence: entry.occurrence,
  });
}

export function stageDetail(buffer: TableBuffer, account: string, detail: StatementDetail, currency: string): void {
  push(buffer, {
    ...common(detail),
    statement: detail.statement,
    entry: detail.entry,
    detail: detail.detail,
    account,
    currency: detail.amount?.currency ?? currency,
    exponent: detail.amount?.exponent ?? 0,
    amount_minor: detail.amount?.amountMinor ?? null,
    reversal: false,
    return_code: detail.returnCode,
    original_trace: detail.references.originalTraceNumber,
    detail_count: 1,
    ...chargesOf(detail.charges, detail.amount?.currency ?? currency),
  });
}

function common({ references, counterparty, remittance, instructed, exchangeRate }: StatementEntry | StatementDetail) {
  return {
    end_to_end_id: references.endToEndId,
    instruction_id: references.instructionId,
    transaction_id: references.transactionId,
    bank_reference: references.bankReference,
    customer_reference: references.customerReference,
    trace_number: references.traceNumber,
    mandate_id: references.mandateId,
    creditor_reference: references.creditorReference,
    psp_reference: references.pspReference,
    counterparty_name: counterparty?.name ?? null,
    counterparty_account: counterparty?.account ?? null,
    counterparty_institution: counterparty?.institution ?? null,
    remittance,
    instructed_amount: instructed?.decimal ?? null,
    instructed_currency: instructed?.currency ?? null,
    exchange_rate: exchangeRate,
  };
}

/** Charges in another currency than the entry's stay out: sums never mix currencies. */
function chargesOf(charges: readonly StatementCharge[], currency: string): Cells {
  const own = charges.filter((charge) => charge.currency === currency);
  if (own.length === 0) return { charges_minor: null, charges_included: null };
  return {
    charges_minor: own.reduce((sum, { amountMinor }) => sum + amountMinor, 0n),
    charges_included: own.every(({ included }) => included === true),
  };
}

function push(buffer: TableBuffer, cells: Cells): void {
  buffer.push(buffer.spec.columns.map(({ name }) => cells[name] ?? null));
}

export interface BookRequest {
  readonly intake: bigint;
  readonly fileHash: string;
  readonly format: StatementFormat;
  readonly takenAt: bigint;
  /** The staged rows, and the statements whose lines are booked: (statement, statement_key). */
  readonly staged: string;
  readonly booked: string;
  /** A relation of the lines of earlier deliveries. */
  readonly known: string;
}

/**
 * The lines to book: those of statements not known as a whole, without the bookings an earlier delivery, or an earlier
 * statement of this file, holds already. Details go with their entry.
 */
export function newLinesSql(request: BookRequest): string {
  invariant(/^[0-9a-f]{64}$/.test(request.fileHash), "a file hash is 64 hexadecimal digits");
  const columns = STATEMENT_LINES.columns.map(({ name }) => `${columnSql(name, request)} AS ${name}`);
  return `
    WITH entries AS (
      SELECT s.*, b.statement_key, row_number() OVER (PARTITION BY s.line_key ORDER BY s.statement, s.entry) AS telling
      FROM ${request.staged} s JOIN ${request.booked} b ON b.statement = s.statement
      WHERE s.detail = 0
    ),
    fresh AS (
      SELECT * FROM entries e
      WHERE telling = 1 AND NOT EXISTS (SELECT 1 FROM ${request.known} k WHERE k.line_key = e.line_key)
    )
    SELECT ${columns.join(", ")}
    FROM ${request.staged} l JOIN fresh e ON e.statement = l.statement AND e.entry = l.entry`;
}

function columnSql(name: string, { intake, fileHash, format, takenAt }: BookRequest): string {
  switch (name) {
    case "line_key":
      return "CASE WHEN l.detail = 0 THEN e.line_key ELSE e.line_key || '/' || l.detail END";
    case "entry_key":
      return "e.line_key";
    case "kind":
      return "CASE WHEN l.detail = 0 THEN 'entry' ELSE 'detail' END";
    case "intake":
      return String(intake);
    case "file_hash":
      return `'${fileHash}'`;
    case "format":
      return `'${format}'`;
    case "taken_at":
      return `make_timestamptz(${takenAt})`;
    case "statement_key":
    case "booking_date":
    case "status":
    case "content_digest":
    case "occurrence":
    case "place":
      return `e.${name}`;
    case "exponent":
      return "CASE WHEN l.amount_minor IS NULL THEN e.exponent ELSE l.exponent END";
    case "value_date":
    case "booked_at":
    case "code":
    case "batch_id":
    case "return_code":
    case "original_trace":
      return `coalesce(l.${name}, e.${name})`;
    case "reversal":
      return "l.reversal OR e.reversal";
    default:
      return `l.${name}`;
  }
}
