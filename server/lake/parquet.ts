import { stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { DuckDBMapValue } from "@duckdb/node-api";
import { ConcordanceError, invariant } from "../domain/errors";
import { newId } from "../domain/ids";
import { sqlName, sqlText } from "./duckdb";
import { dataKey } from "./log";
import { type DataFile, exactOnly, type FileStats } from "./snapshot";
import type { ObjectStore } from "./store/store";
import { duckDbTypeName } from "./table-buffer";
import type { ColumnSpec, TableSpec } from "./types";

/** Longer text bounds are left out of the statistics: a missing bound is safe, a wrong one hides rows. */
const TEXT_BOUND_CHARS_MAX = 64;
const ROW_GROUP_ROWS = 122_880;

export interface WriteParquetRequest {
  readonly connection: DuckDBConnection;
  readonly selectSql: string;
  readonly spec: TableSpec;
  readonly store: ObjectStore;
  /** The write is refused when DuckDB wrote another number of rows. */
  readonly expectedRows?: number;
}

/** Writes the rows of a query as one Parquet file of the table, durable but not yet visible; null for no rows. */
export async function writeParquet(request: WriteParquetRequest): Promise<DataFile | null> {
  const { connection, spec, store } = request;
  const path = `data/${newId()}.zstd.parquet`;
  const temporary = join(store.temporaryDirectory, `${newId()}.parquet`);
  const columns = spec.columns.map(
    (c) => `CAST(${sqlName(c.name)} AS ${duckDbTypeName(c.type)}) AS ${sqlName(c.name)}`,
  );
  const copied = await copy(connection, `SELECT ${columns.join(", ")} FROM (${request.selectSql})`, temporary);
  if (copied.rows === 0) {
    await unlink(temporary).catch(() => undefined);
    invariant((request.expectedRows ?? 0) === 0, `${spec.name}: rows were lost on the way to Parquet`);
    return null;
  }
  invariant(
    request.expectedRows === undefined || request.expectedRows === copied.rows,
    `${spec.name}: ${request.expectedRows} rows became ${copied.rows} in Parquet`,
  );
  const { size } = await stat(temporary);
  const stats = statsOf(spec, copied);
  const empty = spec.columns.find((column) => !column.nullable && (stats.nullCount[column.name] ?? 0) > 0);
  if (empty !== undefined) await unlink(temporary);
  invariant(empty === undefined, `${spec.name}: column ${empty?.name} must hold a value in every row`);
  await store.putFile(dataKey(spec.name, path), temporary);
  return {
    path,
    size,
    modificationTimeMs: Date.now(),
    partitionValues: {},
    stats: { ...stats, minValues: exactOnly(stats.minValues), maxValues: exactOnly(stats.maxValues) },
    statsText: statsText(spec, stats, copied),
  };
}

interface Copied {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

async function copy(connection: DuckDBConnection, select: string, path: string): Promise<Copied> {
  try {
    const reader = await connection.runAndReadAll(
      `COPY (${select}) TO ${sqlText(path)}
         (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}, RETURN_STATS)`,
    );
    const [row] = reader.getRowObjects();
    const columns = new Map<string, ReadonlyMap<string, string>>();
    for (const entry of mapEntries(row?.column_statistics)) {
      const facts = mapEntries(entry.value).map(({ key, value }) => [String(key), String(value)] as const);
      columns.set(String(entry.key).replace(/^"|"$/g, ""), new Map(facts));
    }
    return { rows: Number(row?.count ?? 0), columns };
  } catch (cause) {
    await unlink(path).catch(() => undefined);
    throw writeError(path, cause);
  }
}

const mapEntries = (value: unknown) => (value instanceof DuckDBMapValue ? value.entries : []);

function writeError(path: string, cause: unknown): unknown {
  const message = cause instanceof Error ? cause.message : String(cause);
  const full = /no space left|disk quota/i.test(message);
  if (!full && !/^IO Error|permission denied|read-only/i.test(message)) return cause;
  return new ConcordanceError({
    kind: "unavailable",
    code: full ? "disk_full" : "store_unavailable",
    message: `Could not write ${path}: ${message}`,
    remedy: full
      ? "Free space on the lake's disk; writing goes on by itself."
      : "Check the lake's directory and its permissions.",
    cause,
  });
}

function statsOf(spec: TableSpec, copied: Copied): FileStats {
  const [minValues, maxValues]: [Record<string, string | number>, Record<string, string | number>] = [{}, {}];
  const nullCount: Record<string, number> = {};
  for (const column of spec.columns) {
    const facts = copied.columns.get(column.name);
    if (facts === undefined) continue;
    nullCount[column.name] = Number(facts.get("null_count") ?? "0");
    const min = bound(column, facts.get("min"), "min", facts);
    const max = bound(column, facts.get("max"), "max", facts);
    if (min === null || max === null) continue;
    minValues[column.name] = min;
    maxValues[column.name] = max;
  }
  return { numRecords: copied.rows, minValues, maxValues, nullCount };
}

/** PROTOCOL.md, "Per-file Statistics"; timestamps are rounded outward, the minimum down and the maximum up. */
function bound(
  column: ColumnSpec,
  text: string | undefined,
  side: "min" | "max",
  facts: ReadonlyMap<string, string>,
): string | number | null {
  if (text === undefined) return null;
  switch (column.type) {
    case "bigint":
    case "int":
      return Number(text);
    case "double":
      return facts.get("has_nan") === "true" || !Number.isFinite(Number(text)) ? null : Number(text);
    case "timestamp":
      return timestampBound(text, side);
    case "date":
      // Beyond the year 9999 the order of the text is not the order of the days.
      return /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : null;
    case "string":
      return text.length > TEXT_BOUND_CHARS_MAX || !text.isWellFormed() ? null : text;
    case "boolean":
    case "binary":
      return null;
  }
}

/** "2023-11-14 22:13:20.123465+00" to ISO 8601 milliseconds. */
function timestampBound(text: string, side: "min" | "max"): string | null {
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?\+00$/.exec(text);
  if (match === null) return null;
  const micros = Number((match[3] ?? "").padEnd(6, "0"));
  const floor = Date.parse(`${match[1]}T${match[2]}Z`) + Math.floor(micros / 1000);
  return new Date(side === "max" && micros % 1000 !== 0 ? floor + 1 : floor).toISOString();
}

/** The statistics as JSON, with integers beyond a double's precision written digit by digit. */
function statsText(spec: TableSpec, stats: FileStats, copied: Copied): string {
  const side = (values: Readonly<Record<string, string | number>>, name: "min" | "max") =>
    spec.columns
      .filter((column) => values[column.name] !== undefined)
      .map((column) => {
        const exact = column.type === "bigint" ? copied.columns.get(column.name)?.get(name) : undefined;
        return `${JSON.stringify(column.name)}:${exact ?? JSON.stringify(values[column.name])}`;
      })
      .join(",");
  return `{"numRecords":${stats.numRecords},"minValues":{${side(stats.minValues, "min")}},"maxValues":{${side(stats.maxValues, "max")}},"nullCount":${JSON.stringify(stats.nullCount)}}`;
}
