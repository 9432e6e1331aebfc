import { join } from "node:path";
import type { ObjectStore } from "../../server/lake/store/store";
import type { Logger } from "../../server/observability/log";
import type { SimulationOptions } from "../../server/simulation/options";
import { runSimulation, type SimulationProgress } from "../../server/simulation/run";
import { createLakeSink } from "../../server/simulation/sinks/lake";
import { openTruthWriter } from "../../server/simulation/truth-writer";

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
}

export interface LiveSimulator {
  /** Feeds the landing zone at the given pace until the signal is aborted; everything written is in place when it resolves. */
  run(signal: AbortSignal): Promise<void>;
  /** Null before the first second. */
  status(): SimulationProgress | null;
}

/** The simulator of the embedded default: reference data, events of the moment and their ground truth, without end. */
export function createLiveSimulator(options: LiveSimulatorOptions): LiveSimulator {
  const { store, truthDirectory, tps, seed, log } = options;
  let latest: SimulationProgress | null = null;
  let behind = false;
  return {
    status: () => latest,
    run: async (signal) => {
      const { transactions, signals, ...summary } = await runSimulation({
        options: { ...options.more, tps, seed },
        sink: async ({ run }) =>
          createLakeSink({ store, run, fileEveryMs: options.fileEveryMs ?? FILE_EVERY_MS, signal }),
        truth: ({ run }) => openTruthWriter(join(truthDirectory, `truth-${run}.ndjson`)),
        signal,
        onProgress: (progress) => {
          latest = progress;
          const nowBehind = progress.behindMs > BEHIND_MS_TOLD;
          if (nowBehind && !behind) log.warn(progress, "simulator is behind its pace");
          if (!nowBehind && behind) log.info(progress, "simulator keeps its pace again");
          behind = nowBehind;
        },
      });
      log.info({ ...summary, records: transactions.in, signals: signals.in }, "simulator stopped");
    },
  };
}
