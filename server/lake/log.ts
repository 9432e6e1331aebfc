import { ConcordanceError } from "../domain/errors";
import type { ColumnType, TableSpec } from "./types";

/** The actions of a commit (PROTOCOL.md, "Actions"), of those Concordance reads and writes. */
export interface AddAction {
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly size: number;
  readonly modificationTime: number;
  readonly dataChange: boolean;
  /** JSON text: numRecords, minValues, maxValues, nullCount. */
  readonly stats?: string;
}

export interface RemoveAction {
  readonly path: string;
  readonly deletionTimestamp?: number;
  readonly dataChange: boolean;
  readonly extendedFileMetadata?: boolean;
  readonly partitionValues?: Readonly<Record<string, string | null>>;
  readonly size?: number;
}

export interface MetaDataAction {
  readonly id: string;
  readonly name?: string | null;
  readonly description?: string | null;
  readonly format: { readonly provider: string; readonly options: Readonly<Record<string, string>> };
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
  readonly createdTime?: number | null;
}

export interface ProtocolAction {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
}

export interface CommitInfo {
  readonly timestamp: number;
  readonly operation: string;
  /** Written by us into every commit, so that a lost answer can be told from a lost race. */
  readonly txnId?: string;
  readonly info?: Readonly<Record<string, string | number | boolean | null>>;
}

export interface Action {
  readonly commitInfo?: CommitInfo;
  readonly protocol?: ProtocolAction;
  readonly metaData?: MetaDataAction;
  readonly txn?: { readonly appId: string; readonly version: number; readonly lastUpdated?: number };
  readonly add?: AddAction;
  readonly remove?: RemoveAction;
}

/** PROTOCOL.md: reader 1, writer 2, no table features, so that every Delta reader reads what Concordance writes. */
export const PROTOCOL: ProtocolAction = { minReaderVersion: 1, minWriterVersion: 2 };

const DELTA_TYPES: Readonly<Record<ColumnType, string>> = {
  string: "string",
  bigint: "long",
  int: "integer",
  double: "double",
  boolean: "boolean",
  timestamp: "timestamp",
  date: "date",
  binary: "binary",
};

const LOG_VERSION_DIGITS = 20;
const DAY_HOURS = 24;

export const logFolder = (table: string): string => `tables/${table}/_delta_log`;
export const commitKey = (table: string, version: number): string =>
  `${logFolder(table)}/${String(version).padStart(LOG_VERSION_DIGITS, "0")}.json`;
export const checkpointKey = (table: string, version: number): string =>
  `${logFolder(table)}/${String(version).padStart(LOG_VERSION_DIGITS, "0")}.checkpoint.parquet`;
export const lastCheckpointKey = (table: string): string => `${logFolder(table)}/_last_checkpoint`;
export const dataKey = (table: string, path: string): string => `tables/${table}/${path}`;

export function schemaString(spec: TableSpec): string {
  const fields = spec.columns.map((column) => ({
    name: column.name,
    type: DELTA_TYPES[column.type],
    nullable: column.nullable,
    metadata: { comment: column.comment },
  }));
  return JSON.stringify({ type: "struct", fields });
}

export function firstActions(spec: TableSpec, id: string, nowMs: number): Action[] {
  return [
    { protocol: PROTOCOL },
    {
      metaData: {
        id,
        name: spec.name,
        description: spec.description,
        format: { provider: "parquet", options: {} },
        schemaString: schemaString(spec),
        partitionColumns: spec.partitionBy,
        configuration: { "delta.logRetentionDuration": `interval ${spec.retention.logDays * DAY_HOURS} hours` },
        createdTime: nowMs,
      },
    },
  ];
}

export function encodeActions(actions: readonly Action[]): Uint8Array {
  return new TextEncoder().encode(`${actions.map((action) => JSON.stringify(action)).join("\n")}\n`);
}

/** Throws kind "corrupt" where a commit is not whole JSON lines. */
export function decodeActions(bytes: Uint8Array, key: string): Action[] {
  const text = new TextDecoder().decode(bytes);
  try {
    const actions = text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => JSON.parse(line) as Action);
    if (actions.length > 0) return actions;
  } catch (cause) {
    throw torn(key, cause);
  }
  throw torn(key, undefined);
}

const torn = (key: string, cause: unknown): ConcordanceError =>
  new ConcordanceError({
    kind: "corrupt",
    code: "torn_log_file",
    message: `${key} is not a whole commit: it is empty or cut off.`,
    remedy:
      "Restore this object from a backup or an earlier version of it; nothing after it can be trusted without it.",
    at: { key },
    cause,
  });

/** Refuses what a reader of version 1 and writer of version 2 must not touch. */
export function checkProtocol(protocol: ProtocolAction, table: string): void {
  if (protocol.minReaderVersion <= 1 && protocol.minWriterVersion <= 2) return;
  throw new ConcordanceError({
    kind: "config",
    code: "table_protocol_too_high",
    message: `Table ${table} needs Delta reader ${protocol.minReaderVersion} and writer ${protocol.minWriterVersion}; Concordance is reader 1, writer 2.`,
    remedy: "Another program has upgraded this table. Point Concordance at a lake of its own, or restore the table.",
    at: { table },
  });
}

/** New nullable columns at the end may appear in our own specification; anything else is refused. Returns true where the table must be evolved. */
export function compareSchema(metaData: MetaDataAction, spec: TableSpec): boolean {
  const stored: { fields: { name: string; type: unknown; nullable: boolean }[] } = JSON.parse(metaData.schemaString);
  const signatures = (fields: { name: string; type: unknown }[]) =>
    fields.map((field) => `${field.name} ${field.type}`);
  const wanted = spec.columns.map((column) => ({ name: column.name, type: DELTA_TYPES[column.type] }));
  const [have, want] = [signatures(stored.fields), signatures(wanted)];
  const extra = spec.columns.slice(stored.fields.length);
  const prefixSame = have.every((field, index) => field === want[index]);
  if (prefixSame && extra.every((column) => column.nullable)) return extra.length > 0;
  throw new ConcordanceError({
    kind: "config",
    code: "table_schema_differs",
    message: `Table ${spec.name} has other columns than this version of Concordance: ${have.filter((f) => !want.includes(f)).join(", ") || "none"} there, ${want.filter((f) => !have.includes(f)).join(", ") || "none"} here.`,
    remedy: "Use the version of Concordance that wrote the lake, or a new lake.",
    at: { table: spec.name },
  });
}
