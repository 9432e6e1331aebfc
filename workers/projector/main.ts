import { loadSources } from "../../server/config/sources";
import { ConcordanceError } from "../../server/domain/errors";
import { writeStolenCardSummaries } from "../../server/indexes/fraud/batch";
import { allProjections } from "../../server/indexes/ingest";
import { AlertPublisher } from "../../server/notify/alert-publisher";
import { pause } from "../../server/pipeline/pause";
import { followRulesFile } from "../../server/process/rules-file";
import { Projector } from "../../server/projection/projector";
import { nowMicros } from "../indexer/parts";
import { type Report, runTogether, runWorker, type Worker } from "../runtime/worker";

const SUMMARY_LOOK_MS = 1_000;

/** Follows the raw tables into the partial indexes until it is told to stop. */
async function projector({ settings, log, signal, openLake, reports }: Worker): Promise<void> {
  const { alerts } = await loadSources(settings.sourcesPath);
  const { lake, close } = await openLake();
  const publisher =
    alerts === null ? null : new AlertPublisher({ lake, connection: alerts.cluster, topic: alerts.topic, log });
  const rulesFile = await followRulesFile(settings.rulesPath, log);
  const projecting = new Projector({
    lake,
    db: lake.db,
    projections: (connection) => allProjections(connection, rulesFile.current),
    rowsPerTickMax: settings.tickRows,
    nowMicros,
    log,
  });
  reports(() => reportOf(projecting.status(), publisher?.status() ?? null, rulesFile.fault()));
  try {
    await runTogether(signal, [
      (stop) => projecting.run(stop),
      ...(publisher === null ? [] : [(stop: AbortSignal) => publisher.run(stop)]),
      (stop) => summarise(stop, () => writeStolenCardSummaries(lake, Date.now()), log),
    ]);
  } finally {
    projecting.close();
    rulesFile.close();
    close();
  }
}

function reportOf(
  { ticks, lastTick, fault }: ReturnType<Projector["status"]>,
  published: ReturnType<AlertPublisher["status"]> | null,
  rulesFault: string | null,
): Report {
  const said =
    fault ??
    (published?.fault
      ? { ...published.fault, message: `alerts: ${published.fault.message}` }
      : { code: rulesFault === null ? null : "bad_rules", message: rulesFault, remedy: null });
  return {
    state: fault !== null || published?.state === "waiting" ? "waiting" : "running",
    detail: {
      code: said.code,
      message: said.message,
      remedy: said.remedy,
      figures: {
        ticks,
        last_projection: lastTick?.projection ?? null,
        last_tick_rows: lastTick?.rowsIn ?? null,
        last_tick_ms: lastTick?.durationMs ?? null,
        ...(published === null ? {} : { alerts_published: published.messages }),
      },
    },
  };
}

/** At every point of the grid; a store that cannot be reached is waited for, and points that passed are not made up. */
async function summarise(stop: AbortSignal, write: () => Promise<unknown>, log: Worker["log"]): Promise<void> {
  while (!stop.aborted) {
    try {
      await write();
    } catch (error) {
      if (!(error instanceof ConcordanceError) || error.kind !== "unavailable") throw error;
      log.warn({ err: error }, "stolen-card summaries cannot be written now");
    }
    await pause(SUMMARY_LOOK_MS, stop);
  }
}

await runWorker("projector", projector);
