import { join } from "node:path";
import { ConcordanceError } from "../../server/domain/errors";
import { openLocalStore } from "../../server/lake/store/local";
import type { SimulationOptions } from "../../server/simulation/options";
import { runSimulation, type SimulationSummary } from "../../server/simulation/run";
import { openDirectorySink } from "../../server/simulation/sinks/directory";
import { openKafkaSink } from "../../server/simulation/sinks/kafka";
import { createLakeSink } from "../../server/simulation/sinks/lake";
import type { SimulationSink } from "../../server/simulation/sinks/sink";
import { openStatementWriter } from "../../server/simulation/statements/writer";
import { openTruthWriter, type TruthWriter } from "../../server/simulation/truth-writer";

export interface SimulateRequest {
  readonly options: Partial<SimulationOptions>;
  readonly out: string | null;
  readonly kafka: readonly string[] | null;
  readonly lake: string | null;
  /** Where the ground truth goes; a folder. */
  readonly truth: string;
  /** Where bank and processor statements of the world go; a folder, null for none. */
  readonly statements: string | null;
  readonly onProgress: (text: string) => void;
}

/** Writes a simulated world to exactly one of a folder, Kafka, or the landing zone of a lake in a directory. */
export async function simulate(request: SimulateRequest, signal: AbortSignal): Promise<SimulationSummary> {
  const { out, kafka, lake, statements } = request;
  if ([out, kafka, lake].filter((target) => target !== null).length !== 1) {
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "one_target_wanted",
      message: "A simulation writes to exactly one place.",
      remedy: "Give one of --out DIR, --kafka BROKERS or --landing LAKE.",
    });
  }
  const sink = async (options: SimulationOptions): Promise<SimulationSink> => {
    if (kafka !== null) return openKafkaSink({ brokers: kafka });
    if (lake !== null)
      return createLakeSink({
        store: await openLocalStore(lake),
        run: options.run,
        fileEveryMs: options.tps === null ? null : 500,
        signal,
      });
    return openDirectorySink(out ?? request.truth);
  };
  return runSimulation({
    options: request.options,
    sink,
    truth: (options) => openTruthWriter(join(request.truth, `truth-${options.run}.ndjson`)),
    ...(statements === null
      ? {}
      : {
          statements: (options: SimulationOptions, truth: TruthWriter) =>
            openStatementWriter({ directory: statements, options, tell: truth.add }),
        }),
    signal,
    onProgress: ({ records, signals, seconds, behindMs }) => {
      const behind = behindMs > 0 ? `, ${behindMs} ms behind` : "";
      request.onProgress(`${records} events, ${signals} signals, ${seconds.toFixed(0)} s${behind}`);
    },
  });
}
