import type { DuckDBValue } from "@duckdb/node-api";
import { ConcordanceError } from "../../domain/errors";
import { formatInstant } from "../../domain/time";
import { decodeCursor, encodeCursor } from "../../query/cursor";
import type { LakeReader, LakeView } from "../../query/reader";
import { big, bigOrNull, flag, type Row, text, textOrNull, whole, wholeOrNull } from "../../query/values";
import type {
  StatementFile,
  StatementFileDetail,
  StatementFilesPage,
  StatementFilesQuery,
  StatementLine,
  StatementLinesPage,
  StatementLinesQuery,
} from "./contract-statements";

const [FILES, STATEMENTS, LINES] = ["statement_files", "statements", "statement_lines"] as const;
const STATEMENTS_MAX = 500;

/** The newest delivery is as far as statements are known. */
async function asOf(view: LakeView, tables: readonly string[]) {
  const [newest] = await view.rows(`SELECT max(taken_at) AS taken_at FROM ${await view.scan(FILES)}`);
  return {
    lakeVersions: Object.fromEntries(tables.map((table) => [table, view.snapshot(table).version])),
    watermark: newest === undefined ? null : textOrNull(newest, "taken_at"),
    readAt: formatInstant(BigInt(Date.now()) * 1_000n),
  };
}

/** Files with the one balance of the delivery where it is of one statement, and what accepted a refused one later. */
async function filesSql(view: LakeView): Promise<string> {
  const [files, statements] = [await view.scan(FILES), await view.scan(STATEMENTS)];
  return `(
    SELECT f.*, s.controls, s.one, s.account, s.currency, s.exponent, s.opening_minor, s.closing_minor,
      CASE WHEN f.outcome = 'refused' THEN (
        SELECT min(l.intake) FROM ${files} l
         WHERE l.outcome = 'accepted' AND l.intake > f.intake AND (l.file_hash = f.file_hash OR l.name = f.name)
      ) END AS resolved_by
    FROM ${files} f LEFT JOIN (
      SELECT intake, sum(controls)::BIGINT AS controls, count(*) = 1 AS one, any_value(account) AS account,
        any_value(currency) AS currency, any_value(exponent) AS exponent, any_value(opening_minor) AS opening_minor,
        any_value(closing_minor) AS closing_minor
      FROM ${statements} GROUP BY intake
    ) s ON s.intake = f.intake
  )`;
}

/** Deliveries of statement files, newest first. */
export async function readStatementFiles(
  reader: LakeReader,
  query: StatementFilesQuery,
  signal?: AbortSignal,
): Promise<StatementFilesPage> {
  const parts = ["true"];
  const parameters: Record<string, DuckDBValue> = {};
  if (query.state !== "all") {
    parts.push("outcome = $state");
    parameters.state = query.state;
  }
  if (query.way !== null) {
    parts.push("way = $way");
    parameters.way = query.way;
  }
  if (query.text !== null && query.text !== "") {
    const columns = ["name", "coalesce(accounts, '')", "file_hash", "coalesce(fault_code, '')"];
    parts.push(`(${columns.map((column) => `contains(lower(${column}), $text)`).join(" OR ")})`);
    parameters.text = query.text.toLowerCase();
  }
  const where = parts.join(" AND ");
  return reader.read({ name: "statements.files", signal }, async (view) => {
    const files = await filesSql(view);
    const paging: Record<string, DuckDBValue> = {};
    let after = "true";
    if (query.cursor !== null) {
      const [intake = ""] = decodeCursor(query.cursor, 1);
      after = "intake < $cursor";
      paging.cursor = /^\d{1,15}$/.test(intake) ? BigInt(intake) : 0n;
    }
    const rows = await view.rows(
      `SELECT * FROM ${files} WHERE ${where} AND ${after} ORDER BY intake DESC LIMIT ${query.limit + 1}`,
      { ...parameters, ...paging },
    );
    const [counted] = await view.rows(
      `SELECT count(*) AS total FROM ${await view.scan(FILES)} WHERE ${where}`,
      parameters,
    );
    const shown = rows.slice(0, query.limit).map(fileOf);
    const last = shown.at(-1);
    const nextCursor = rows.length > query.limit && last !== undefined ? encodeCursor([last.intake]) : null;
    const total = counted === undefined ? 0 : whole(counted, "total");
    return { rows: shown, nextCursor, total, asOf: await asOf(view, [FILES, STATEMENTS]) };
  });
}

/** One delivery with its statements. `by` is the id of who brought it. Throws `no_such_delivery`. */
export async function readStatementFile(
  reader: LakeReader,
  intake: number,
  signal?: AbortSignal,
): Promise<Omit<StatementFileDetail, "by"> & { readonly byId: string | null; readonly options: string | null }> {
  return reader.read({ name: "statements.file", signal }, async (view) => {
    const [row] = await view.rows(`SELECT * FROM ${await filesSql(view)} WHERE intake = $intake`, {
      intake: BigInt(intake),
    });
    if (row === undefined) throw noSuchDelivery(intake);
    const file = fileOf(row);
    const statements = await view.rows(
      `SELECT * FROM ${await view.scan(STATEMENTS)} WHERE intake = $intake
        ORDER BY account, period_from, sequence LIMIT ${STATEMENTS_MAX}`,
      { intake: BigInt(intake) },
    );
    const deliveries = await view.rows(
      `SELECT intake, outcome, taken_at FROM ${await view.scan(FILES)} WHERE file_hash = $hash AND intake <> $intake
        ORDER BY intake DESC LIMIT 50`,
      { hash: file.fileHash, intake: BigInt(intake) },
    );
    return {
      file,
      byId: textOrNull(row, "delivered_by"),
      options: textOrNull(row, "options"),
      statements: statements.map((one) => ({
        ...balanceOf(one),
        statementKey: text(one, "statement_key"),
        accountName: textOrNull(one, "account_name"),
        institution: textOrNull(one, "institution"),
        sequence: textOrNull(one, "sequence"),
        from: textOrNull(one, "period_from"),
        to: textOrNull(one, "period_to"),
        entries: whole(one, "entries"),
        creditMinor: big(one, "credit_minor"),
        debitMinor: big(one, "debit_minor"),
        controls: whole(one, "controls"),
        relation: text(one, "relation"),
      })),
      deliveries: deliveries.map((one) => ({
        intake: whole(one, "intake"),
        outcome: text(one, "outcome"),
        takenAt: text(one, "taken_at"),
      })),
      asOf: await asOf(view, [FILES, STATEMENTS]),
    };
  });
}

/** The lines a delivery brought, in the order of day and key. */
export async function readStatementLines(
  reader: LakeReader,
  query: StatementLinesQuery,
  signal?: AbortSignal,
): Promise<StatementLinesPage> {
  return reader.read({ name: "statements.lines", signal }, async (view) => {
    const scan = await view.scan(LINES);
    const parameters: Record<string, DuckDBValue> = { intake: BigInt(query.intake) };
    let after = "true";
    const paging: Record<string, DuckDBValue> = {};
    if (query.cursor !== null) {
      const [date = "", key = ""] = decodeCursor(query.cursor, 2);
      after = "(booking_date, line_key) > (CAST($date AS DATE), $key)";
      Object.assign(paging, { date: /^\d{4}-\d{2}-\d{2}$/.test(date) ? date : "9999-12-31", key });
    }
    const rows = await view.rows(
      `SELECT * FROM ${scan} WHERE intake = $intake AND ${after} ORDER BY booking_date, line_key LIMIT ${query.limit + 1}`,
      { ...parameters, ...paging },
    );
    const [counted] = await view.rows(`SELECT count(*) AS total FROM ${scan} WHERE intake = $intake`, parameters);
    const shown = rows.slice(0, query.limit).map(lineOf);
    const last = shown.at(-1);
    const nextCursor =
      rows.length > query.limit && last !== undefined ? encodeCursor([last.bookingDate, last.lineKey]) : null;
    return {
      rows: shown,
      nextCursor,
      total: counted === undefined ? 0 : whole(counted, "total"),
      asOf: await asOf(view, [LINES]),
    };
  });
}

const noSuchDelivery = (intake: number) =>
  new ConcordanceError({
    kind: "not_found",
    code: "no_such_delivery",
    message: `There is no delivery ${intake} of a statement file.`,
    remedy: "Look for it by its name among the statement files.",
  });

const balanceOf = (row: Row) => ({
  account: text(row, "account"),
  currency: text(row, "currency"),
  exponent: whole(row, "exponent"),
  openingMinor: bigOrNull(row, "opening_minor"),
  closingMinor: bigOrNull(row, "closing_minor"),
});

function fileOf(row: Row): StatementFile {
  const code = textOrNull(row, "fault_code");
  return {
    intake: whole(row, "intake"),
    fileHash: text(row, "file_hash"),
    name: text(row, "name"),
    outcome: row.outcome === "accepted" ? "accepted" : "refused",
    format: textOrNull(row, "format"),
    version: textOrNull(row, "version"),
    bytes: big(row, "bytes"),
    accounts: textOrNull(row, "accounts"),
    statements: whole(row, "statements"),
    statementsNew: whole(row, "statements_new"),
    entries: whole(row, "entries"),
    entriesNew: whole(row, "entries_new"),
    uncontrolled: whole(row, "uncontrolled"),
    controls: wholeOrNull(row, "controls"),
    balance: row.one === true ? balanceOf(row) : null,
    fault:
      code === null
        ? null
        : {
            code,
            what: textOrNull(row, "fault_what") ?? "",
            where: textOrNull(row, "fault_where") ?? "",
            expected: textOrNull(row, "fault_expected"),
            found: textOrNull(row, "fault_found"),
            remedy: textOrNull(row, "fault_remedy") ?? "",
          },
    resolvedBy: wholeOrNull(row, "resolved_by"),
    takenAt: text(row, "taken_at"),
    way: textOrNull(row, "way"),
    source: textOrNull(row, "source"),
  };
}

const REFERENCES = [
  "end_to_end_id",
  "psp_reference",
  "customer_reference",
  "transaction_id",
  "bank_reference",
] as const;

const lineOf = (row: Row): StatementLine => ({
  lineKey: text(row, "line_key"),
  kind: row.kind === "detail" ? "detail" : "entry",
  place: text(row, "place"),
  account: text(row, "account"),
  bookingDate: text(row, "booking_date"),
  valueDate: textOrNull(row, "value_date"),
  amountMinor: bigOrNull(row, "amount_minor"),
  currency: text(row, "currency"),
  exponent: whole(row, "exponent"),
  status: text(row, "status"),
  code: textOrNull(row, "code"),
  reversal: flag(row, "reversal"),
  reference: REFERENCES.map((name) => textOrNull(row, name)).find((value) => value !== null) ?? null,
  counterparty: textOrNull(row, "counterparty_name"),
  remittance: textOrNull(row, "remittance"),
});
