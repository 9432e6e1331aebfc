import { ConcordanceError } from "../domain/errors";
import { readCheckpoint } from "./checkpoint";
import type { Db } from "./duckdb";
import { type Action, commitKey, decodeActions, lastCheckpointKey, logFolder } from "./log";
import type { ObjectStore } from "./store/store";

const LOG_FILE = /\/(\d{20})\.(json|checkpoint\.parquet)$/;

/** Where a replay starts: a checkpoint's rows, and the files removed before it. */
export interface Start {
  readonly version: number;
  readonly actions: readonly Action[];
  readonly tombstones: ReadonlyMap<string, number>;
}

/** Reads one table's log from its store and keeps nothing. */
export class LogReader {
  constructor(
    private readonly store: ObjectStore,
    private readonly db: Db,
    private readonly table: string,
  ) {}

  /** The actions of a commit; null where there is no such commit. */
  async commit(version: number): Promise<Action[] | null> {
    const key = commitKey(this.table, version);
    try {
      return decodeActions(await this.store.get(key), key);
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  async timestampOf(version: number): Promise<number | null> {
    const actions = await this.commit(version);
    return actions?.find((action) => action.commitInfo)?.commitInfo?.timestamp ?? null;
  }

  /** The version `_last_checkpoint` names; null where it is absent or unreadable: it is a hint, no more (PROTOCOL.md, "Last Checkpoint File"). */
  async pointer(): Promise<number | null> {
    try {
      const bytes = await this.store.get(lastCheckpointKey(this.table));
      const { version }: { version?: unknown } = JSON.parse(new TextDecoder().decode(bytes));
      return typeof version === "number" && Number.isSafeInteger(version) && version >= 0 ? version : null;
    } catch (error) {
      if (error instanceof SyntaxError || isNotFound(error)) return null;
      throw error;
    }
  }

  /** The checkpoint to begin at; null where the table has none. `trustPointer` false looks for it by listing. */
  async start(trustPointer: boolean): Promise<Start | null> {
    const pointed = trustPointer ? await this.pointer() : null;
    if (pointed !== null) {
      const start = await this.checkpoint(pointed);
      if (start !== null) return start;
    }
    const newest = await this.newestCheckpoint(Number.MAX_SAFE_INTEGER);
    return newest === null ? null : this.checkpoint(newest);
  }

  /** The rows of a checkpoint; null where it does not exist. */
  async checkpoint(version: number): Promise<Start | null> {
    try {
      return { version, ...(await readCheckpoint(this.store, this.db, this.table, version)) };
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  async newestCheckpoint(atMost: number): Promise<number | null> {
    let newest: number | null = null;
    for await (const { version, kind } of this.files()) {
      if (kind === "checkpoint" && version <= atMost) newest = version;
    }
    return newest;
  }

  async oldestCommit(): Promise<number | null> {
    for await (const { version, kind } of this.files()) if (kind === "commit") return version;
    return null;
  }

  /** The highest version the store lists above this one; null where there is none. */
  async newestAfter(version: number): Promise<number | null> {
    let newest: number | null = null;
    const after = version < 0 ? undefined : commitKey(this.table, version);
    for await (const file of this.files(after)) newest = file.version;
    return newest;
  }

  private async *files(after?: string): AsyncIterable<{ version: number; kind: "commit" | "checkpoint" }> {
    for await (const { key } of this.store.list(`${logFolder(this.table)}/`, after)) {
      const match = LOG_FILE.exec(key);
      if (match !== null) yield { version: Number(match[1]), kind: match[2] === "json" ? "commit" : "checkpoint" };
    }
  }
}

const isNotFound = (error: unknown): boolean => error instanceof ConcordanceError && error.kind === "not_found";
