import { type Action, type AddAction, checkProtocol, type MetaDataAction, type ProtocolAction } from "./log";
import type { TableSpec } from "./types";

export interface FileStats {
  readonly numRecords: number;
  /** Bounds: timestamps as ISO text rounded outward to milliseconds. A missing column has no bound. */
  readonly minValues: Readonly<Record<string, string | number>>;
  readonly maxValues: Readonly<Record<string, string | number>>;
  readonly nullCount: Readonly<Record<string, number>>;
}

export interface DataFile {
  readonly path: string;
  readonly size: number;
  readonly modificationTimeMs: number;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly stats: FileStats;
  /** The same statistics as text, exact where a number does not fit a double. */
  readonly statsText: string;
}

export interface Snapshot {
  readonly spec: TableSpec;
  readonly version: number;
  /** Of the newest commit, milliseconds since the epoch. */
  readonly timestampMs: number;
  readonly files: readonly DataFile[];
  /** Progress marks (`txn`): appId -> version. */
  readonly marks: ReadonlyMap<string, bigint>;
}

/** What one commit added, compaction left out. */
export interface Change {
  readonly version: number;
  readonly timestampMs: number;
  readonly files: readonly DataFile[];
}

/** The state of a table's log, moved forward commit by commit. */
export class LogState {
  version = -1;
  timestampMs = 0;
  protocol: ProtocolAction | null = null;
  metaData: MetaDataAction | null = null;
  readonly files = new Map<string, DataFile>();
  readonly marks = new Map<string, bigint>();
  /** Removed files: path -> when, milliseconds. There are as many as commits within the retention: nothing else is kept of them. */
  readonly tombstones = new Map<string, number>();

  /** Applies one commit, or all rows of a checkpoint, and says what it added. */
  apply(version: number, actions: readonly Action[], table: string): Change {
    const added: DataFile[] = [];
    for (const action of actions) {
      if (action.protocol) {
        checkProtocol(action.protocol, table);
        this.protocol = action.protocol;
      }
      if (action.metaData) this.metaData = action.metaData;
      if (action.txn) this.marks.set(action.txn.appId, BigInt(action.txn.version));
      if (action.commitInfo) this.timestampMs = action.commitInfo.timestamp;
      if (action.remove) {
        this.files.delete(action.remove.path);
        this.tombstones.set(action.remove.path, action.remove.deletionTimestamp ?? 0);
      }
      if (action.add) {
        const file = dataFile(action.add);
        this.files.set(file.path, file);
        this.tombstones.delete(file.path);
        if (action.add.dataChange) added.push(file);
      }
    }
    this.version = version;
    return { version, timestampMs: this.timestampMs, files: added };
  }

  snapshot(spec: TableSpec): Snapshot {
    return {
      spec,
      version: this.version,
      timestampMs: this.timestampMs,
      files: [...this.files.values()],
      marks: new Map(this.marks),
    };
  }

  /** Actions and tombstones together: what a checkpoint costs. */
  get size(): number {
    return this.files.size + this.marks.size + this.tombstones.size;
  }

  /** Forgets files removed before the instant: vacuum has deleted them. */
  forgetTombstones(beforeMs: number): void {
    for (const [path, deletedAtMs] of this.tombstones) if (deletedAtMs < beforeMs) this.tombstones.delete(path);
  }

  /** Everything a checkpoint must hold but the tombstones. */
  checkpointActions(): Action[] {
    const actions: Action[] = [];
    if (this.protocol) actions.push({ protocol: this.protocol });
    if (this.metaData) actions.push({ metaData: this.metaData });
    for (const [appId, version] of this.marks) actions.push({ txn: { appId, version: Number(version) } });
    for (const file of this.files.values()) actions.push({ add: addAction(file, false) });
    return actions;
  }
}

export function addAction(file: DataFile, dataChange: boolean): AddAction {
  return {
    path: file.path,
    partitionValues: file.partitionValues,
    size: file.size,
    modificationTime: file.modificationTimeMs,
    dataChange,
    stats: file.statsText,
  };
}

function dataFile(add: AddAction): DataFile {
  const statsText = add.stats ?? "{}";
  const parsed: Partial<FileStats> = JSON.parse(statsText);
  return {
    path: add.path,
    size: Number(add.size),
    modificationTimeMs: Number(add.modificationTime),
    partitionValues: add.partitionValues,
    stats: {
      numRecords: parsed.numRecords ?? -1,
      minValues: exactOnly(parsed.minValues ?? {}),
      maxValues: exactOnly(parsed.maxValues ?? {}),
      nullCount: parsed.nullCount ?? {},
    },
    statsText,
  };
}

/** A bound a double cannot hold exactly would move inward and hide rows: better none. The text keeps it exact. */
export function exactOnly(values: Readonly<Record<string, string | number>>): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([, value]) => typeof value !== "number" || !Number.isInteger(value) || Number.isSafeInteger(value),
    ),
  );
}
