import { join } from "node:path";
import type { ObjectStore } from "../../server/lake/store/store";
import type { Logger } from "../../server/observability/log";
import type { SimulationOptions } from "../../server/simulation/options";
import { runSimulation, type SimulationProgress } from "../../server/simulation/run";
import { createLakeSink } from "../../server/simulation/sinks/lake";
import { createLiveWriter } from "../../server/simulation/statements/live-writer";
import { openTruthWriter } from "../../server/simulation/truth-writer";
import type { Company } from "./company";

/** Behind by more than this is told, milliseconds. */
const BEHIND_MS_TOLD = 1_000;
const FILE_EVERY_MS = 250;

export interface LiveSimulatorOptions {
  readonly store: ObjectStore;
  /** Where `truth-<run>.ndjson` is written; `readTruth` takes the folder. */
  readonly truthDirectory: string;
  readonly tps: number;
  readonly seed: string;
  readonly log: Logger;
  readonly fileEveryMs?: number;
  readonly more?: Partial<SimulationOptions>;
  /** The company whose books the run writes; without one there are no statements. */
  readonly company?: Company | null;
}

export interface LiveSimulator {
  /** Feeds the landing zone at the given pace until the signal is aborted; everything written is in place when it resolves. */
  run(signal: AbortSignal): Promise<void>;
  /** Null before the first second. */
  status(): SimulationProgress | null;
}

/** The simulator of the embedded default: reference data, events of the moment and their ground truth, without end. */
export function createLiveSimulator(options: LiveSimulatorOptions): LiveSimulator {
  const { store, truthDirectory, tps, seed, log, company = null } = options;
  let latest: SimulationProgress | null = null;
  let behind = false;
  return {
    status: () => latest,
    run: async (signal) => {
      const own = (await company?.newRun()) ?? null;
      const fileEveryMs = options.fileEveryMs ?? FILE_EVERY_MS;
      const delivering = new AbortController();
      signal.addEventListener("abort", () => delivering.abort());
      const deliveries = own === null ? null : (company?.deliver(own.books, delivering.signal) ?? null);
      // Told below, when the run has ended too.
      deliveries?.catch(() => undefined);
      const { transactions, signals, ...summary } = await runSimulation({
        options: { ...(own === null ? {} : { run: own.run, customers: own.customers }), ...options.more, tps, seed },
        sink: async ({ run }) =>
          createLakeSink({ store, run, fileEveryMs, signal, ...(own === null ? {} : { journal: own.books }) }),
        truth: ({ run }) => openTruthWriter(join(truthDirectory, `truth-${run}.ndjson`)),
        ...(own === null
          ? {}
          : { statements: async (resolved: SimulationOptions) => createLiveWriter({ ...own, options: resolved }) }),
        signal,
        onProgress: (progress) => {
          latest = progress;
          const nowBehind = progress.behindMs > BEHIND_MS_TOLD;
          if (nowBehind && !behind) log.warn(progress, "simulator is behind its pace");
          if (!nowBehind && behind) log.info(progress, "simulator keeps its pace again");
          behind = nowBehind;
        },
      });
      delivering.abort();
      await deliveries;
      log.info({ ...summary, records: transactions.in, signals: signals.in }, "simulator stopped");
    },
  };
}
