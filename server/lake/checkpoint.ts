import { unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConcordanceError } from "../domain/errors";
import { newId } from "../domain/ids";
import { type Db, sqlText } from "./duckdb";
import { type Action, checkpointKey, encodeActions, lastCheckpointKey } from "./log";
import type { ObjectStore } from "./store/store";

/** Columns of a classic V1 checkpoint (PROTOCOL.md, "Checkpoint Schema"), as DuckDB types. */
const CHECKPOINT_COLUMNS: Readonly<Record<string, string>> = {
  txn: "STRUCT(appId VARCHAR, version BIGINT, lastUpdated BIGINT)",
  add: "STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, modificationTime BIGINT, dataChange BOOLEAN, stats VARCHAR)",
  metaData:
    "STRUCT(id VARCHAR, name VARCHAR, description VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString VARCHAR, partitionColumns VARCHAR[], configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT)",
  protocol: "STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER)",
};
const ACTION_BYTES_MAX = 64 * 1024 * 1024;

export interface CheckpointContent {
  /** Everything but the removed files. */
  readonly actions: readonly Action[];
  /** Removed files: path -> when, milliseconds. Kept apart because they outnumber all else by far. */
  readonly tombstones: ReadonlyMap<string, number>;
}

/** Writes a checkpoint of `version` and points `_last_checkpoint` at it. Writing it twice does no harm. */
export async function writeCheckpoint(
  store: ObjectStore,
  db: Db,
  table: string,
  version: number,
  { actions, tombstones }: CheckpointContent,
): Promise<void> {
  const base = join(store.temporaryDirectory, newId());
  const [json, removed, parquet] = [`${base}.ndjson`, `${base}.csv`, `${base}.parquet`];
  const connection = await db.connect();
  try {
    await writeFile(json, encodeActions(actions));
    await writeFile(removed, tombstonesText(tombstones));
    const columns = Object.entries(CHECKPOINT_COLUMNS).map(([name, type]) => `${name}: ${sqlText(type)}`);
    await connection.run(
      `COPY (
         SELECT txn, add, metaData, protocol, NULL::STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN) AS remove
           FROM read_json(${sqlText(json)}, format = 'newline_delimited', columns = {${columns.join(", ")}}, maximum_object_size = ${ACTION_BYTES_MAX}, hive_partitioning = false)
         UNION ALL BY NAME
         SELECT struct_pack(path := path, deletionTimestamp := removed_at, dataChange := false) AS remove
           FROM read_csv(${sqlText(removed)}, header = true, columns = {path: 'VARCHAR', removed_at: 'BIGINT'}, quote = '"', escape = '"', hive_partitioning = false)
       ) TO ${sqlText(parquet)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    await store.putFile(checkpointKey(table, version), parquet);
    const pointer = { version, size: actions.length + tombstones.size };
    await store.put(lastCheckpointKey(table), new TextEncoder().encode(JSON.stringify(pointer)));
  } finally {
    connection.closeSync();
    for (const path of [json, removed, parquet]) await unlink(path).catch(() => undefined);
  }
}

function tombstonesText(tombstones: ReadonlyMap<string, number>): string {
  const lines = ["path,removed_at"];
  for (const [path, atMs] of tombstones) lines.push(`"${path.replaceAll('"', '""')}",${atMs}`);
  return `${lines.join("\n")}\n`;
}

/** Throws kind "not_found" where there is none, "corrupt" where it is not a checkpoint. */
export async function readCheckpoint(
  store: ObjectStore,
  db: Db,
  table: string,
  version: number,
): Promise<CheckpointContent> {
  const key = checkpointKey(table, version);
  // Never by the store's cache: unlike data files, a checkpoint of another lake may have had the same key.
  const bytes = await store.get(key);
  const path = join(store.temporaryDirectory, `${newId()}.parquet`);
  const connection = await db.connect();
  try {
    await writeFile(path, bytes);
    const from = `FROM read_parquet(${sqlText(path)}, hive_partitioning = false)`;
    const rows = await connection.runAndReadAll(
      `SELECT to_json(struct_pack(txn := txn, add := add, metaData := metaData, protocol := protocol)) ${from} WHERE remove IS NULL OR remove.path IS NULL`,
    );
    const removed = await connection.runAndReadAll(
      `SELECT remove.path, coalesce(remove.deletionTimestamp, 0)::DOUBLE ${from} WHERE remove.path IS NOT NULL`,
    );
    const [paths = [], instants = []] = removed.getColumnsJS();
    return {
      actions: rows.getRows().map(([text]) => actionOf(String(text))),
      tombstones: new Map(paths.map((each, index) => [String(each), Number(instants[index])])),
    };
  } catch (cause) {
    if (cause instanceof ConcordanceError) throw cause;
    throw new ConcordanceError({
      kind: "corrupt",
      code: "unreadable_checkpoint",
      message: `${key} cannot be read as a checkpoint: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy:
        "Restore this object from a backup, or delete it: an earlier checkpoint or the whole log is read instead.",
      at: { key },
      cause,
    });
  } finally {
    connection.closeSync();
    await unlink(path).catch(() => undefined);
  }
}

function actionOf(text: string): Action {
  const action: Record<string, unknown> = JSON.parse(text);
  for (const [name, value] of Object.entries(action)) if (value === null) delete action[name];
  return action;
}
