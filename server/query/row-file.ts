import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlName, sqlText } from "../lake/duckdb";
import type { Lake } from "../lake/lake";
import { csvCell } from "./format";

export const FILE_FORMATS = ["csv", "ndjson", "parquet"] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

export type FileCell = string | number | bigint | boolean | null;

/** A column of a file, and how a row fills it. */
export interface FileColumn<Row> {
  readonly name: string;
  readonly type: "VARCHAR" | "BIGINT" | "DOUBLE" | "BOOLEAN" | "TIMESTAMPTZ" | "DATE";
  readonly of: (row: Row) => FileCell;
}

export const CONTENT_TYPES: Readonly<Record<FileFormat, string>> = {
  csv: "text/csv; charset=utf-8",
  ndjson: "application/x-ndjson; charset=utf-8",
  parquet: "application/vnd.apache.parquet",
};

/** Rows as a file, page by page as they come. Parquet's footer is known only at the end, so it is written aside first. */
export function writeRows<Row>(
  lake: Lake,
  format: FileFormat,
  columns: readonly FileColumn<Row>[],
  pages: AsyncIterable<readonly Row[]>,
): AsyncGenerator<Uint8Array> {
  if (format === "csv") return csv(columns, pages);
  return format === "ndjson" ? ndjson(columns, pages) : parquet(lake, columns, pages);
}

async function* csv<Row>(columns: readonly FileColumn<Row>[], pages: AsyncIterable<readonly Row[]>) {
  yield Buffer.from(`${columns.map(({ name }) => csvCell(name)).join(",")}\r\n`);
  const line = (row: Row) => columns.map(({ of }) => csvCell(String(of(row) ?? ""))).join(",");
  for await (const rows of pages) if (rows.length > 0) yield Buffer.from(`${rows.map(line).join("\r\n")}\r\n`);
}

async function* ndjson<Row>(columns: readonly FileColumn<Row>[], pages: AsyncIterable<readonly Row[]>) {
  // A whole number keeps every digit: JSON.stringify knows no bigint.
  const cell = (value: FileCell) => (typeof value === "bigint" ? String(value) : JSON.stringify(value));
  const line = (row: Row) => `{${columns.map(({ name, of }) => `${JSON.stringify(name)}:${cell(of(row))}`).join(",")}}`;
  for await (const rows of pages) if (rows.length > 0) yield Buffer.from(`${rows.map(line).join("\n")}\n`);
}

async function* parquet<Row>(
  lake: Lake,
  columns: readonly FileColumn<Row>[],
  pages: AsyncIterable<readonly Row[]>,
): AsyncGenerator<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), "concordance-export-"));
  try {
    const path = join(directory, "export.parquet");
    const connection = await lake.db.connect();
    try {
      await fill(connection, columns, pages);
      const typed = columns.map(({ name, type }) => `CAST(${sqlName(name)} AS ${type}) AS ${sqlName(name)}`);
      await connection.run(
        `COPY (SELECT ${typed.join(", ")} FROM exported ORDER BY rowid) TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd)`,
      );
    } finally {
      connection.closeSync();
    }
    yield* createReadStream(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function fill<Row>(
  connection: DuckDBConnection,
  columns: readonly FileColumn<Row>[],
  pages: AsyncIterable<readonly Row[]>,
): Promise<void> {
  const texts = columns.map(({ name }) => `${sqlName(name)} VARCHAR`).join(", ");
  await connection.run(`CREATE OR REPLACE TEMP TABLE exported (${texts})`);
  for await (const rows of pages) {
    const appender = await connection.createAppender("exported", null, "temp");
    for (const row of rows) {
      for (const { of } of columns) {
        const value = of(row);
        if (value === null) appender.appendNull();
        else appender.appendVarchar(String(value));
      }
      appender.endRow();
    }
    appender.closeSync();
  }
}
