import { allProjections } from "../../server/indexes/ingest";
import { followRulesFile } from "../../server/process/rules-file";
import { Projector } from "../../server/projection/projector";
import { nowMicros } from "../indexer/parts";
import { runTogether, runWorker, type Worker } from "../runtime/worker";

/** Follows the raw tables into the partial indexes until it is told to stop. */
async function projector({ settings, log, signal, openLake, reports }: Worker): Promise<void> {
  const { lake, close } = await openLake();
  const rulesFile = await followRulesFile(settings.rulesPath, log);
  const projecting = new Projector({
    lake,
    db: lake.db,
    projections: (connection) => allProjections(connection, rulesFile.current),
    rowsPerTickMax: settings.tickRows,
    nowMicros,
    log,
  });
  reports(() => {
    const { ticks, lastTick } = projecting.status();
    const fault = rulesFile.fault();
    return {
      state: "running",
      detail: {
        code: fault === null ? null : "bad_rules",
        message: fault,
        figures: {
          ticks,
          last_projection: lastTick?.projection ?? null,
          last_tick_rows: lastTick?.rowsIn ?? null,
          last_tick_ms: lastTick?.durationMs ?? null,
        },
      },
    };
  });
  try {
    await runTogether(signal, [(stop) => projecting.run(stop)]);
  } finally {
    projecting.close();
    rulesFile.close();
    close();
  }
}

await runWorker("projector", projector);
