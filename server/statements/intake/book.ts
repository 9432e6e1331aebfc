import type { DuckDBConnection } from "@duckdb/node-api";
import { invariant } from "../../domain/errors";
import { newId } from "../../domain/ids";
import { dayNumber } from "../../domain/time";
import { sqlText } from "../../lake/duckdb";
import type { Lake } from "../../lake/lake";
import { writeParquet } from "../../lake/parquet";
import { scanSql } from "../../lake/scan";
import type { DataFile } from "../../lake/snapshot";
import { type CellValue, TableBuffer } from "../../lake/table-buffer";
import type { TableSpec } from "../../lake/types";
import { describePlace, type StatementFault } from "../faults";
import type { AcceptedFile } from "../model";
import { readStatements } from "../reader";
import { knownStatements, type ReadStatement, type Related, relateAll } from "./known";
import { occurrencesBefore } from "./occurrences-before";
import { type IntakePlan, rawKey, readOptions } from "./plan";
import { newLinesSql, STAGED_LINES, stageDetail, stageEntry } from "./rows";
import { STATEMENT_FILES, STATEMENT_LINES, STATEMENTS } from "./tables";

const STAGE_ROWS = 20_000;
const ACCOUNTS_TOLD_MAX = 20;

/** One delivery as `statement_files` tells it. */
export interface Booked {
  readonly intake: number;
  readonly fileHash: string;
  readonly name: string;
  /** What its deliverer knows it by; null where none was given. */
  readonly ticket: string | null;
  readonly outcome: "accepted" | "refused";
  readonly format: string | null;
  readonly statements: number;
  readonly statementsNew: number;
  readonly entries: number;
  readonly entriesNew: number;
  readonly fault: {
    readonly code: string;
    readonly what: string;
    readonly where: string;
    readonly expected: string | null;
    readonly found: string | null;
    readonly remedy: string;
  } | null;
}

type Commit = (table: string, adds: readonly DataFile[]) => Promise<void>;

/**
 * Does what a plan says: reads the kept bytes, judges them, and commits lines, statements and the delivery, each table that
 * does not hold it yet. Decided only upon earlier deliveries and the bytes, so it can be done again from the beginning.
 */
export async function bookFile(
  lake: Lake,
  plan: IntakePlan,
  isNeeded: (table: string) => Promise<boolean>,
  commit: Commit,
): Promise<Booked> {
  const connection = await lake.db.connect();
  const stage = `intake_${newId().replaceAll("-", "")}`;
  try {
    const judged = await judge({ lake, connection, plan, stage });
    if (await isNeeded(STATEMENT_LINES.name)) {
      await commit(STATEMENT_LINES.name, await linesOf({ lake, connection, plan, stage }, judged));
    }
    if (await isNeeded(STATEMENTS.name)) {
      const rows = judged.file === null ? [] : judged.related.filter(isNew).map((one) => statementRow(plan, one));
      await commit(STATEMENTS.name, await write(lake, connection, STATEMENTS, rows));
    }
    if (await isNeeded(STATEMENT_FILES.name)) {
      const entriesNew = await entriesOf(lake, connection, plan.intake);
      const row = deliveryRow(plan, judged, entriesNew);
      await commit(STATEMENT_FILES.name, await write(lake, connection, STATEMENT_FILES, [row]));
    }
  } finally {
    await connection.run(`DROP TABLE IF EXISTS ${stage}`);
    connection.closeSync();
  }
  const booked = await deliveryOf(lake, `intake = ${plan.intake}`);
  invariant(booked !== null, `delivery ${plan.intake} is committed and not there`);
  return booked;
}

/** The newest delivery of these bytes; null for none. */
export const latestDelivery = (lake: Lake, fileHash: string): Promise<Booked | null> =>
  deliveryOf(lake, `file_hash = ${sqlText(fileHash)}`);

export interface Work {
  readonly lake: Lake;
  readonly connection: DuckDBConnection;
  readonly plan: IntakePlan;
  /** Name of the temporary table with the file's lines. */
  readonly stage: string;
}

interface Judged {
  readonly file: AcceptedFile | null;
  readonly fault: Fault | null;
  readonly format: string | null;
  readonly bytes: number;
  readonly related: readonly Related[];
  readonly accounts: readonly string[];
}
type Fault = Omit<StatementFault, "code" | "where"> & { readonly code: string; readonly where: string };

const isNew = ({ relation }: Related): boolean => relation !== "same" && relation !== "same_content";

async function judge(work: Work): Promise<Judged> {
  const first = await readGuarded(work);
  if (first instanceof Error) return readerFailed(first);
  if (!first.outcome.ok) {
    const { fault, format, bytes } = first.outcome;
    const { accounts } = first;
    return { file: null, fault: { ...fault, where: describePlace(fault.where) }, format, bytes, related: [], accounts };
  }
  const { file } = first.outcome;
  const { format, bytes } = file;
  const { accounts } = first;
  const before = await knownStatements(work.connection, await earlier(work, STATEMENTS), accounts);
  const related = relateAll(first.statements, before);
  const contradiction = related.find(({ relation }) => relation === "contradicts");
  if (contradiction !== undefined)
    return { file: null, fault: contradicts(contradiction), format, bytes, related, accounts };
  const counts = await occurrencesBefore(work, related, before);
  if (counts.size > 0) await read(work, counts);
  return { file, fault: null, format, bytes, related, accounts };
}

/** A fault of the reader itself is told as a refusal: one file must not stand in the way of all that come after it. */
async function readGuarded(work: Work) {
  try {
    return await read(work, new Map());
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return error;
    throw error;
  }
}

function readerFailed({ message }: Error): Judged {
  const fault = {
    code: "reader_failed",
    what: `The reader failed: ${message}.`,
    where: describePlace({}),
    expected: null,
    found: null,
    remedy: "This is a fault of Concordance: report it with the file; it can be taken again after the next release.",
  };
  return { file: null, fault, format: null, bytes: 0, related: [], accounts: [] };
}

/** Reads the kept bytes and stages every line. Nothing is visible to anyone yet. */
async function read({ lake, connection, plan, stage }: Work, counts: ReadonlyMap<string, number>) {
  const source = await lake.store.openRead(rawKey(plan.fileHash));
  const reading = readStatements(source, {
    ...readOptions(plan),
    occurrencesBefore: (digest) => counts.get(digest) ?? 0,
  });
  const openings = new Map<number, ReadStatement["opening"]>();
  const statements: ReadStatement[] = [];
  let buffer = new TableBuffer(STAGED_LINES);
  await buffer.stage(connection, stage);
  const accountOf = (statement: number) => {
    const opening = openings.get(statement);
    invariant(opening !== undefined, `${plan.name}: a line before its statement`);
    return opening;
  };
  for await (const item of reading) {
    if (item.kind === "statement") openings.set(item.opening.statement, item.opening);
    else if (item.kind === "totals")
      statements.push({ opening: accountOf(item.totals.statement), totals: item.totals });
    else if (item.kind === "entry") stageEntry(buffer, accountOf(item.entry.statement).account, item.entry);
    else {
      const { account: own, currency } = accountOf(item.detail.statement);
      stageDetail(buffer, own, item.detail, currency);
    }
    if (buffer.rows < STAGE_ROWS) continue;
    await append(connection, stage, buffer);
    buffer = new TableBuffer(STAGED_LINES);
  }
  await append(connection, stage, buffer);
  const outcome = reading.outcome();
  invariant(outcome.ok === false || outcome.file.fileHash === plan.fileHash, `${plan.name}: the kept bytes changed`);
  const accounts = [...new Set([...openings.values()].map(({ account }) => account))];
  return { outcome, statements, accounts };
}

async function append(connection: DuckDBConnection, stage: string, buffer: TableBuffer): Promise<void> {
  if (buffer.rows === 0) return;
  await buffer.stage(connection, `${stage}_part`);
  await connection.run(`INSERT INTO ${stage} SELECT * FROM ${stage}_part; DROP TABLE ${stage}_part`);
}

async function linesOf({ lake, connection, plan, stage }: Work, judged: Judged): Promise<DataFile[]> {
  if (judged.file === null) return [];
  const booked = judged.related.filter(isNew);
  if (booked.length === 0) return [];
  const values = booked.map(({ opening, totals }) => `(${opening.statement}, ${sqlText(totals.statementKey)})`);
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ${stage}_booked AS SELECT * FROM (VALUES ${values.join(", ")}) v(statement, statement_key)`,
  );
  const selectSql = newLinesSql({
    intake: BigInt(plan.intake),
    fileHash: plan.fileHash,
    format: judged.file.format,
    takenAt: BigInt(plan.takenAtMicros),
    staged: stage,
    booked: `${stage}_booked`,
    known: await earlier({ lake, connection, plan, stage }, STATEMENT_LINES),
  });
  const file = await writeParquet({
    connection,
    selectSql: `SELECT * FROM (${selectSql}) ORDER BY booking_date, account, line_key`,
    spec: STATEMENT_LINES,
    store: lake.store,
  });
  await connection.run(`DROP TABLE ${stage}_booked`);
  return file === null ? [] : [file];
}

/** A relation of a table's rows of earlier deliveries only. */
async function earlier({ lake, plan }: Work, spec: TableSpec): Promise<string> {
  const { files } = await lake.table(spec.name).refresh();
  return `(SELECT * FROM ${await scanSql(lake.store, spec, files)} WHERE intake < ${plan.intake})`;
}

async function entriesOf(lake: Lake, connection: DuckDBConnection, intake: number): Promise<number> {
  const { files } = await lake.table(STATEMENT_LINES.name).refresh();
  const lines = await scanSql(lake.store, STATEMENT_LINES, files);
  const reader = await connection.runAndReadAll(
    `SELECT count(*) FROM ${lines} WHERE intake = ${intake} AND kind = 'entry'`,
  );
  return Number(reader.getRows()[0]?.[0]);
}

function contradicts({ opening, totals, to }: Related): Fault {
  const tell = (openingMinor: bigint | null, closingMinor: bigint | null) =>
    `opening ${openingMinor ?? "none"}, closing ${closingMinor ?? "none"} (minor units)`;
  return {
    code: "contradicts_known_statement",
    what: `Statement ${opening.sequence ?? ""} of this account and period is booked already, with other balances or bookings.`,
    where: describePlace({ statement: opening.statement + 1 }),
    expected: to === null ? null : tell(to.openingMinor, to.closingMinor),
    found: tell(opening.opening?.amountMinor ?? null, totals.closing?.amountMinor ?? null),
    remedy: "Ask the bank which of the two is right; a correction comes as a statement with its own number.",
  };
}

async function write(
  lake: Lake,
  connection: DuckDBConnection,
  spec: TableSpec,
  rows: readonly Readonly<Record<string, CellValue>>[],
): Promise<DataFile[]> {
  if (rows.length === 0) return [];
  const buffer = new TableBuffer(spec);
  for (const row of rows) buffer.push(spec.columns.map(({ name }) => row[name] ?? null));
  const stage = `intake_rows_${newId().replaceAll("-", "")}`;
  try {
    await buffer.stage(connection, stage);
    const selectSql = `SELECT * FROM ${stage}`;
    const file = await writeParquet({ connection, selectSql, spec, store: lake.store, expectedRows: rows.length });
    return file === null ? [] : [file];
  } finally {
    await connection.run(`DROP TABLE IF EXISTS ${stage}`);
  }
}

function statementRow(plan: IntakePlan, { opening, totals, relation }: Related): Readonly<Record<string, CellValue>> {
  const day = (date: string | null) => (date === null ? null : dayNumber(date));
  return {
    statement_key: totals.statementKey,
    content_key: totals.contentKey,
    intake: BigInt(plan.intake),
    file_hash: plan.fileHash,
    account: opening.account,
    account_name: opening.accountName,
    institution: opening.institution,
    currency: opening.currency,
    exponent: opening.exponent,
    statement_id: opening.statementId,
    message_id: opening.messageId,
    sequence: opening.sequence,
    period_from: day(totals.period.from),
    period_to: day(totals.period.to),
    opening_minor: opening.opening?.amountMinor ?? null,
    closing_minor: totals.closing?.amountMinor ?? null,
    entries: BigInt(totals.entries),
    booked_entries: BigInt(totals.bookedEntries),
    credit_minor: totals.creditMinor,
    debit_minor: totals.debitMinor,
    controls: totals.controls.length,
    relation,
    taken_at: BigInt(plan.takenAtMicros),
  };
}

function deliveryRow(plan: IntakePlan, judged: Judged, entriesNew: number): Readonly<Record<string, CellValue>> {
  const { file, fault, format, bytes, related } = judged;
  return {
    intake: BigInt(plan.intake),
    file_hash: plan.fileHash,
    name: plan.name,
    format,
    version: file?.version ?? null,
    bytes: BigInt(bytes),
    outcome: fault === null ? "accepted" : "refused",
    statements: BigInt(file?.statements ?? 0),
    statements_new: BigInt(fault === null ? related.filter(isNew).length : 0),
    entries: BigInt(file?.entries ?? 0),
    entries_new: BigInt(entriesNew),
    uncontrolled: BigInt(file?.statementsUncontrolled ?? 0),
    fault_code: fault?.code ?? null,
    fault_what: fault?.what ?? null,
    fault_where: fault?.where ?? null,
    fault_expected: fault?.expected ?? null,
    fault_found: fault?.found ?? null,
    fault_remedy: fault?.remedy ?? null,
    taken_at: BigInt(plan.takenAtMicros),
    way: plan.delivery?.way ?? null,
    source: plan.delivery?.source ?? null,
    delivered_by: plan.delivery?.by ?? null,
    ticket: plan.delivery?.ticket ?? null,
    accounts: judged.accounts.length === 0 ? null : judged.accounts.slice(0, ACCOUNTS_TOLD_MAX).join(", "),
    options: Object.keys(plan.options).length === 0 ? null : JSON.stringify(plan.options),
  };
}

async function deliveryOf(lake: Lake, where: string): Promise<Booked | null> {
  const { files } = await lake.table(STATEMENT_FILES.name).refresh();
  const connection = await lake.db.connect();
  try {
    const reader = await connection.runAndReadAll(`
      SELECT intake, file_hash, name, outcome, format, statements, statements_new, entries, entries_new,
             fault_code, fault_what, fault_where, fault_expected, fault_found, fault_remedy, ticket
      FROM ${await scanSql(lake.store, STATEMENT_FILES, files)} WHERE ${where} ORDER BY intake DESC LIMIT 1`);
    const row = reader.getRowObjects()[0];
    if (row === undefined) return null;
    const text = (name: string): string | null => (row[name] === null ? null : String(row[name]));
    const code = text("fault_code");
    return {
      intake: Number(row.intake),
      fileHash: String(row.file_hash),
      name: String(row.name),
      ticket: text("ticket"),
      outcome: row.outcome === "accepted" ? "accepted" : "refused",
      format: text("format"),
      statements: Number(row.statements),
      statementsNew: Number(row.statements_new),
      entries: Number(row.entries),
      entriesNew: Number(row.entries_new),
      fault:
        code === null
          ? null
          : {
              code,
              what: text("fault_what") ?? "",
              where: text("fault_where") ?? "",
              expected: text("fault_expected"),
              found: text("fault_found"),
              remedy: text("fault_remedy") ?? "",
            },
    };
  } finally {
    connection.closeSync();
  }
}
