import { runFinal } from "../../server/batch/run";
import { pinJob } from "../../server/batch/spec";
import type { BusinessDate } from "../../server/domain/time";
import { dayNumber } from "../../server/domain/time";
import { RECONCILIATION_FINAL } from "../../server/indexes/reconciliation/final";
import { RECONCILIATION, RECONCILIATION_DECISIONS } from "../../server/indexes/reconciliation/tables";
import type { Lake } from "../../server/lake/lake";
import { writeParquet } from "../../server/lake/parquet";
import { scanSql } from "../../server/lake/scan";
import { type CellValue, TableBuffer } from "../../server/lake/table-buffer";
import type { TableSpec } from "../../server/lake/types";
import { TRANSACTIONS } from "../../server/pipeline/tables";
import { STATEMENT_FILES, STATEMENT_LINES, STATEMENTS } from "../../server/statements/intake/tables";

export const BOOK_TABLES = [
  TRANSACTIONS,
  STATEMENT_LINES,
  STATEMENTS,
  STATEMENT_FILES,
  RECONCILIATION,
  RECONCILIATION_DECISIONS,
] as const;

type Cells = Readonly<Record<string, CellValue>>;

export interface Paid {
  readonly id: string;
  readonly status?: string;
  readonly type?: string;
  readonly amount: bigint;
  readonly currency?: string;
  readonly on: string;
  /** Hour of the event, UTC. */
  readonly hour?: number;
  readonly user?: string;
  readonly merchant?: string;
  readonly party?: string | null;
  readonly reference?: string | null;
}

export interface Booked {
  readonly key: string;
  readonly amount: bigint;
  readonly currency?: string;
  readonly on: string;
  readonly format?: string;
  readonly account?: string;
  readonly code?: string;
  /** End-to-end id; of a processor's line its PSP reference. */
  readonly reference?: string | null;
  readonly customer?: string;
  readonly party?: string | null;
  readonly returned?: boolean;
  readonly batch?: string;
  readonly gross?: bigint;
  readonly grossCurrency?: string;
  readonly fee?: bigint;
  readonly rate?: string;
  readonly more?: Cells;
}

let offsets = 0n;

const EXPONENTS: Readonly<Record<string, number>> = { JPY: 0, KWD: 3 };
const exponent = (currency: string) => EXPONENTS[currency] ?? 2;

function paidRow(paid: Paid): Cells {
  const { id, status = "SETTLED", type = "SEPA", currency = "EUR", user = "u1", hour = 9 } = paid;
  const at = BigInt(dayNumber(paid.on)) * 86_400_000_000n + BigInt(hour) * 3_600_000_000n;
  const reference = paid.reference === undefined ? `E2E-${id}` : paid.reference;
  return {
    transaction_id: id,
    event_id: `${id}.${status}`,
    payment_type: type,
    status,
    amount_minor: paid.amount,
    currency,
    exponent: exponent(currency),
    user_id: user,
    merchant_id: paid.merchant ?? null,
    event_time: at,
    ingested_at: at,
    business_date: dayNumber(paid.on),
    end_to_end_id: type === "CARD" ? null : reference,
    psp_reference: type === "CARD" ? reference : null,
    originator_name: paid.party === undefined ? `Person ${id}` : paid.party,
    decision: "APPROVE",
    is_late: false,
    source: "test",
    source_partition: "0",
    source_offset: offsets++,
  };
}

function bookedRow(line: Booked): Cells {
  const { key, currency = "EUR", format = "camt053", account = `bank-${currency}` } = line;
  const isProcessor = format === "stripe" || format === "adyen";
  return {
    line_key: key,
    entry_key: key,
    kind: "entry",
    intake: 0n,
    file_hash: "f".repeat(64),
    format,
    statement_key: `s-${account}-${line.on}`,
    place: "row 1",
    account,
    currency,
    exponent: exponent(currency),
    amount_minor: line.amount,
    status: "booked",
    booking_date: dayNumber(line.on),
    reversal: line.returned ?? false,
    return_code: line.returned === true && !isProcessor ? "AC04" : null,
    code: line.code ?? null,
    batch_id: line.batch ?? null,
    detail_count: 1,
    gross_minor: line.gross ?? null,
    gross_currency: line.gross === undefined ? null : (line.grossCurrency ?? currency),
    gross_exponent: line.gross === undefined ? null : exponent(line.grossCurrency ?? currency),
    charges_minor: line.fee ?? null,
    charges_included: line.fee === undefined ? null : true,
    exchange_rate: line.rate ?? null,
    end_to_end_id: isProcessor ? null : (line.reference ?? null),
    psp_reference: isProcessor ? (line.reference ?? null) : null,
    customer_reference: line.customer ?? null,
    counterparty_name: line.party ?? null,
    content_digest: key,
    occurrence: 1,
    taken_at: 0n,
    ...line.more,
  };
}

export const pay = (lake: Lake, ...paid: readonly Paid[]): Promise<void> => add(lake, TRANSACTIONS, paid.map(paidRow));
export const book = (lake: Lake, ...lines: readonly Booked[]): Promise<void> =>
  add(lake, STATEMENT_LINES, lines.map(bookedRow));

export async function add(lake: Lake, spec: TableSpec, rows: readonly Cells[]): Promise<void> {
  const buffer = new TableBuffer(spec);
  for (const row of rows) buffer.push(spec.columns.map(({ name }) => row[name] ?? null));
  const connection = await lake.db.connect();
  await buffer.stage(connection, "added");
  const file = await writeParquet({ connection, selectSql: "SELECT * FROM added", spec, store: lake.store });
  connection.closeSync();
  await lake.table(spec.name).commit({ adds: file === null ? [] : [file], marks: [], operation: "WRITE" });
}

export type Told = Readonly<Record<string, unknown>>;

/** Closes a date and gives the rows of its final, `key` without its prefix. */
export async function closeBooks(lake: Lake, date: string, settings: object = {}): Promise<Told[]> {
  await runFinal(lake, RECONCILIATION_FINAL, await pinJob(lake, RECONCILIATION_FINAL, date as BusinessDate, settings));
  return rowsOf(lake, date);
}

export async function rowsOf(lake: Lake, date: string): Promise<Told[]> {
  const { files, spec } = await lake.table(RECONCILIATION.name).refresh();
  const connection = await lake.db.connect();
  const reader = await connection.runAndReadAll(
    `SELECT * FROM ${await scanSql(lake.store, spec, files)} WHERE business_date = DATE '${date}' ORDER BY row_key`,
  );
  connection.closeSync();
  return reader.getRowObjects();
}
