import type { DuckDBConnection } from "@duckdb/node-api";
import { ConcordanceError, invariant } from "../domain/errors";
import { writeParquet } from "../lake/parquet";
import { withRows } from "../lake/row-source";
import type { DataFile } from "../lake/snapshot";
import type { Table } from "../lake/table";
import type { TableBuffer } from "../lake/table-buffer";
import type { Held } from "./absorb";
import type { IndexerOptions } from "./indexer-options";
import type { MicroBatch } from "./micro-batch";
import { FRAUD_SIGNALS, INGEST_BALANCE, QUARANTINE, TRANSACTIONS } from "./tables";

const RETRY_MS_FIRST = 200;
const RETRY_MS_MAX = 5_000;

/** Files other writers added to a table between our commits, by table name. */
export type ForeignFiles = ReadonlyMap<string, readonly DataFile[]>;

export type FlushOutcome =
  | { readonly kind: "committed"; readonly foreign: ForeignFiles }
  | { readonly kind: "lost"; readonly table: string; readonly appId: string };

const baseKey = (table: string, appId: string): string => `${table}\n${appId}`;

interface Prepared {
  readonly table: string;
  readonly file: DataFile | null;
  readonly marks: ReadonlyMap<string, bigint>;
}

/** Writes a batch's files once, then commits them table by table; retries what the store refuses for now, without end. */
export class Flusher {
  private readonly options: IndexerOptions;
  private connections: { decode: DuckDBConnection; write: DuckDBConnection } | null = null;
  private waiting: { message: string; remedy: string } | null = null;
  /** Where this process last saw or put each mark, by table and mark: what its pending rows were decided upon. */
  private readonly bases = new Map<string, bigint>();
  /** Version up to which every other writer's files were handed out as foreign, of the tables this was ever asked for. */
  private readonly known = new Map<string, number>();
  private stopped = false;

  constructor(options: IndexerOptions) {
    this.options = options;
  }

  waitingFor(): { message: string; remedy: string } | null {
    return this.waiting;
  }

  stop(): void {
    this.stopped = true;
    this.connections?.decode.closeSync();
    this.connections?.write.closeSync();
    this.connections = null;
  }

  async withDecodeConnection<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return work((await this.open()).decode);
  }

  /** Lowest mark over `tables`, read fresh; null where one of them has none. */
  async lowestMark(tables: readonly string[], appId: string): Promise<bigint | null> {
    const marks = await Promise.all(tables.map((table) => this.mark(table, appId)));
    let lowest: bigint | null = null;
    for (const mark of marks) {
      if (mark === null) return null;
      if (lowest === null || mark < lowest) lowest = mark;
    }
    return lowest;
  }

  async knownMarks(tables: readonly string[], prefix: string): Promise<ReadonlyMap<string, bigint>> {
    const lowest = new Map<string, bigint>();
    for (const name of tables) {
      const snapshot = await this.options.lake.table(name).refresh();
      for (const [appId, version] of snapshot.marks) {
        if (!appId.startsWith(prefix)) continue;
        const known = lowest.get(appId);
        if (known === undefined || version < known) lowest.set(appId, version);
      }
    }
    return lowest;
  }

  async held(rowsTable: string, alertsTable: string, appId: string): Promise<Held> {
    const mark = async (table: string) => {
      const held = (await this.mark(table, appId)) ?? -1n;
      this.bases.set(baseKey(table, appId), held);
      return held;
    };
    return {
      rows: await mark(rowsTable),
      quarantine: await mark(QUARANTINE.name),
      balance: await mark(INGEST_BALANCE.name),
      alerts: rowsTable === TRANSACTIONS.name ? await mark(alertsTable) : 2n ** 62n,
    };
  }

  /**
   * Order matters: the rows first, the tables derived from the same records after them. A restart in between finds the
   * rows' mark ahead and re-derives the rest from what was stored (`absorbGroup`), never the other way round.
   */
  async flush(batch: MicroBatch): Promise<FlushOutcome> {
    const startedMs = Date.now();
    batch.sealBalance(this.options.nowMicros());
    for (const raw of batch.largeRaws) await this.retry(() => this.options.lake.store.put(raw.key, raw.bytes));
    const first = await this.prepare(batch, [batch.transactions, batch.signals]);
    const rest = await this.prepare(batch, [batch.alerts, batch.quarantine, batch.balance]);
    const preparedMs = Date.now();
    const foreign = new Map<string, readonly DataFile[]>();
    for (const group of [first, rest]) {
      const lost = await this.commitAll(batch, group, foreign);
      if (lost !== null) return lost;
    }
    this.options.log.info(
      {
        batchId: batch.id,
        recordsIn: batch.recordsIn,
        transactions: batch.transactions.rows,
        fraudSignals: batch.signals.rows,
        alerts: batch.alerts.rows,
        quarantined: batch.quarantine.rows,
        bytesIn: batch.bytesIn,
        writeMs: preparedMs - startedMs,
        commitMs: Date.now() - preparedMs,
      },
      "micro-batch committed",
    );
    return { kind: "committed", foreign };
  }

  private async prepare(batch: MicroBatch, buffers: readonly TableBuffer[]): Promise<Prepared[]> {
    const prepared: Prepared[] = [];
    for (const buffer of buffers) {
      const marks = this.marksOf(batch, buffer.spec.name);
      if (marks.size === 0 && buffer.rows === 0) continue;
      const file = buffer.rows === 0 ? null : await this.retry(() => this.write(buffer));
      prepared.push({ table: buffer.spec.name, file, marks });
    }
    return prepared;
  }

  /** A table takes the marks of the sources that feed it. */
  private marksOf(batch: MicroBatch, table: string): ReadonlyMap<string, bigint> {
    if (table === QUARANTINE.name || table === INGEST_BALANCE.name) return batch.marks;
    const signals = table === FRAUD_SIGNALS.name;
    const marks = new Map<string, bigint>();
    for (const [appId, version] of batch.marks) {
      if ((batch.producedBy.get(appId) === "fraud_signals") === signals) marks.set(appId, version);
    }
    return marks;
  }

  private async write(buffer: TableBuffer): Promise<DataFile> {
    const { write } = await this.open();
    const file = await withRows(buffer, (relation) =>
      writeParquet({
        connection: write,
        selectSql: `SELECT * FROM ${relation}`,
        spec: buffer.spec,
        store: this.options.lake.store,
        expectedRows: buffer.rows,
      }),
    );
    if (file === null) throw new Error(`${buffer.spec.name}: ${buffer.rows} rows were staged and none written`);
    buffer.release();
    return file;
  }

  private async commitAll(batch: MicroBatch, group: readonly Prepared[], foreign: Map<string, readonly DataFile[]>) {
    const outcomes = await Promise.all(
      group.map(async (prepared) => {
        const { table } = prepared;
        const before = this.known.get(table) ?? this.options.lake.table(table).current().version;
        const outcome = await this.retry(() => this.commitOne(batch, prepared));
        if (outcome === null || outcome.kind === "lost") return outcome;
        // Apart from the commit, which must not be tried again because this fails.
        foreign.set(table, await this.retry(() => this.addedByOthers(table, before, outcome.version)));
        if (this.known.has(table)) this.known.set(table, outcome.version);
        return null;
      }),
    );
    return outcomes.find((outcome) => outcome !== null) ?? null;
  }

  /** Null where there is nothing to commit. */
  private async commitOne(
    batch: MicroBatch,
    prepared: Prepared,
  ): Promise<Extract<FlushOutcome, { kind: "lost" }> | { kind: "committed"; version: number } | null> {
    const table = this.options.lake.table(prepared.table);
    const moved = this.movedByAnother(table, prepared.marks);
    if (moved !== null) return { kind: "lost", table: prepared.table, appId: moved };
    const marks = [...prepared.marks].filter(([appId, version]) => version > (table.current().marks.get(appId) ?? -1n));
    if (marks.length === 0 && prepared.file === null) return null;
    invariant(marks.length > 0, `${prepared.table}: rows without a mark could be committed twice`);
    const outcome = await table.commit({
      adds: prepared.file === null ? [] : [prepared.file],
      marks: marks.map(([appId, version]) => {
        const base = this.bases.get(baseKey(prepared.table, appId));
        return { appId, version, ...(base === undefined ? {} : { base }) };
      }),
      operation: "WRITE",
      info: { batchId: batch.id },
    });
    if (outcome.kind === "mark_moved") return { kind: "lost", table: prepared.table, appId: outcome.appId };
    if (outcome.kind === "file_removed")
      throw new Error(`${prepared.table}: an append removed nothing, yet ${outcome.path}`);
    for (const [appId, version] of marks) this.bases.set(baseKey(prepared.table, appId), version);
    return outcome;
  }

  /** Between a version seen before and one's own commit. */
  private async addedByOthers(table: string, before: number, own: number): Promise<DataFile[]> {
    if (own <= before + 1) return [];
    const changes = await this.options.lake.table(table).changesSince(before);
    return changes.filter((change) => change.version < own).flatMap((change) => change.files);
  }

  /** The files others added to a table since this was last asked or told by a commit; none at the first time, when nothing of it is in memory. */
  async foreignSince(table: string): Promise<ForeignFiles> {
    const { version } = this.options.lake.table(table).current();
    const known = this.known.get(table) ?? version;
    const changes = version > known ? await this.options.lake.table(table).changesSince(known) : [];
    this.known.set(table, changes.at(-1)?.version ?? version);
    return new Map([[table, changes.flatMap((change) => change.files)]]);
  }

  /**
   * A mark that is not where this process left it: somebody else has committed the records behind it, and the rows at hand
   * were decided without knowing. What happens from now on the commit itself notices.
   */
  private movedByAnother(table: Table, marks: ReadonlyMap<string, bigint>): string | null {
    for (const appId of marks.keys()) {
      const base = this.bases.get(baseKey(table.spec.name, appId));
      if (base !== undefined && (table.current().marks.get(appId) ?? -1n) !== base) return appId;
    }
    return null;
  }

  private async mark(table: string, appId: string): Promise<bigint | null> {
    const snapshot = await this.options.lake.table(table).refresh();
    return snapshot.marks.get(appId) ?? null;
  }

  private async open(): Promise<{ decode: DuckDBConnection; write: DuckDBConnection }> {
    this.connections ??= { decode: await this.options.db.connect(), write: await this.options.db.connect() };
    return this.connections;
  }

  /** Retries while the store is unavailable: nothing is lost, pushing waits, and the status says what for. */
  private async retry<T>(work: () => Promise<T>): Promise<T> {
    for (let delayMs = RETRY_MS_FIRST; ; delayMs = Math.min(delayMs * 2, RETRY_MS_MAX)) {
      try {
        const value = await work();
        this.waiting = null;
        return value;
      } catch (error) {
        if (!(error instanceof ConcordanceError) || error.kind !== "unavailable" || this.stopped) throw error;
        this.waiting = {
          message: error.message,
          remedy: error.remedy ?? "It goes on by itself when the store answers.",
        };
        this.options.log.warn({ code: error.code, err: error, delayMs }, "store unavailable; trying again");
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    }
  }
}
