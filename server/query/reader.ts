import { join } from "node:path";
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { ConcordanceError } from "../domain/errors";
import { formatInstant } from "../domain/time";
import { sqlName } from "../lake/duckdb";
import type { Lake } from "../lake/lake";
import { pruneFiles } from "../lake/scan";
import type { DataFile, Snapshot } from "../lake/snapshot";
import type { Logger } from "../observability/log";
import { type HotFiles, openHotFiles } from "./hot-files";
import { type IdentifierFilters, openIdentifierFilters } from "./identifier-filters";
import { cellOf, type Row } from "./values";

export interface LakeReaderOptions {
  readonly lake: Lake;
  readonly log: Logger;
  /** Keeps what is derived from files of the lake, over restarts. */
  readonly cacheDirectory: string;
  /** Queries that run at once; more wait their turn. */
  readonly connections?: number;
  /** Table logs are looked at no more often than this, for all readers together, milliseconds. */
  readonly pollMs?: number;
  /** A query is interrupted after this, milliseconds. */
  readonly queryTimeoutMs?: number;
}

const DEFAULTS = { connections: 4, pollMs: 250, queryTimeoutMs: 30_000 };
const WAITING_MAX = 200;
const INTERRUPT_AGAIN_MS = 50;
const ROWS_MAX = 100_000;

export interface ReadRequest {
  /** For the log and for errors. */
  readonly name: string;
  /** The caller went away when it aborts: the query is interrupted. */
  readonly signal?: AbortSignal | undefined;
}

/** What a read may look at: the same snapshot for all of its queries. */
export interface LakeView {
  readonly snapshots: ReadonlyMap<string, Snapshot>;
  snapshot(table: string): Snapshot;
  has(table: string): boolean;
  /** An SQL relation over the table's rows; bounds leave out files whose statistics exclude them. */
  scan(table: string, bounds?: Bounds): Promise<string>;
  /** The same over the files that may hold one of the values in an identifier column of the table. */
  scanHolding(table: string, values: readonly string[], bounds?: Bounds): Promise<string>;
  /** The files of such a scan, in the order of the log. */
  filesHolding(table: string, values: readonly string[], bounds?: Bounds): Promise<readonly DataFile[]>;
  /** The same over given files, e.g. those one commit added. */
  scanFiles(table: string, files: readonly DataFile[]): Promise<string>;
  /** Runs one query. Parameters are `$name`. More than 100,000 rows are refused. */
  rows(sql: string, parameters?: Readonly<Record<string, DuckDBValue>>): Promise<Row[]>;
  /** Makes a temporary table of texts, for lists too long for a parameter. Gone when the read ends. */
  texts(name: string, values: readonly string[]): Promise<string>;
}

export interface Bounds {
  readonly column: string;
  readonly min?: string;
  readonly max?: string;
}

export interface LakeReader {
  readonly lake: Lake;
  /** Pins one snapshot of every table and runs the work on it. */
  read<T>(request: ReadRequest, work: (view: LakeView) => Promise<T>): Promise<T>;
  /** A reader of one snapshot, however many reads it serves: for answers longer than one read. Not to be closed. */
  pinned(): Promise<LakeReader>;
  /** The same of given snapshots, e.g. of an earlier instant; other tables are not there. Not to be closed. */
  over(snapshots: ReadonlyMap<string, Snapshot>): LakeReader;
  /** Every table's newest snapshot, at most `pollMs` old. */
  snapshots(): Promise<ReadonlyMap<string, Snapshot>>;
  /** The next read looks at the table logs again: whoever wrote through this process sees it in the very next answer. */
  renew(): void;
  /** Reads under way and waiting. */
  load(): { running: number; waiting: number };
  close(): void;
}

/** Reads of the web and the API over the lake: bounded in number, memory and time, each over one pinned snapshot. */
export function openLakeReader(options: LakeReaderOptions): LakeReader {
  const { lake, log } = options;
  const limits = { ...DEFAULTS, ...options };
  const hot = openHotFiles(lake);
  const directory = join(limits.cacheDirectory, "identifiers");
  const identifiers = openIdentifierFilters({ lake, directory, log });
  const turns = createTurns(limits.connections);
  const snapshots = createSnapshotPoll(lake, limits.pollMs);
  const idle: DuckDBConnection[] = [];
  let closed = false;

  const run = async <T>(look: Look, request: ReadRequest, work: (view: LakeView) => Promise<T>): Promise<T> => {
    const pinned = await look();
    const connection = idle.pop() ?? (await lake.db.connect());
    const guard = guardQuery(connection, request, limits.queryTimeoutMs);
    let healthy = false;
    try {
      const value = await work(createView({ hot, identifiers }, connection, pinned));
      healthy = true;
      return value;
    } catch (error) {
      throw guard.explain(error);
    } finally {
      guard.end();
      // A connection that failed or was interrupted may hold half a transaction: it is not used again.
      if (healthy && !closed && idle.length < limits.connections) {
        idle.push(connection);
      } else connection.closeSync();
    }
  };

  const readFrom = async <T>(look: Look, request: ReadRequest, work: (view: LakeView) => Promise<T>): Promise<T> => {
    request.signal?.throwIfAborted();
    const startedMs = performance.now();
    const release = await turns.take(request);
    try {
      return await run(look, request, work);
    } finally {
      release();
      log.debug({ query: request.name, durationMs: Math.round(performance.now() - startedMs) }, "read");
    }
  };
  const readerOf = (look: Look): Omit<LakeReader, "close"> => ({
    lake,
    snapshots: look,
    renew: snapshots.forget,
    load: turns.load,
    read: (request, work) => readFrom(look, request, work),
    over: pinnedTo,
    pinned: async () => pinnedTo(await look()),
  });
  const pinnedTo = (pinned: ReadonlyMap<string, Snapshot>): LakeReader => ({
    ...readerOf(async () => pinned),
    close: () => undefined,
  });

  return {
    ...readerOf(snapshots.look),
    close: () => {
      closed = true;
      for (const connection of idle.splice(0)) connection.closeSync();
      hot.close();
      void identifiers.close();
    },
  };
}

type Look = () => Promise<ReadonlyMap<string, Snapshot>>;

interface Files {
  readonly hot: HotFiles;
  readonly identifiers: IdentifierFilters;
}

function createView(
  { hot, identifiers }: Files,
  connection: DuckDBConnection,
  snapshots: ReadonlyMap<string, Snapshot>,
): LakeView {
  const snapshot = (table: string): Snapshot => {
    const found = snapshots.get(table);
    if (found === undefined) {
      throw new ConcordanceError({ kind: "internal", code: "no_such_table", message: `No table ${table} is pinned.` });
    }
    return found;
  };
  const filesOf = (table: string, bounds?: Bounds): readonly DataFile[] => {
    const { files } = snapshot(table);
    return bounds === undefined ? files : within(files, bounds);
  };
  const filesHolding: LakeView["filesHolding"] = (table, values, bounds) =>
    identifiers.mayHold(connection, snapshot(table).spec, filesOf(table, bounds), values);
  return {
    snapshots,
    snapshot,
    has: (table) => snapshots.has(table),
    scan: (table, bounds) => hot.scan(snapshot(table).spec, filesOf(table, bounds)),
    scanHolding: async (table, values, bounds) =>
      hot.scan(snapshot(table).spec, await filesHolding(table, values, bounds)),
    filesHolding,
    scanFiles: (table, files) => hot.scan(snapshot(table).spec, files),
    rows: async (sql, parameters) => {
      const reader =
        parameters === undefined || Object.keys(parameters).length === 0
          ? await connection.runAndReadAll(sql)
          : await connection.runAndReadAll(sql, { ...parameters });
      if (reader.currentRowCount > ROWS_MAX) {
        throw new ConcordanceError({
          kind: "invalid_input",
          code: "too_many_rows",
          message: `The answer has more than ${ROWS_MAX} rows.`,
          remedy: "Narrow the filter or the period, or use an export.",
        });
      }
      const names = reader.deduplicatedColumnNames();
      return reader
        .getRows()
        .map((cells) => Object.fromEntries(names.map((name, index) => [name, cellOf(cells[index] ?? null)])));
    },
    texts: async (name, values) => {
      const table = sqlName(name);
      await connection.run(`CREATE OR REPLACE TEMP TABLE ${table} (value VARCHAR)`);
      if (values.length > 0) {
        const appender = await connection.createAppender(name, null, "temp");
        for (const value of values) {
          appender.appendVarchar(value);
          appender.endRow();
        }
        appender.closeSync();
      }
      return table;
    },
  };
}

/** Statistics are text: instants rounded outward to milliseconds, so bounds are too. "~" sorts after every other ASCII text. */
function within(files: Snapshot["files"], { column, min, max }: Bounds) {
  // Beyond ASCII the order of JavaScript's text is not the order of its bytes: such files are all read.
  const comparable = (bound: string) => /^[\x20-\x7d]*$/.test(bound);
  const low = min !== undefined && comparable(min) ? outward(min, 0) : "";
  const high = max !== undefined && comparable(max) ? outward(max, 1) : "~";
  return pruneFiles(files, column, low, high);
}

const outward = (bound: string, addMs: number): string =>
  /^\d{4}-\d{2}-\d{2}T.*Z$/.test(bound) ? new Date(Math.floor(Date.parse(bound)) + addMs).toISOString() : bound;

/** Interrupts the query when the caller leaves or its time is up, and says which it was. */
function guardQuery(connection: DuckDBConnection, { name, signal }: ReadRequest, timeoutMs: number) {
  let reason: "left" | "late" | null = null;
  let again: NodeJS.Timeout | null = null;
  const interrupt = (why: "left" | "late") => {
    reason ??= why;
    connection.interrupt();
    // An interrupt between two statements stops neither: it is said until the read has ended.
    again ??= setInterval(() => connection.interrupt(), INTERRUPT_AGAIN_MS);
  };
  const leave = () => interrupt("left");
  const timer = setTimeout(() => interrupt("late"), timeoutMs);
  signal?.addEventListener("abort", leave, { once: true });
  // It may have left while the read waited for its turn.
  if (signal?.aborted === true) leave();
  return {
    end: () => {
      clearTimeout(timer);
      if (again !== null) clearInterval(again);
      signal?.removeEventListener("abort", leave);
    },
    explain: (error: unknown): unknown => {
      if (reason === "left") {
        return new ConcordanceError({
          kind: "unavailable",
          code: "query_cancelled",
          message: `${name} was cancelled because its caller left.`,
        });
      }
      if (reason === "late") {
        return new ConcordanceError({
          kind: "unavailable",
          code: "query_too_slow",
          message: `${name} took longer than ${timeoutMs / 1000} s and was stopped.`,
          remedy: "Narrow the filter or the period.",
        });
      }
      return error;
    },
  };
}

/** At most `count` hold a turn; a bounded number waits in order, and leaves the queue when its caller does. */
function createTurns(count: number) {
  let running = 0;
  const waiting: (() => void)[] = [];
  const release = () => {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  };
  const take = async ({ name, signal }: ReadRequest): Promise<() => void> => {
    if (running < count) {
      running++;
      return release;
    }
    if (waiting.length >= WAITING_MAX) {
      throw new ConcordanceError({
        kind: "unavailable",
        code: "too_busy",
        message: `${name}: ${WAITING_MAX} reads are already waiting.`,
        remedy: "Try again in a moment.",
      });
    }
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        const place = waiting.indexOf(turn);
        if (place >= 0) waiting.splice(place, 1);
        reject(signal?.reason);
      };
      const turn = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      signal?.addEventListener("abort", leave, { once: true });
      waiting.push(turn);
    });
    return release;
  };
  return { take, load: () => ({ running, waiting: waiting.length }) };
}

/** One look at the table logs serves every reader for `pollMs`. */
function createSnapshotPoll(lake: Lake, pollMs: number) {
  let pinned: Promise<ReadonlyMap<string, Snapshot>> | null = null;
  let takenAtMs = 0;
  const look = (): Promise<ReadonlyMap<string, Snapshot>> => {
    const now = performance.now();
    if (pinned !== null && now - takenAtMs < pollMs) return pinned;
    takenAtMs = now;
    const next = lake.refreshAll();
    pinned = next;
    // A failure is told to those who asked, and the next asks again.
    next.catch(() => {
      if (pinned === next) pinned = null;
    });
    return next;
  };
  const forget = (): void => {
    pinned = null;
  };
  return { look, forget };
}

/** What an answer says of the snapshot it was read from: versions of the tables named, and the newest event time of one of them. */
export function asOfOf(view: LakeView, tables: readonly string[], watermarkTable: string, column = "event_time") {
  return {
    lakeVersions: Object.fromEntries(
      tables.filter((table) => view.has(table)).map((table) => [table, view.snapshot(table).version]),
    ),
    watermark: newestOf(view.snapshot(watermarkTable), column),
    readAt: formatInstant(BigInt(Date.now()) * 1000n),
  };
}

/** Newest value of an instant column by the files' statistics, which round up to the millisecond; a date is told as its start, UTC. */
export function newestOf(snapshot: Snapshot, column: string): string | null {
  let newest: string | null = null;
  for (const file of snapshot.files) {
    const value = file.stats.maxValues[column];
    if (typeof value === "string" && (newest === null || value > newest)) newest = value;
  }
  return newest !== null && /^\d{4}-\d{2}-\d{2}$/.test(newest) ? `${newest}T00:00:00Z` : newest;
}
