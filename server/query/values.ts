import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBTimestampTZValue,
  type DuckDBValue,
} from "@duckdb/node-api";
import { ConcordanceError, invariant } from "../domain/errors";
import { businessDate, formatInstant } from "../domain/time";

/** A cell as the rest of Concordance knows it: instants and dates as text, whole numbers as bigint or number. */
export type Cell = string | number | bigint | boolean | null | Uint8Array | readonly Cell[];

export type Row = Readonly<Record<string, Cell>>;

/** A DuckDB value as a cell. Throws on a type no query of ours selects. */
export function cellOf(value: DuckDBValue): Cell {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (value instanceof DuckDBTimestampTZValue) return formatInstant(value.micros);
  if (value instanceof DuckDBDateValue) return businessDate(value.days);
  if (value instanceof DuckDBBlobValue) return value.bytes;
  if (value instanceof DuckDBListValue) return value.items.map(cellOf);
  if (value instanceof DuckDBDecimalValue && value.scale === 0) return value.value;
  throw new ConcordanceError({
    kind: "internal",
    code: "unreadable_cell",
    message: `A query selected a value of type ${value.constructor.name}; cast it to a plain type.`,
  });
}

const missing = (row: Row, name: string, wanted: string): never => {
  throw new ConcordanceError({
    kind: "internal",
    code: "unexpected_cell",
    message: `Column ${name} should hold ${wanted} and holds ${name in row ? typeof row[name] : "nothing"}.`,
    at: { column: name },
  });
};

/** Typed reads of a row. A null where one is not allowed throws: a missing value is never a default. */
export const text = (row: Row, name: string): string => {
  const cell = row[name];
  return typeof cell === "string" ? cell : missing(row, name, "a text");
};
export const textOrNull = (row: Row, name: string): string | null => (row[name] === null ? null : text(row, name));
export const flag = (row: Row, name: string): boolean => {
  const cell = row[name];
  return typeof cell === "boolean" ? cell : missing(row, name, "true or false");
};
export const big = (row: Row, name: string): bigint => {
  const cell = row[name];
  if (typeof cell === "bigint") return cell;
  if (typeof cell === "number" && Number.isSafeInteger(cell)) return BigInt(cell);
  return missing(row, name, "a whole number");
};
export const bigOrNull = (row: Row, name: string): bigint | null => (row[name] === null ? null : big(row, name));
/** A number that a double holds exactly. */
export const whole = (row: Row, name: string): number => {
  const value = Number(big(row, name));
  invariant(Number.isSafeInteger(value), `column ${name} exceeds what a double holds exactly`);
  return value;
};
export const wholeOrNull = (row: Row, name: string): number | null => (row[name] === null ? null : whole(row, name));
export const real = (row: Row, name: string): number => {
  const cell = row[name];
  return typeof cell === "number" ? cell : Number(big(row, name));
};
export const realOrNull = (row: Row, name: string): number | null => (row[name] === null ? null : real(row, name));

/** Null unless amount, currency and exponent are all known. */
export function moneyOf(
  row: Row,
  amount = "amount_minor",
): { amountMinor: bigint; currency: string; exponent: number } | null {
  const [amountMinor, currency, exponent] = [bigOrNull(row, amount), textOrNull(row, "currency"), row.exponent ?? null];
  if (amountMinor === null || currency === null || exponent === null) return null;
  return { amountMinor, currency, exponent: Number(exponent) };
}

/** Null where the row does not come from one event. */
export function coordinatesOf(row: Row): { source: string; partition: string; offset: bigint } | null {
  const [source, partition] = [textOrNull(row, "source"), textOrNull(row, "source_partition")];
  const offset = bigOrNull(row, "source_offset");
  return source === null || partition === null || offset === null ? null : { source, partition, offset };
}
