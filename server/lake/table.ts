import { ConcordanceError, invariant } from "../domain/errors";
import { newId } from "../domain/ids";
import { readCheckpoint, writeCheckpoint } from "./checkpoint";
import type { Db } from "./duckdb";
import {
  type Action,
  commitKey,
  compareSchema,
  decodeActions,
  encodeActions,
  firstActions,
  lastCheckpointKey,
  logFolder,
  schemaString,
} from "./log";
import { addAction, type Change, type DataFile, LogState, type Snapshot } from "./snapshot";
import type { ObjectStore } from "./store/store";
import type { TableSpec } from "./types";

const COMMIT_TRIES_MAX = 1_000;
const CHECKPOINT_EVERY_COMMITS = 20;
/** Commits whose added files stay in memory, so that followers do not read the log again. */
const CHANGES_KEPT = 2_000;
const TOMBSTONES_KEPT_MS = 7 * 86_400_000;

export interface CommitRequest {
  readonly adds: readonly DataFile[];
  readonly removes?: readonly DataFile[];
  readonly marks: readonly { readonly appId: string; readonly version: bigint }[];
  readonly operation: "WRITE" | "OPTIMIZE" | "REPLACE" | "DELETE";
  /** False where rows only move between files (compaction). */
  readonly dataChange?: boolean;
  readonly info?: Readonly<Record<string, string | number | boolean | null>>;
}

export type CommitOutcome =
  | { readonly kind: "committed"; readonly version: number; readonly timestampMs: number }
  /** Another writer has moved one of the marks at least as far: the batch is already in the table. */
  | { readonly kind: "mark_moved"; readonly appId: string; readonly markNow: bigint }
  /** Another writer has removed a file this commit removes. */
  | { readonly kind: "file_removed"; readonly path: string };

/** Safety checks that the test suite can switch off one at a time to see that it notices. Absent in every shipped process. */
export interface TableSeams {
  readonly skipMarkConflict?: boolean;
  readonly skipRemovedFileConflict?: boolean;
  readonly skipOwnCommitReadBack?: boolean;
}

/**
 * One Delta table: its log replayed, and commits to it. One instance serves a process; any number of processes may
 * commit to the same table.
 */
export class Table {
  private state = new LogState();
  private cached: Snapshot | null = null;
  private readonly changes: Change[] = [];
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly spec: TableSpec,
    readonly store: ObjectStore,
    private readonly db: Db,
    private readonly seams: TableSeams,
  ) {}

  /** Opens the table, creating version 0 where there is none. Throws on a higher protocol or another schema. */
  static async open(store: ObjectStore, db: Db, spec: TableSpec, seams: TableSeams = {}): Promise<Table> {
    const table = new Table(spec, store, db, seams);
    await table.load();
    if (table.state.version < 0) {
      const actions = firstActions(spec, newId(), Date.now());
      await store.putIfAbsent(
        commitKey(spec.name, 0),
        encodeActions([commitInfo("CREATE TABLE", 1, newId()), ...actions]),
      );
      await table.load();
    }
    invariant(table.state.metaData !== null, `${spec.name}: a log without metaData`);
    if (compareSchema(table.state.metaData, spec)) await table.evolve();
    return table;
  }

  current(): Snapshot {
    this.cached ??= this.state.snapshot(this.spec);
    return this.cached;
  }

  /** Reads what was committed since; cheap when nothing was. */
  refresh(): Promise<Snapshot> {
    return this.inTurn(async () => {
      await this.follow();
      return this.current();
    });
  }

  /** The table as it was at a version or an instant. Throws `version_gone` where retention has removed that part of the log. */
  async at(point: { readonly version: number } | { readonly timestampMs: number }): Promise<Snapshot> {
    await this.refresh();
    const version = "version" in point ? point.version : await this.versionAt(point.timestampMs);
    if (version > this.state.version || version < 0) throw this.versionGone(version);
    const state = new LogState();
    const from = await this.newestCheckpoint(version);
    if (from !== null)
      state.apply(from, await readCheckpoint(this.store, this.db, this.spec.name, from), this.spec.name);
    for (let next = state.version + 1; next <= version; next++) {
      const actions = await this.readCommit(next);
      if (actions === null) throw this.versionGone(version);
      state.apply(next, actions, this.spec.name);
    }
    if (from === version) state.timestampMs = (await this.timestampOf(version)) ?? 0;
    return state.snapshot(this.spec);
  }

  /** Rows added by each commit after `version`, oldest first; compaction left out. Throws `log_truncated` when those commits are gone. */
  async changesSince(version: number): Promise<Change[]> {
    await this.refresh();
    const oldest = this.changes[0]?.version ?? this.state.version + 1;
    const recent = this.changes.filter((change) => change.version > version);
    const older: Change[] = [];
    for (let next = version + 1; next < oldest && next <= this.state.version; next++) {
      const actions = await this.readCommit(next);
      if (actions === null) {
        throw new ConcordanceError({
          kind: "data_loss",
          code: "log_truncated",
          message: `Table ${this.spec.name}: version ${next} is needed and retention has removed it from the log.`,
          remedy: "Rebuild the partial tables from the raw tables, and keep the log longer than the longest stop.",
          at: { table: this.spec.name, version: next },
        });
      }
      older.push(new LogState().apply(next, actions, this.spec.name));
    }
    return [...older, ...recent].filter((change) => change.files.length > 0);
  }

  /** One atomic commit. Data files are already written; only the small log file is tried again at the next version. */
  commit(request: CommitRequest): Promise<CommitOutcome> {
    return this.inTurn(async () => {
      const txnId = newId();
      for (let attempt = 0; attempt < COMMIT_TRIES_MAX; attempt++) {
        const conflict = this.conflict(request);
        if (conflict !== null) return conflict;
        const outcome = await this.tryCommit(request, txnId);
        if (outcome !== null) {
          await this.checkpointWhenDue();
          return outcome;
        }
      }
      throw new ConcordanceError({
        kind: "unavailable",
        code: "commit_contention",
        message: `Table ${this.spec.name}: ${COMMIT_TRIES_MAX} commits in a row lost the race for the next version.`,
        remedy: "Run fewer writers on this table.",
      });
    });
  }

  /** Removed files and when, for vacuum. */
  tombstones() {
    return [...this.state.tombstones.values()];
  }

  async writeCheckpoint(): Promise<number> {
    await this.refresh();
    const { version } = this.state;
    const actions = this.state.checkpointActions(Date.now() - TOMBSTONES_KEPT_MS);
    await writeCheckpoint(this.store, this.db, this.spec.name, version, actions);
    return version;
  }

  private async tryCommit(request: CommitRequest, txnId: string): Promise<CommitOutcome | null> {
    const version = this.state.version + 1;
    const actions = this.actionsOf(request, txnId);
    const created = await this.put(version, actions, txnId);
    if (created) {
      this.record(version, actions);
      return { kind: "committed", version, timestampMs: this.state.timestampMs };
    }
    const winner = await this.readCommit(version);
    if (winner === null) throw this.corrupt(version);
    this.record(version, winner);
    const own = winner.some((action) => action.commitInfo?.txnId === txnId);
    if (own && this.seams.skipOwnCommitReadBack !== true) {
      return { kind: "committed", version, timestampMs: this.state.timestampMs };
    }
    return null;
  }

  /** False where the version exists already. A failed answer may hide a success, so the object is read back before giving up. */
  private async put(version: number, actions: readonly Action[], txnId: string): Promise<boolean> {
    const key = commitKey(this.spec.name, version);
    try {
      return (await this.store.putIfAbsent(key, encodeActions(actions))) === "created";
    } catch (error) {
      const written = await this.readCommit(version).catch(() => null);
      if (written?.some((action) => action.commitInfo?.txnId === txnId)) return true;
      throw error;
    }
  }

  private actionsOf(request: CommitRequest, txnId: string): Action[] {
    const nowMs = Math.max(Date.now(), this.state.timestampMs + 1);
    const dataChange = request.dataChange ?? true;
    const removes = (request.removes ?? []).map((file) => ({
      remove: {
        path: file.path,
        deletionTimestamp: nowMs,
        dataChange,
        extendedFileMetadata: true,
        partitionValues: file.partitionValues,
        size: file.size,
      },
    }));
    return [
      commitInfo(request.operation, nowMs, txnId, request.info),
      ...request.marks.map(({ appId, version }) => ({ txn: { appId, version: Number(version), lastUpdated: nowMs } })),
      ...removes,
      ...request.adds.map((file) => ({ add: addAction(file, dataChange) })),
    ];
  }

  private conflict(request: CommitRequest): CommitOutcome | null {
    if (this.seams.skipMarkConflict !== true) {
      for (const { appId, version } of request.marks) {
        const markNow = this.state.marks.get(appId);
        if (markNow !== undefined && markNow >= version) return { kind: "mark_moved", appId, markNow };
      }
    }
    if (this.seams.skipRemovedFileConflict !== true) {
      for (const file of request.removes ?? []) {
        if (!this.state.files.has(file.path)) return { kind: "file_removed", path: file.path };
      }
    }
    return null;
  }

  private async load(): Promise<void> {
    this.state = new LogState();
    const checkpoint = await this.lastCheckpoint();
    if (checkpoint !== null) {
      const actions = await readCheckpoint(this.store, this.db, this.spec.name, checkpoint);
      this.state.apply(checkpoint, actions, this.spec.name);
      this.state.timestampMs = (await this.timestampOf(checkpoint)) ?? 0;
    }
    await this.follow();
  }

  private async follow(): Promise<void> {
    for (;;) {
      const version = this.state.version + 1;
      const actions = await this.readCommit(version);
      if (actions === null) return;
      this.record(version, actions);
    }
  }

  private record(version: number, actions: readonly Action[]): void {
    const change = this.state.apply(version, actions, this.spec.name);
    this.changes.push(change);
    if (this.changes.length > CHANGES_KEPT) this.changes.splice(0, this.changes.length - CHANGES_KEPT);
    this.cached = null;
  }

  private async checkpointWhenDue(): Promise<void> {
    if (this.state.version === 0 || this.state.version % CHECKPOINT_EVERY_COMMITS !== 0) return;
    const actions = this.state.checkpointActions(Date.now() - TOMBSTONES_KEPT_MS);
    // A checkpoint is only a short cut: failing to write one loses nothing and the next one is soon.
    await writeCheckpoint(this.store, this.db, this.spec.name, this.state.version, actions).catch((error: unknown) => {
      if (!(error instanceof ConcordanceError) && !isDiskFull(error)) throw error;
    });
  }

  private async evolve(): Promise<void> {
    const { metaData } = this.state;
    invariant(metaData !== null, "evolve without metaData");
    const actions = [
      commitInfo("ADD COLUMNS", Math.max(Date.now(), this.state.timestampMs + 1), newId()),
      { metaData: { ...metaData, schemaString: schemaString(this.spec) } },
    ];
    await this.store.putIfAbsent(commitKey(this.spec.name, this.state.version + 1), encodeActions(actions));
    await this.follow();
  }

  private async readCommit(version: number): Promise<Action[] | null> {
    const key = commitKey(this.spec.name, version);
    try {
      return decodeActions(await this.store.get(key), key);
    } catch (error) {
      if (error instanceof ConcordanceError && error.kind === "not_found") return null;
      throw error;
    }
  }

  private async timestampOf(version: number): Promise<number | null> {
    const actions = await this.readCommit(version);
    return actions?.find((action) => action.commitInfo)?.commitInfo?.timestamp ?? null;
  }

  private async lastCheckpoint(): Promise<number | null> {
    const key = lastCheckpointKey(this.spec.name);
    if ((await this.store.head(key)) === null) return null;
    const pointer: { version: number } = JSON.parse(new TextDecoder().decode(await this.store.get(key)));
    return pointer.version;
  }

  private async newestCheckpoint(atMost: number): Promise<number | null> {
    let newest: number | null = null;
    for await (const { key } of this.store.list(`${logFolder(this.spec.name)}/`)) {
      const match = /\/(\d{20})\.checkpoint\.parquet$/.exec(key);
      if (match !== null && Number(match[1]) <= atMost) newest = Number(match[1]);
    }
    return newest;
  }

  /** The newest version committed at or before the instant. */
  private async versionAt(timestampMs: number): Promise<number> {
    let [low, high] = [0, this.state.version];
    for await (const { key } of this.store.list(`${logFolder(this.spec.name)}/`)) {
      const match = /\/(\d{20})\.json$/.exec(key);
      if (match === null) continue;
      low = Number(match[1]);
      break;
    }
    const oldest = await this.timestampOf(low);
    if (oldest === null || (oldest > timestampMs && low > 0)) throw this.versionGone(low);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const timestamp = await this.timestampOf(middle);
      if (timestamp !== null && timestamp <= timestampMs) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private versionGone(version: number): ConcordanceError {
    return new ConcordanceError({
      kind: "not_found",
      code: "version_gone",
      message: `Table ${this.spec.name} cannot be read as of version ${version}: it has versions up to ${this.state.version}, and keeps ${this.spec.retention.logDays} days of its log.`,
      remedy: "Ask for a later version or instant.",
      at: { table: this.spec.name, version },
    });
  }

  private corrupt(version: number): ConcordanceError {
    const key = commitKey(this.spec.name, version);
    return new ConcordanceError({
      kind: "corrupt",
      code: "log_file_vanished",
      message: `${key} exists for writing and is absent for reading.`,
      remedy: "The store is not consistent; use one that is.",
      at: { key },
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.turn.catch(() => undefined).then(work);
    this.turn = run;
    return run;
  }
}

const commitInfo = (
  operation: string,
  timestamp: number,
  txnId: string,
  info?: Readonly<Record<string, string | number | boolean | null>>,
): Action => ({ commitInfo: { timestamp, operation, txnId, ...(info === undefined ? {} : { info }) } });

const isDiskFull = (error: unknown): boolean => error instanceof Error && /no space left/i.test(error.message);
