import { ConcordanceError, invariant } from "../domain/errors";
import { newId } from "../domain/ids";
import { writeCheckpoint } from "./checkpoint";
import { type CommitOutcome, type CommitRequest, movedMark } from "./commit";
import type { Db } from "./duckdb";
import { type Action, commitKey, compareSchema, dataKey, encodeActions, firstActions, schemaString } from "./log";
import { LogReader } from "./log-reader";
import { addAction, type Change, LogState, type Snapshot } from "./snapshot";
import type { ObjectStore } from "./store/store";
import { logFileMissing, logFileVanished, logTruncated, versionAhead, versionGone } from "./table-errors";
import type { TableSpec } from "./types";

const COMMIT_TRIES_MAX = 1_000;
const CHECKPOINT_EVERY_COMMITS = 20;
/** A writer pays for a checkpoint at most once in so many commits per action in it: maintenance is there to do it sooner. */
const CHECKPOINT_ACTIONS_PER_COMMIT = 100;
const READ_AHEAD_COMMITS_MAX = 16;
const LOAD_TRIES_MAX = 3;
const EVOLVE_TRIES_MAX = 20;
/** A log read to its end within this time cannot have been trimmed behind our back: retention is a day at least. */
const PROVEN_FOR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Commits whose added files stay in memory, so that followers do not read the log again. */
const CHANGES_KEPT = 2_000;

/** Safety checks that the test suite can switch off one at a time to see that it notices. Absent in every shipped process. */
export interface TableSeams {
  readonly skipMarkConflict?: boolean;
  readonly skipRemovedFileConflict?: boolean;
  readonly skipOwnCommitReadBack?: boolean;
  /** The clock, so that days can pass in a test. */
  readonly nowMs?: () => number;
}

/**
 * One Delta table: its log replayed, and commits to it. One instance serves a process; any number of processes may
 * commit to the same table.
 */
export class Table {
  private readonly log: LogReader;
  private readonly nowMs: () => number;
  private state = new LogState();
  private checkpointVersion = 0;
  /** When the log was last known to be read to its end. */
  private provenMs = 0;
  private cached: Snapshot | null = null;
  private readonly changes: Change[] = [];
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly spec: TableSpec,
    readonly store: ObjectStore,
    private readonly db: Db,
    private readonly seams: TableSeams,
  ) {
    this.log = new LogReader(store, db, spec.name);
    this.nowMs = seams.nowMs ?? Date.now;
  }

  /** Opens the table, creating version 0 where there is none. Throws on a higher protocol or another schema. */
  static async open(store: ObjectStore, db: Db, spec: TableSpec, seams: TableSeams = {}): Promise<Table> {
    invariant(
      spec.partitionBy.length === 0,
      `${spec.name}: partition values are not written, so none can be asked for`,
    );
    const table = new Table(spec, store, db, seams);
    await table.load();
    if (table.state.version < 0) {
      const actions = firstActions(spec, newId(), table.nowMs());
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
      await this.catchUp();
      return this.current();
    });
  }

  /** The table as it was at a version or an instant. Throws `version_gone` where retention has removed that part of the log. */
  async at(point: { readonly version: number } | { readonly timestampMs: number }): Promise<Snapshot> {
    await this.refresh();
    const version = "version" in point ? point.version : await this.versionAt(point.timestampMs);
    if (version > this.state.version || version < 0) throw versionGone(this.spec, version, this.state.version);
    const state = new LogState();
    const from = await this.log.newestCheckpoint(version);
    const start = from === null ? null : await this.log.checkpoint(from);
    if (start !== null) state.apply(start.version, start.actions, this.spec.name);
    for (let next = state.version + 1; next <= version; next++) {
      const actions = await this.log.commit(next);
      if (actions === null) throw versionGone(this.spec, version, this.state.version);
      state.apply(next, actions, this.spec.name);
    }
    if (start?.version === version) state.timestampMs = (await this.log.timestampOf(version)) ?? 0;
    if (await this.vacuumed(state)) throw versionGone(this.spec, version, this.state.version);
    return state.snapshot(this.spec);
  }

  /** Rows added by each commit after `version`, oldest first; compaction left out. Throws `log_truncated` when those commits are gone. */
  async changesSince(version: number): Promise<Change[]> {
    await this.refresh();
    if (version > this.state.version) throw versionAhead(this.spec, version, this.state.version);
    const oldest = this.changes[0]?.version ?? this.state.version + 1;
    const recent = this.changes.filter((change) => change.version > version);
    const older: Change[] = [];
    for (let next = version + 1; next < oldest && next <= this.state.version; next++) {
      const actions = await this.log.commit(next);
      if (actions === null) {
        throw logTruncated(this.spec, next);
      }
      older.push(new LogState().apply(next, actions, this.spec.name));
    }
    return [...older, ...recent].filter((change) => change.files.length > 0);
  }

  /** One atomic commit. Data files are already written; only the small log file is tried again at the next version. */
  commit(request: CommitRequest): Promise<CommitOutcome> {
    return this.inTurn(async () => {
      const txnId = newId();
      if (this.nowMs() - this.provenMs > PROVEN_FOR_MS) await this.catchUp();
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

  /** Removed files and when (milliseconds), for vacuum. */
  tombstones(): ReadonlyMap<string, number> {
    return this.state.tombstones;
  }

  async writeCheckpoint(): Promise<number> {
    await this.refresh();
    return this.checkpoint();
  }

  /** Writes a checkpoint where the newest is older than 20 commits, and than one commit per `actionsPerCommit` of its actions. */
  async checkpointIfDue(actionsPerCommit = CHECKPOINT_ACTIONS_PER_COMMIT): Promise<number | null> {
    const interval = Math.max(CHECKPOINT_EVERY_COMMITS, Math.ceil(this.state.size / actionsPerCommit));
    const due = () => this.state.version - this.checkpointVersion >= interval;
    if (!due()) return null;
    // Another process may have written one since.
    this.checkpointVersion = Math.max(this.checkpointVersion, (await this.log.pointer()) ?? 0);
    return due() ? this.checkpoint() : null;
  }

  /** Tombstones are kept as long as the log: vacuum deletes their files then, and without them would take them for orphans sooner. */
  private async checkpoint(): Promise<number> {
    this.state.forgetTombstones(this.nowMs() - this.spec.retention.logDays * DAY_MS);
    const { version, tombstones } = this.state;
    const actions = this.state.checkpointActions();
    await writeCheckpoint(this.store, this.db, this.spec.name, version, { actions, tombstones: new Map(tombstones) });
    this.checkpointVersion = version;
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
    const winner = await this.log.commit(version);
    if (winner === null) throw logFileVanished(this.spec, version);
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
      const written = await this.log.commit(version).catch(() => null);
      if (written?.some((action) => action.commitInfo?.txnId === txnId)) return true;
      throw error;
    }
  }

  private actionsOf(request: CommitRequest, txnId: string): Action[] {
    const nowMs = Math.max(this.nowMs(), this.state.timestampMs + 1);
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
      const moved = movedMark(request, this.state.marks);
      if (moved !== null) return moved;
    }
    if (this.seams.skipRemovedFileConflict !== true) {
      for (const file of request.removes ?? []) {
        if (!this.state.files.has(file.path)) return { kind: "file_removed", path: file.path };
      }
    }
    return null;
  }

  /** Reads the log from its newest checkpoint. Throws `log_file_missing` rather than take a gap for the end, where the next commit would go. */
  private async load(): Promise<void> {
    for (let attempt = 0; attempt < LOAD_TRIES_MAX; attempt++) {
      this.state = new LogState();
      this.cached = null;
      this.changes.length = 0;
      const start = await this.log.start(attempt === 0);
      if (start !== null) {
        this.state.apply(start.version, start.actions, this.spec.name);
        for (const [path, atMs] of start.tombstones) this.state.tombstones.set(path, atMs);
        this.state.timestampMs = (await this.log.timestampOf(start.version)) ?? 0;
        this.checkpointVersion = start.version;
      }
      await this.follow();
      if (await this.isAtEnd()) return;
      // Retention may have trimmed the log between the two readings: a newer checkpoint is there then.
    }
    throw logFileMissing(this.spec, this.state.version + 1);
  }

  private async catchUp(): Promise<void> {
    const startedMs = this.nowMs();
    await this.follow();
    if (startedMs - this.provenMs <= PROVEN_FOR_MS) this.provenMs = startedMs;
    else if (!(await this.isAtEnd())) await this.load();
  }

  /** Whether the store lists no later version than was read. A commit of this very moment is read, too. */
  private async isAtEnd(): Promise<boolean> {
    const startedMs = this.nowMs();
    const newest = await this.log.newestAfter(this.state.version);
    if (newest !== null) await this.follow();
    if (newest !== null && this.state.version < newest) return false;
    this.provenMs = startedMs;
    return true;
  }

  /** Reads commit after commit to the end, ahead in parallel once there is more than one. */
  private async follow(): Promise<void> {
    for (let ahead = 1; ; ahead = Math.min(ahead * 2, READ_AHEAD_COMMITS_MAX)) {
      const from = this.state.version + 1;
      const commits = await Promise.all(Array.from({ length: ahead }, (_, index) => this.log.commit(from + index)));
      for (const [index, actions] of commits.entries()) {
        if (actions === null) return;
        this.record(from + index, actions);
      }
    }
  }

  private record(version: number, actions: readonly Action[]): void {
    const change = this.state.apply(version, actions, this.spec.name);
    this.changes.push(change);
    if (this.changes.length > CHANGES_KEPT) this.changes.splice(0, this.changes.length - CHANGES_KEPT);
    this.cached = null;
  }

  private async checkpointWhenDue(): Promise<void> {
    // A checkpoint is only a short cut: failing to write one loses nothing and the next one is soon.
    await this.checkpointIfDue().catch((error: unknown) => {
      if (!(error instanceof ConcordanceError) && !isDiskFull(error)) throw error;
    });
  }

  /** Adds the specification's new columns, unless another process does it first. */
  private async evolve(): Promise<void> {
    for (let attempt = 0; attempt < EVOLVE_TRIES_MAX; attempt++) {
      const { metaData } = this.state;
      invariant(metaData !== null, "evolve without metaData");
      if (!compareSchema(metaData, this.spec)) return;
      const actions = [
        commitInfo("ADD COLUMNS", Math.max(this.nowMs(), this.state.timestampMs + 1), newId()),
        { metaData: { ...metaData, schemaString: schemaString(this.spec) } },
      ];
      await this.store.putIfAbsent(commitKey(this.spec.name, this.state.version + 1), encodeActions(actions));
      await this.follow();
    }
    invariant(false, `${this.spec.name}: the new columns could not be added`);
  }

  /** Whether vacuum has deleted a file of this past state; only files no longer live and past the retention can be. */
  private async vacuumed(state: LogState): Promise<boolean> {
    const keptSinceMs = this.nowMs() - this.spec.retention.logDays * DAY_MS;
    for (const path of state.files.keys()) {
      if (this.state.files.has(path)) continue;
      const deletedAtMs = this.state.tombstones.get(path);
      if (deletedAtMs !== undefined && deletedAtMs >= keptSinceMs) continue;
      if ((await this.store.head(dataKey(this.spec.name, path))) === null) return true;
    }
    return false;
  }

  /** The newest version committed at or before the instant. */
  private async versionAt(timestampMs: number): Promise<number> {
    let [low, high] = [(await this.log.oldestCommit()) ?? 0, this.state.version];
    const oldest = await this.log.timestampOf(low);
    if (oldest === null || (oldest > timestampMs && low > 0)) throw versionGone(this.spec, low, this.state.version);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const timestamp = await this.log.timestampOf(middle);
      if (timestamp !== null && timestamp <= timestampMs) low = middle;
      else high = middle - 1;
    }
    return low;
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
