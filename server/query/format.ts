import type { DuckDBResult } from "@duckdb/node-api";

export type OutputFormat = "table" | "csv" | "ndjson" | "json";

const COLUMN_WIDTH_MAX = 60;

/** Writes a result row by row, as it arrives; `table` needs all rows first to know its widths. Returns the rows written. */
export async function writeResult(
  result: DuckDBResult,
  format: OutputFormat,
  write: (text: string) => Promise<void> | void,
): Promise<number> {
  const names = result.deduplicatedColumnNames();
  if (format === "csv") await write(`${names.map(csvCell).join(",")}\n`);
  const rows: string[][] = [];
  let count = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    const types = names.map((_, index) => chunk.getColumnVector(index).type.toString());
    const cells = chunk
      .getRows()
      .map((row) => row.map((value, index) => (value === null ? null : textOf(value, types[index]))));
    for (const row of cells) {
      if (format === "csv") await write(`${row.map((cell) => csvCell(cell ?? "")).join(",")}\n`);
      else if (format === "table") rows.push(row.map((cell) => cell ?? ""));
      else
        await write(
          `${format === "json" ? (count === 0 ? "[\n" : ",\n") : ""}${jsonRow(names, row, types)}${format === "ndjson" ? "\n" : ""}`,
        );
      count++;
    }
  }
  if (format === "json") await write(count === 0 ? "[]\n" : "\n]\n");
  if (format === "table") await write(textTable(names, rows));
  return count;
}

/** Instants as ISO 8601 in UTC, everything else as DuckDB prints it. */
function textOf(value: unknown, type: string | undefined): string {
  const text = String(value);
  return type === "TIMESTAMP WITH TIME ZONE" ? text.replace(" ", "T").replace(/\+00$/, "Z") : text;
}

const NUMERIC = /^(TINYINT|SMALLINT|INTEGER|BIGINT|DOUBLE|FLOAT|HUGEINT|U?BIGINT|DECIMAL.*)$/;

/** Numbers keep every digit: they are written as DuckDB prints them. */
function jsonRow(names: readonly string[], row: readonly (string | null)[], types: readonly string[]): string {
  const fields = names.map((name, index) => {
    const cell = row[index] ?? null;
    const type = types[index] ?? "";
    const bare = cell === null || type === "BOOLEAN" || (NUMERIC.test(type) && /^-?\d/.test(cell));
    return `${JSON.stringify(name)}:${bare ? cell : JSON.stringify(cell)}`;
  });
  return `{${fields.join(",")}}`;
}

/** RFC 4180, and safe to open in a spreadsheet: a text that would be read as a formula gets an apostrophe before it. */
export function csvCell(cell: string): string {
  const risky = /^[=+\-@\t\r]/.test(cell) && !/^[+-]?\d+(\.\d+)?$/.test(cell);
  const safe = risky ? `'${cell}` : cell;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function textTable(names: readonly string[], rows: readonly (readonly string[])[]): string {
  const cut = (cell: string) => (cell.length > COLUMN_WIDTH_MAX ? `${cell.slice(0, COLUMN_WIDTH_MAX - 1)}…` : cell);
  const widths = names.map((name, index) => Math.max(name.length, ...rows.map((row) => cut(row[index] ?? "").length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => cut(cell).padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd();
  return `${[line(names), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n")}\n`;
}
