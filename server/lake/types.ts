/** Column types of lake tables: the Delta primitive types Concordance writes (PROTOCOL.md, "Primitive Types"). */
export type ColumnType = "string" | "bigint" | "int" | "double" | "boolean" | "timestamp" | "date" | "binary";

export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** What it means, with its unit. Becomes the Delta column comment. */
  readonly comment: string;
}

/** How long a table keeps what. `logDays` bounds time travel; `dataDays` null means rows never expire. */
export interface Retention {
  readonly logDays: number;
  readonly dataDays: number | null;
}

export interface TableSpec {
  readonly name: string;
  readonly kind: "raw" | "partial" | "dimension" | "final";
  readonly description: string;
  readonly columns: readonly ColumnSpec[];
  readonly partitionBy: readonly string[];
  /** Columns that identify one row. */
  readonly key: readonly string[];
  /** Text columns people look rows up by, beside the key: readers may keep filters over them. */
  readonly identifiers?: readonly string[];
  /** Row order inside compacted files. */
  readonly sortBy: readonly string[];
  readonly retention: Retention;
}

const column =
  (nullable: boolean) =>
  (name: string, type: ColumnType, comment: string): ColumnSpec => ({
    name,
    type,
    nullable,
    comment,
  });
/** A column that always holds a value. */
export const required = column(false);
/** A column in which null means "not known", never zero or empty. */
export const optional = column(true);
