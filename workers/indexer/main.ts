import { loadSources } from "../../server/config/sources";
import type { SourceBeat } from "../../server/db/heartbeats";
import { type LagSample, writeLagSamples } from "../../server/db/lag-samples";
import { createCardTokenizer } from "../../server/domain/card";
import type { Indexer } from "../../server/pipeline/indexer";
import { loadMapping } from "../../server/pipeline/mapping/load";
import { pause } from "../../server/pipeline/pause";
import type { Source } from "../../server/pipeline/source";
import { followRulesFile } from "../../server/process/rules-file";
import { createReferenceLoader, type ReferenceLoader } from "../../server/reference/loader";
import { type Report, runTogether, runWorker, type Worker } from "../runtime/worker";
import { createIndexer, createRulesHolder } from "./parts";
import { createSource } from "./sources";

const RULES_RELOAD_MS = 500;
const LAG_SAMPLE_MS = 2_000;
const IDLE_WITHIN_MS = 3_000;
const NEVER = new AbortController().signal;

type Transport = SourceBeat["transport"];

/** Reads every declared source into the raw tables until it is told to stop. */
async function indexer(worker: Worker): Promise<void> {
  const { settings, log, signal } = worker;
  const { sources: declared } = await loadSources(settings.sourcesPath);
  const mapped = await Promise.all(
    declared.map(async (source) => ({ source, mapping: await loadMapping(source.mappingPath) })),
  );
  const { lake, close } = await worker.openLake();
  const rulesFile = await followRulesFile(settings.rulesPath, log);
  try {
    const reference = createReferenceLoader({ lake, tokenize: createCardTokenizer(await settings.cardKey()), log });
    // The lists of stolen cards and parties take effect before the first event is decided.
    await reference.check();
    const holder = await createRulesHolder(lake, rulesFile.current);
    const indexing = await createIndexer({
      settings,
      lake,
      sources: mapped.map(({ source, mapping }) => ({ name: source.name, mapping })),
      rules: holder.rules,
      log,
    });
    const { recordBytesMax, planRecords, planBytes } = settings;
    const sources = mapped.map(({ source, mapping }) => ({
      transport: source.transport.kind,
      source: createSource({ source, mapping, store: lake.store, recordBytesMax, planRecords, planBytes, log }),
    }));
    worker.reports(() => reportOf(indexing, sources, reference, rulesFile.fault()));
    indexing.start();
    const parts = [
      ...sources.map(
        ({ source }) =>
          (stop: AbortSignal) =>
            source.run(indexing.sinkFor(source.name), stop),
      ),
      (stop: AbortSignal) => reference.run(stop),
      (stop: AbortSignal) => every(RULES_RELOAD_MS, stop, () => waitOut(worker, holder.reload)),
      (stop: AbortSignal) => every(LAG_SAMPLE_MS, stop, () => sampleLag(worker, sources)),
    ];
    try {
      await runTogether(signal, parts);
      await indexing.stop();
    } finally {
      // A process that is left while it writes cannot say how it ended.
      await Promise.race([indexing.idle(), pause(IDLE_WITHIN_MS, NEVER)]);
    }
  } finally {
    rulesFile.close();
    close();
  }
}

async function every(ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work();
    await pause(ms, signal);
  }
}

/** A list that cannot be read now stays as it was; the next turn reads it. */
async function waitOut({ log }: Worker, reload: () => Promise<void>): Promise<void> {
  try {
    await reload();
  } catch (error) {
    log.warn({ err: error }, "the lists of the rules cannot be read now; the last ones stay in force");
  }
}

async function sampleLag({ database, log }: Worker, sources: readonly { readonly source: Source }[]): Promise<void> {
  if (database === null) return;
  const atMs = Date.now();
  const samples: LagSample[] = sources.flatMap(({ source }) =>
    source.status().partitions.map((partition) => ({ source: source.name, atMs, ...partition })),
  );
  try {
    await writeLagSamples(database.db, samples);
  } catch (error) {
    log.debug({ err: error }, "lag samples cannot be written now");
  }
}

function reportOf(
  indexing: Indexer,
  sources: readonly { readonly source: Source; readonly transport: Transport }[],
  reference: ReferenceLoader,
  rulesFault: string | null,
): Report {
  const status = indexing.status();
  const beats = sources.map(({ source, transport }) => beatOf(source, transport));
  const refused = reference.status().find(({ state }) => state === "refused");
  const ailing = beats.find(({ state }) => state === "failed") ?? beats.find(({ state }) => state === "waiting");
  const said =
    status.message !== null
      ? { code: `indexer_${status.state}`, message: status.message, remedy: status.remedy }
      : ailing !== undefined
        ? { code: ailing.code, message: `${ailing.name}: ${ailing.message}`, remedy: ailing.remedy }
        : refused !== undefined
          ? { code: "reference_refused", message: refused.message, remedy: refused.remedy }
          : { code: rulesFault === null ? null : "bad_rules", message: rulesFault, remedy: null };
  return {
    state: status.state === "running" && ailing !== undefined ? "waiting" : status.state,
    detail: {
      ...said,
      sources: beats,
      figures: {
        records_in: status.recordsIn,
        batches: status.batches,
        last_commit_ms_ago: status.lastCommitMs === null ? null : Date.now() - status.lastCommitMs,
      },
    },
  };
}

function beatOf(source: Source, transport: Transport): SourceBeat {
  const { partitions, ...status } = source.status();
  const decimal = (value: bigint | null) => (value === null ? null : String(value));
  return {
    name: source.name,
    transport,
    ...status,
    partitions: partitions.map((p) => ({
      partition: p.partition,
      position: decimal(p.position),
      low: decimal(p.low),
      high: decimal(p.high),
      lagMessages: decimal(p.lagMessages),
      lagSeconds: p.lagSeconds,
    })),
  };
}

await runWorker("indexer", indexer);
