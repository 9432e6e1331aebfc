import { ConcordanceError } from "../../domain/errors";
import type { ObjectInfo, ObjectStore } from "../../lake/store/store";
import type { Logger } from "../../observability/log";
import { pause } from "../../pipeline/pause";
import type { RawRecord } from "../../pipeline/records";
import type { Source, SourceSink, SourceStatus } from "../../pipeline/source";
import { inspect, type LandingFiles, type RecordFormat, RecordReader } from "./files";
import {
  changedFile,
  forgetPlan,
  type Plan,
  placeOf,
  readPlan,
  readTaken,
  rememberFinished,
  rememberTaken,
  writePlan,
} from "./plan";

export interface LandingOptions {
  readonly name: string;
  readonly store: ObjectStore;
  readonly files: LandingFiles;
  readonly format: RecordFormat;
  readonly pollMs: number;
  /** A file must have been unchanged this long; 0 where files are only ever renamed in. */
  readonly settleMs: number;
  readonly recordsPerPlan: number;
  readonly bytesPerPlan: number;
  /** Ends once every file present has been read, instead of watching. */
  readonly once: boolean;
  /** Watching with nothing to read, and what was pushed still not committed this long after: start again from the mark. */
  readonly reseekMs?: number;
  readonly log: Logger;
}

const PLANS_KEPT = 100;
/** Plans forgotten after one commit at most; what is left is forgotten after the next. */
const PLANS_FORGOTTEN_MAX = 1_000;
const RESEEK_MS_DEFAULT = 10_000;
const RETRY_MS = 1_000;
/** Faults of what was delivered: they stop this source and no other. */
const OWN_FAULTS: ReadonlySet<string> = new Set(["landing_file_changed", "csv_header_differs"]);

/** A read file and the plan whose commit allows putting it aside. */
interface Finished {
  readonly plan: number;
  readonly file: ObjectInfo;
}

/** Files dropped into a folder, as a source: planned before they are read, each content once. */
export function createLandingSource(options: LandingOptions): LandingSource {
  return new LandingSource(options);
}

export class LandingSource implements Source {
  readonly name: string;
  /** Contents that were delivered before, under this name or another. */
  readonly recognised: string[] = [];
  /** Files that cannot be read as they are, with the reason; looked at again when they change. */
  readonly refused = new Map<string, { readonly etag: string; readonly error: ConcordanceError }>();
  private state: SourceStatus["state"] = "starting";
  private failure: ConcordanceError | null = null;
  private readonly done = new Map<string, string>();
  private readonly seen = new Map<string, { etag: string; atMs: number }>();
  private finished: Finished[] = [];
  private nextPlan = 0;
  /** The last plan known to be committed. */
  private committedPlan = -1;
  private forgottenTo: number | null = null;
  private lastPushMs = 0;
  /** Files of the last look that were not read yet; null where the folder could not be looked at. */
  private waiting: readonly ObjectInfo[] | null = null;

  constructor(private readonly options: LandingOptions) {
    this.name = options.name;
  }

  status(): SourceStatus {
    const [refused] = this.refused.values();
    const error = this.failure ?? refused?.error ?? null;
    return {
      state: this.failure !== null ? "failed" : this.state,
      code: error?.code ?? null,
      message: error?.message ?? null,
      remedy: error?.remedy ?? null,
      partitions: [
        {
          partition: "*",
          position: BigInt(this.nextPlan),
          low: null,
          high: BigInt(this.nextPlan + (this.waiting?.length ?? 0)),
          // Records of a file nobody has opened are not known; how long the oldest file has waited is.
          lagMessages: null,
          lagSeconds: this.lagSeconds(),
        },
      ],
    };
  }

  /** Age of the oldest file that is not committed, by when it was written; 0 where none waits, null where that is not known. */
  private lagSeconds(): number | null {
    if (this.waiting === null) return null;
    const open = [...this.waiting, ...this.finished.map(({ file }) => file)];
    const oldestMs = Math.min(Date.now(), ...open.map(({ modifiedAtMs }) => modifiedAtMs));
    return (Date.now() - oldestMs) / 1000;
  }

  async run(sink: SourceSink, signal: AbortSignal): Promise<void> {
    const appId = `landing/${this.name}`;
    const unsubscribe = sink.onCommitted((marks) => void this.afterCommit(marks.get(appId) ?? -1n));
    try {
      while (!signal.aborted) {
        try {
          await this.follow(sink, signal, appId);
          return;
        } catch (error) {
          if (!(error instanceof ConcordanceError)) throw error;
          if (error.code === "fenced") continue;
          if (error.kind === "unavailable" || error.code === "no_such_object") this.waitFor(error);
          else if (OWN_FAULTS.has(error.code)) this.stopLoudly(error);
          else throw error;
          if (this.failure !== null && this.options.once) return;
          await pause(RETRY_MS, signal);
        }
      }
    } finally {
      unsubscribe();
      if (this.failure === null) this.state = "stopped";
    }
  }

  private waitFor(error: ConcordanceError): void {
    this.state = "waiting";
    this.waiting = null;
    this.options.log.warn({ err: error, source: this.name }, "landing zone unavailable; trying again");
  }

  /** Nothing is read any more, but looked at again and again: when the fault is gone, reading goes on. */
  private stopLoudly(error: ConcordanceError): void {
    if (this.failure?.message !== error.message) {
      this.options.log.error({ err: error, source: this.name }, "source stopped; the other sources go on");
    }
    this.failure = error;
  }

  private async follow(sink: SourceSink, signal: AbortSignal, appId: string): Promise<void> {
    const mark = await sink.lowestMark(appId);
    this.state = "running";
    let last: Plan | null = mark === null ? null : await readPlan(this.options.store, this.name, Number(mark));
    this.nextPlan = mark === null ? 0 : Number(mark) + 1;
    this.committedPlan = this.nextPlan - 1;
    this.lastPushMs = Date.now();
    // Plans already written are executed exactly as they stand: part of their rows may be committed.
    for (let plan = await this.planned(); plan !== null && !signal.aborted; plan = await this.planned()) {
      await this.executeAgain(plan, sink, appId);
      last = plan;
    }
    if (last !== null && !signal.aborted) await this.finishFile(last, sink, signal, appId);
    this.failure = null;
    while (!signal.aborted) {
      const ready = await this.readyFiles();
      for (const file of ready) {
        if (!signal.aborted) await this.readFile(file, sink, signal, appId);
      }
      if (ready.length > 0) continue;
      if (this.options.once) return this.endOnce(sink, appId);
      if (this.overdue()) throw fenced(appId);
      await pause(this.options.pollMs, signal);
    }
  }

  /** A flush also resolves where the batch was lost to another writer: only the mark says that everything is in. */
  private async endOnce(sink: SourceSink, appId: string): Promise<void> {
    await sink.flush();
    const mark = (await sink.lowestMark(appId)) ?? -1n;
    if (mark < BigInt(this.nextPlan - 1)) throw fenced(appId);
    await this.afterCommit(mark);
  }

  /** A lost batch shows only at the next push, and without new files there is none. */
  private overdue(): boolean {
    const { reseekMs = RESEEK_MS_DEFAULT } = this.options;
    return this.committedPlan < this.nextPlan - 1 && Date.now() - this.lastPushMs > reseekMs;
  }

  private planned(): Promise<Plan | null> {
    return readPlan(this.options.store, this.name, this.nextPlan);
  }

  private async executeAgain(plan: Plan, sink: SourceSink, appId: string): Promise<void> {
    const reader = await this.openPlanned(plan);
    try {
      await this.pushPlan(plan, await readSlice(reader, plan), sink, appId);
    } finally {
      reader.close();
    }
  }

  /** Goes on with the file of the last plan, where it was not at its end. */
  private async finishFile(last: Plan, sink: SourceSink, signal: AbortSignal, appId: string): Promise<void> {
    if ((await readTaken(this.options.store, this.name, last.sha256))?.finished === true) return;
    const info = await this.options.files.head(last.path);
    if (info === null || info.etag !== last.etag) throw changedFile(last, this.name, info === null);
    const reader = await RecordReader.open(this.options.files, last.path, this.options.format, BigInt(last.fromRecord));
    const { records } = await readSlice(reader, last);
    // Whoever planned its end died before saying so.
    if (!(await reader.more())) await rememberFinished(this.options.store, this.name, last);
    await this.readOn(reader, info, last.sha256, last.fromRecord + records.length, sink, signal, appId);
  }

  private async readFile(file: ObjectInfo, sink: SourceSink, signal: AbortSignal, appId: string): Promise<void> {
    const { store, files, format } = this.options;
    try {
      const sha256 = await inspect(files, file.key);
      const taken = await readTaken(store, this.name, sha256);
      if (taken !== null && taken.finished !== true) return this.leaveToOther(signal, appId);
      if (taken !== null) {
        this.recognised.push(file.key);
        this.done.set(file.key, file.etag);
        this.options.log.info(
          { source: this.name, path: file.key, sha256 },
          "file recognised: this content was taken before",
        );
        await this.putAsideOnceCommitted(file, taken.lastPlan);
        return;
      }
      // What was inspected must be what is planned: a file replaced meanwhile is looked at again.
      if ((await files.head(file.key))?.etag !== file.etag) return;
      const reader = await RecordReader.open(files, file.key, format, 0n);
      await this.readOn(reader, file, sha256, 0, sink, signal, appId);
    } catch (error) {
      // Put aside by another indexer since the folder was looked at.
      if (error instanceof ConcordanceError && error.kind === "not_found" && error.at.key === file.key) return;
      if (!(error instanceof ConcordanceError) || error.kind !== "invalid_input") throw error;
      this.refused.set(file.key, { etag: file.etag, error });
      this.options.log.error({ err: error, source: this.name, path: file.key }, "file refused");
    }
  }

  /** Another indexer is reading this content. If that lasts it died, and its plans are executed from the mark on. */
  private async leaveToOther(signal: AbortSignal, appId: string): Promise<void> {
    const { pollMs, reseekMs = RESEEK_MS_DEFAULT } = this.options;
    if (Date.now() - this.lastPushMs > reseekMs) throw fenced(appId);
    await pause(pollMs, signal);
  }

  private async readOn(
    reader: RecordReader,
    file: ObjectInfo,
    sha256: string,
    from: number,
    sink: SourceSink,
    signal: AbortSignal,
    appId: string,
  ): Promise<void> {
    const { store, recordsPerPlan, bytesPerPlan } = this.options;
    let fromRecord = from;
    try {
      while ((await reader.more()) && !signal.aborted) {
        const wanted: Plan = {
          number: this.nextPlan,
          path: file.key,
          etag: file.etag,
          sha256,
          fromRecord,
          recordsMax: recordsPerPlan,
          bytesMax: bytesPerPlan,
        };
        const plan = await writePlan(store, this.name, wanted);
        if (plan.sha256 !== sha256 || plan.fromRecord !== fromRecord) throw fenced(appId);
        const slice = await readSlice(reader, plan);
        fromRecord += slice.records.length;
        if (!(await reader.more())) await rememberFinished(store, this.name, plan);
        await this.pushPlan(plan, slice, sink, appId);
      }
    } finally {
      reader.close();
    }
    if (signal.aborted) return;
    this.done.set(file.key, file.etag);
    await this.putAsideOnceCommitted(file);
  }

  private async pushPlan(plan: Plan, slice: Slice, sink: SourceSink, appId: string): Promise<void> {
    await rememberTaken(this.options.store, this.name, plan);
    await sink.push({
      source: this.name,
      appId,
      markVersion: BigInt(plan.number),
      markPer: "group",
      batches: [{ source: this.name, partition: placeOf(plan), records: slice.records }],
      bytes: slice.bytes,
      arrivedAtMs: Date.now(),
    });
    this.nextPlan = plan.number + 1;
    this.lastPushMs = Date.now();
  }

  private async openPlanned(plan: Plan): Promise<RecordReader> {
    const info = await this.options.files.head(plan.path);
    if (info === null || info.etag !== plan.etag) {
      throw changedFile(plan, this.name, info === null);
    }
    return RecordReader.open(this.options.files, plan.path, this.options.format, BigInt(plan.fromRecord));
  }

  /** The complete files not yet read, in order of names. */
  private async readyFiles(): Promise<ObjectInfo[]> {
    const { files, settleMs } = this.options;
    const present = await files.list();
    this.forgetAbsent(present);
    const candidates = present.filter((file) => {
      if (this.done.get(file.key) === file.etag) return false;
      return this.refused.get(file.key)?.etag !== file.etag;
    });
    this.waiting = candidates;
    const nowMs = Date.now();
    return candidates.filter((file) => {
      this.refused.delete(file.key);
      const seen = this.seen.get(file.key);
      const unchangedSince = seen?.etag === file.etag ? seen.atMs : nowMs;
      this.seen.set(file.key, { etag: file.etag, atMs: unchangedSince });
      const old = nowMs - file.modifiedAtMs > settleMs;
      return this.options.once || old || nowMs - unchangedSince >= settleMs;
    });
  }

  /** What is no longer there needs no remembering, and a refused file that was taken away is no fault any more. */
  private forgetAbsent(present: readonly ObjectInfo[]): void {
    const keys = new Set(present.map((file) => file.key));
    for (const memory of [this.done, this.seen, this.refused]) {
      for (const key of memory.keys()) if (!keys.has(key)) memory.delete(key);
    }
  }

  /** Until every plan so far is committed a restart may read the file again, so it stays where it is. */
  private async putAsideOnceCommitted(file: ObjectInfo, lastPlan = this.nextPlan - 1): Promise<void> {
    this.finished.push({ plan: lastPlan, file });
    await this.afterCommit(BigInt(this.committedPlan));
  }

  private async afterCommit(mark: bigint): Promise<void> {
    const { files, log, store } = this.options;
    this.committedPlan = Math.max(this.committedPlan, Number(mark));
    const ready = this.finished.filter(({ plan }) => plan <= this.committedPlan);
    this.finished = this.finished.filter(({ plan }) => plan > this.committedPlan);
    for (const { file } of ready) {
      await files.putAside(file).catch((error: unknown) => {
        log.warn(
          { err: error, source: this.name, path: file.key },
          "a consumed file could not be put aside; it is recognised when seen again",
        );
      });
    }
    const forgetTo = this.committedPlan - PLANS_KEPT;
    let next = this.forgottenTo === null ? forgetTo - PLANS_KEPT : this.forgottenTo + 1;
    for (const end = Math.min(forgetTo, next + PLANS_FORGOTTEN_MAX); next <= end; next++) {
      this.forgottenTo = next;
      await forgetPlan(store, this.name, next).catch(() => undefined);
    }
  }
}

interface Slice {
  readonly records: RawRecord[];
  readonly bytes: number;
}

/** Reads what the plan says: up to both limits, but always at least one record. */
async function readSlice(reader: RecordReader, plan: Plan): Promise<Slice> {
  const records: RawRecord[] = [];
  let bytes = 0;
  while (records.length < plan.recordsMax && bytes < plan.bytesMax && (reader.ready() || (await reader.more()))) {
    const record = reader.take();
    bytes += record.bytes.length;
    records.push(record);
  }
  return { records, bytes };
}

const fenced = (appId: string) =>
  new ConcordanceError({ kind: "conflict", code: "fenced", message: `Another indexer plans ${appId}.`, at: { appId } });
