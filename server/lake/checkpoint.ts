import { unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "../domain/ids";
import { type Db, sqlText } from "./duckdb";
import { type Action, checkpointKey, encodeActions, lastCheckpointKey } from "./log";
import type { ObjectStore } from "./store/store";

/** Columns of a classic V1 checkpoint (PROTOCOL.md, "Checkpoint Schema"), as DuckDB types. */
const CHECKPOINT_COLUMNS: Readonly<Record<string, string>> = {
  txn: "STRUCT(appId VARCHAR, version BIGINT, lastUpdated BIGINT)",
  add: "STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, modificationTime BIGINT, dataChange BOOLEAN, stats VARCHAR)",
  remove:
    "STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN, extendedFileMetadata BOOLEAN, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT)",
  metaData:
    "STRUCT(id VARCHAR, name VARCHAR, description VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString VARCHAR, partitionColumns VARCHAR[], configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT)",
  protocol: "STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER)",
};
const ACTION_BYTES_MAX = 64 * 1024 * 1024;

/** Writes a checkpoint of `version` and points `_last_checkpoint` at it. Writing it twice does no harm. */
export async function writeCheckpoint(
  store: ObjectStore,
  db: Db,
  table: string,
  version: number,
  actions: readonly Action[],
): Promise<void> {
  const json = join(store.temporaryDirectory, `${newId()}.ndjson`);
  const parquet = join(store.temporaryDirectory, `${newId()}.parquet`);
  const connection = await db.connect();
  try {
    await writeFile(json, encodeActions(actions));
    const columns = Object.entries(CHECKPOINT_COLUMNS).map(([name, type]) => `${name}: ${sqlText(type)}`);
    await connection.run(
      `COPY (SELECT * FROM read_json(${sqlText(json)}, format = 'newline_delimited', columns = {${columns.join(", ")}}, maximum_object_size = ${ACTION_BYTES_MAX}))
         TO ${sqlText(parquet)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    await store.putFile(checkpointKey(table, version), parquet);
    const pointer = { version, size: actions.length };
    await store.put(lastCheckpointKey(table), new TextEncoder().encode(JSON.stringify(pointer)));
  } finally {
    connection.closeSync();
    await unlink(json).catch(() => undefined);
  }
}

/** The actions of a checkpoint. */
export async function readCheckpoint(store: ObjectStore, db: Db, table: string, version: number): Promise<Action[]> {
  const path = await store.localPath(checkpointKey(table, version));
  const connection = await db.connect();
  try {
    const reader = await connection.runAndReadAll(
      `SELECT to_json(struct_pack(txn := txn, add := add, remove := remove, metaData := metaData, protocol := protocol))
         FROM read_parquet(${sqlText(path)})`,
    );
    return reader.getRows().map(([text]) => {
      const action: Record<string, unknown> = JSON.parse(String(text));
      for (const [name, value] of Object.entries(action)) if (value === null) delete action[name];
      return action as Action;
    });
  } finally {
    connection.closeSync();
  }
}
