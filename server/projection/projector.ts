import type { DuckDBConnection } from "@duckdb/node-api";
import { ConcordanceError, invariant } from "../domain/errors";
import type { Db } from "../lake/duckdb";
import { followMark } from "../lake/followers";
import type { Lake } from "../lake/lake";
import { writeParquet } from "../lake/parquet";
import { scanSql } from "../lake/scan";
import type { Change, DataFile, Snapshot } from "../lake/snapshot";
import type { TableSpec } from "../lake/types";
import type { Logger } from "../observability/log";
import { pause } from "../pipeline/pause";
import type { Projection, ProjectionContext } from "./projection";

export interface ProjectorOptions {
  readonly lake: Lake;
  readonly db: Db;
  /** All on one connection, which holds their state. */
  readonly projections: (connection: DuckDBConnection) => readonly Projection[];
  /** Input rows taken into one tick at most; one commit is never cut. */
  readonly rowsPerTickMax: number;
  readonly nowMicros: () => bigint;
  readonly log: Logger;
  /** Called between two commits; the recovery suite dies here. Absent in every shipped process. */
  readonly afterCommit?: (table: string) => void;
}

export interface TickFacts {
  readonly projection: string;
  readonly versionFrom: number;
  readonly versionTo: number;
  readonly rowsIn: number;
  readonly durationMs: number;
}

const POLL_MS = 50;
/** Where another projector is at work this one leaves it the field for so long, and looks again whether it still is. */
const STAND_BY_MS = 3_000;
/** More new rows than this are not copied into memory first: each projection reads their files. */
const DELTA_ROWS_HELD_MAX = 2_000_000;
const NO_MARK = -1n;
/** A table without a mark is followed from its beginning. */
const versionOf = (mark: bigint): number => Math.max(0, Number(mark));

/**
 * Follows the raw tables and keeps the partial indexes. One tick takes a range of versions of one input; every output
 * commits with the mark `from/<input>` = the last version of the range, and skips a range it already holds.
 */
export class Projector {
  private connection: DuckDBConnection | null = null;
  private projections: readonly Projection[] = [];
  private ticks = 0;
  /** Newest version of each input in this round: every projection takes the same range where it can, and the rows are read once. */
  private readonly newest = new Map<string, number>();
  /** Which versions of each input the connection holds as a table. */
  private readonly loaded = new Map<string, string>();
  private lastTick: TickFacts | null = null;
  /** Where the marks stood when each projection's state was right. Marks that stand elsewhere were moved by another projector. */
  private readonly held = new Map<string, string>();
  /** Another projector's work was met in this round. */
  private overtaken = false;
  /** Why it waits for the store; null while it works. */
  private fault: ConcordanceError | null = null;

  constructor(private readonly options: ProjectorOptions) {}

  status() {
    return { ticks: this.ticks, lastTick: this.lastTick, fault: this.fault };
  }

  /**
   * Runs until the signal; an unavailable store is waited for. Of several projectors on one lake the one that was overtaken
   * stands by: taking turns would be right, too, but each turn begins with reading the state again.
   */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const worked = await this.tickAll();
        this.fault = null;
        if (this.overtaken) await pause(STAND_BY_MS * (1 + Math.random()), signal);
        else if (!worked) await pause(POLL_MS, signal);
      } catch (error) {
        if (!(error instanceof ConcordanceError) || error.kind !== "unavailable") throw error;
        this.options.log.warn({ err: error }, "store unavailable; trying again");
        this.fault = error;
        await this.reset();
        await pause(1_000, signal);
      }
    }
  }

  /** Projects everything committed so far. */
  async drain(): Promise<void> {
    while (await this.tickAll());
  }

  close(): void {
    this.connection?.closeSync();
    this.connection = null;
    this.loaded.clear();
    this.held.clear();
  }

  /** One tick of each projection that has something new; false where none had. */
  async tickAll(): Promise<boolean> {
    await this.open();
    let worked = false;
    this.newest.clear();
    this.overtaken = false;
    for (const projection of this.projections) worked = (await this.tick(projection)) || worked;
    return worked;
  }

  private async tick(projection: Projection): Promise<boolean> {
    const startedMs = Date.now();
    const { lake, nowMicros } = this.options;
    const { alsoInput } = projection;
    if (alsoInput !== undefined) return this.tickJoint(projection, alsoInput);
    const appId = `from/${projection.input}`;
    const marks = await Promise.all(
      projection.outputs.map(
        async (spec) => (await lake.table(spec.name).refresh()).marks.get(markOf(projection)) ?? NO_MARK,
      ),
    );
    const froms = marks.map(versionOf);
    const from = Math.min(...froms);
    const ahead = Math.max(...froms);
    // Outputs that were committed before a crash bound the range: it is done again exactly for the others.
    const changes = cut(
      await this.changesOf(projection.input, from),
      ahead > from ? ahead : null,
      this.options.rowsPerTickMax,
    );
    const to = changes.at(-1)?.version;
    if (to === undefined) return false;
    await this.forgetStaleState(projection, String(from));
    const connection = await this.open();
    const inputBefore = () => this.inputBefore(projection.input, from);
    const context: ProjectionContext = { connection, lake, inputBefore, nowMicros: nowMicros() };
    const rowsIn = await this.loadDelta("delta", projection.input, changes);
    const bases = new Map(projection.outputs.map(({ name }, place) => [name, marks[place] ?? NO_MARK]));
    const until = ahead > from ? ahead : to;
    const outcome = await this.commitOutputs(projection, context, until, bases);
    if (outcome === "lost") {
      await this.reset();
      return true;
    }
    await projection.advance(context);
    this.held.set(projection.name, String(until));
    this.ticks++;
    this.lastTick = {
      projection: projection.name,
      versionFrom: from,
      versionTo: until,
      rowsIn,
      durationMs: Date.now() - startedMs,
    };
    this.options.log.info({ ...this.lastTick, appId }, "tick committed");
    return true;
  }

  /** A tick over two inputs with one output: rows and both marks are one commit, which another projector's tick refuses. */
  private async tickJoint(projection: Projection, alsoInput: string): Promise<boolean> {
    const startedMs = Date.now();
    const { lake, nowMicros, rowsPerTickMax } = this.options;
    const [spec, ...others] = projection.outputs;
    invariant(spec !== undefined && others.length === 0, `${projection.name}: two inputs need exactly one output`);
    const output = lake.table(spec.name);
    const { marks } = await output.refresh();
    const connection = await this.open();
    const ranges = await Promise.all(
      [projection.input, alsoInput].map(async (input) => {
        const appId = markOf({ name: projection.name, input });
        const base = marks.get(appId) ?? NO_MARK;
        const changes = cut(await this.changesOf(input, versionOf(base)), null, rowsPerTickMax);
        return { input, appId, base, changes, to: changes.at(-1)?.version ?? null };
      }),
    );
    if (ranges.every(({ to }) => to === null)) return false;
    await this.forgetStaleState(projection, ranges.map(({ base }) => base).join());
    let rowsIn = 0;
    for (const [place, { input, changes }] of ranges.entries()) {
      rowsIn += await this.loadDelta(place === 0 ? "delta" : "delta_also", input, changes);
    }
    const from = versionOf(ranges[0]?.base ?? NO_MARK);
    const inputBefore = () => this.inputBefore(projection.input, from);
    const context: ProjectionContext = { connection, lake, inputBefore, nowMicros: nowMicros() };
    const [projected] = await projection.project(context);
    invariant(projected !== undefined, `${projection.name}: projected nothing`);
    const file = await this.write(spec, projected.selectSql);
    const outcome = await output.commit({
      adds: file === null ? [] : [file],
      marks: ranges.flatMap(({ appId, base, to }) => (to === null ? [] : [{ appId, base, version: BigInt(to) }])),
      expects: ranges.flatMap(({ appId, base, to }) => (to === null ? [{ appId, version: base }] : [])),
      operation: "WRITE",
      info: { projection: projection.name },
    });
    if (outcome.kind !== "committed") {
      this.lost(projection, spec.name);
      await this.reset();
      return true;
    }
    this.options.afterCommit?.(spec.name);
    await projection.advance(context);
    this.held.set(projection.name, ranges.map(({ base, to }) => (to === null ? base : BigInt(to))).join());
    this.ticks++;
    this.lastTick = {
      projection: projection.name,
      versionFrom: from,
      versionTo: ranges[0]?.to ?? from,
      rowsIn,
      durationMs: Date.now() - startedMs,
    };
    this.options.log.info({ ...this.lastTick }, "tick committed");
    return true;
  }

  private async changesOf(input: string, from: number): Promise<readonly Change[]> {
    const changes = await this.allChanges(input, from);
    const last = changes.at(-1)?.version;
    if (last === undefined) return changes;
    const newest = this.newest.get(input) ?? last;
    this.newest.set(input, newest);
    return changes.filter(({ version }) => version <= newest);
  }

  /** A follower that begins where the log no longer does takes the table as it stands as one change. */
  private async allChanges(input: string, from: number): Promise<readonly Change[]> {
    const table = this.options.lake.table(input);
    try {
      return await table.changesSince(from);
    } catch (error) {
      if (from > 0 || !(error instanceof ConcordanceError) || error.code !== "log_truncated") throw error;
      const { version, timestampMs, files } = await table.refresh();
      return files.length === 0 ? [] : [{ version, timestampMs, files }];
    }
  }

  private async inputBefore(input: string, version: number): Promise<Snapshot> {
    const table = this.options.lake.table(input);
    if (version > 0) return table.at({ version });
    return { ...(await table.refresh()), version: 0, files: [] };
  }

  /** Makes the rows of the changes seen as `name`; they are read once however many projections take the same range. */
  private async loadDelta(name: string, input: string, changes: readonly Change[]): Promise<number> {
    const { lake } = this.options;
    const connection = await this.open();
    const { spec } = lake.table(input);
    const held = `delta_of_${input}`;
    const range = `${changes[0]?.version ?? ""}-${changes.at(-1)?.version ?? ""}`;
    const rows = rowsOf(changes);
    if (this.loaded.get(input) !== range || rows > DELTA_ROWS_HELD_MAX) {
      const sources = changes.length === 0 ? [{ files: [], timestampMs: 0 }] : changes;
      const parts = await Promise.all(
        sources.map(
          async ({ files, timestampMs }) =>
            `SELECT *, ${timestampMs} AS committed_ms FROM ${await scanSql(lake.store, spec, files)}`,
        ),
      );
      const all = parts.join(" UNION ALL ");
      if (rows > DELTA_ROWS_HELD_MAX) {
        await connection.run(`CREATE OR REPLACE TEMP VIEW ${name} AS ${all}`);
        return rows;
      }
      this.loaded.delete(input);
      await connection.run(`CREATE OR REPLACE TEMP TABLE ${held} AS ${all}`);
      this.loaded.set(input, range);
    }
    await connection.run(`CREATE OR REPLACE TEMP VIEW ${name} AS FROM ${held}`);
    return rows;
  }

  private async commitOutputs(
    projection: Projection,
    context: ProjectionContext,
    to: number,
    bases: ReadonlyMap<string, bigint>,
  ): Promise<"done" | "lost"> {
    const { lake } = this.options;
    const appId = markOf(projection);
    for (const { spec, selectSql } of await projection.project(context)) {
      const table = lake.table(spec.name);
      const base = bases.get(spec.name) ?? NO_MARK;
      // Moved by another projector since this tick looked.
      if ((table.current().marks.get(appId) ?? NO_MARK) !== base) return this.lost(projection, spec.name);
      if (base >= BigInt(to)) continue;
      const file = await this.write(spec, selectSql);
      const outcome = await table.commit({
        adds: file === null ? [] : [file],
        marks: [{ appId, base, version: BigInt(to) }],
        operation: "WRITE",
        info: { projection: projection.name },
      });
      if (outcome.kind !== "committed") {
        return this.lost(projection, spec.name);
      }
      this.options.afterCommit?.(spec.name);
    }
    return "done";
  }

  private async write(spec: TableSpec, selectSql: string | null): Promise<DataFile | null> {
    if (selectSql === null) return null;
    return writeParquet({ connection: await this.open(), selectSql, spec, store: this.options.lake.store });
  }

  private lost(projection: Projection, table: string): "lost" {
    this.options.log.warn({ projection: projection.name, table }, "another projector was faster: state thrown away");
    this.overtaken = true;
    return "lost";
  }

  /** The state is a cache of what was committed up to marks where they stood: anywhere else it knows too little. */
  private async forgetStaleState(projection: Projection, standing: string): Promise<void> {
    const held = this.held.get(projection.name);
    if (held === undefined || held === standing) return;
    this.options.log.info({ projection: projection.name, held, standing }, "another projector went on from here");
    this.overtaken = true;
    this.held.delete(projection.name);
    await projection.reset();
  }

  private async open(): Promise<DuckDBConnection> {
    if (this.connection === null) {
      this.connection = await this.options.db.connect();
      this.projections = this.options.projections(this.connection);
    }
    return this.connection;
  }

  private async reset(): Promise<void> {
    this.held.clear();
    for (const projection of this.projections) await projection.reset();
  }
}

/** Two projections may write one table from one input, each with a mark of its own. */
const markOf = ({ name, input }: Pick<Projection, "name" | "input">): string => followMark(input, name);

const rowsOf = (changes: readonly Change[]): number =>
  changes.reduce((rows, { files }) => rows + files.reduce((sum, file) => sum + file.stats.numRecords, 0), 0);

/** The changes of one tick: up to `until` where a range must be done again, else as many as fit the row limit. */
function cut(changes: readonly Change[], until: number | null, rowsMax: number): Change[] {
  if (until !== null) return changes.filter((change) => change.version <= until);
  const taken: Change[] = [];
  let rows = 0;
  for (const change of changes) {
    if (taken.length > 0 && rows >= rowsMax) break;
    taken.push(change);
    rows += rowsOf([change]);
  }
  return taken;
}
