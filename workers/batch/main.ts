import { constants, setPriority } from "node:os";
import { settingsOf } from "../../server/batch/settings";
import { loadSources } from "../../server/config/sources";
import { ConcordanceError } from "../../server/domain/errors";
import { ALL_FINALS } from "../../server/indexes/finals";
import { openRunQueue } from "../../server/jobs/queue";
import { parseNightly } from "../../server/jobs/schedule";
import { createRunWorker } from "../../server/jobs/worker";
import { loadMapping } from "../../server/pipeline/mapping/load";
import { runWorker, type Worker } from "../runtime/worker";

const BACKGROUND = constants.priority.PRIORITY_BELOW_NORMAL;

/** Runs the finals: nightly, for dates never closed, and whenever a person asks. */
async function batch({ settings, log, signal, database, openLake, reports }: Worker): Promise<void> {
  // What people look at now goes first.
  setPriority(BACKGROUND);
  if (database === null) throw noDatabase();
  const schedule = parseNightly(settings.batch.nightly);
  const { sources } = await loadSources(settings.sourcesPath);
  const mappings = await Promise.all(sources.map(({ mappingPath }) => loadMapping(mappingPath)));
  const zones = [...new Set(mappings.map(({ business_zone: zone }) => zone))];
  const { lake, close } = await openLake({ duckDbMemoryMb: settings.batch.memoryMb });
  const queue = await openRunQueue({
    database,
    log,
    schedule,
    indexes: ALL_FINALS.map(({ index }) => index),
    signal,
  });
  const worker = createRunWorker({
    lake,
    database,
    queue,
    finals: ALL_FINALS,
    settingsOf: (index, date) => settingsOf(index, date, { path: settings.finalsPath, store: lake.store }),
    schedule,
    sources: sources.map(({ name }) => name),
    zones,
    catchUpDays: settings.batch.catchUpDays,
    rerunChanged: settings.batch.rerunChanged,
    instance: `${settings.instance}/${process.pid}`,
    log,
    nowMs: Date.now,
  });
  reports(() => {
    const { running, ended, fault } = worker.status();
    return {
      state: fault === null ? "running" : "waiting",
      detail: {
        code: fault?.code ?? null,
        message: fault?.message ?? null,
        remedy: fault?.remedy ?? null,
        figures: { nightly: settings.batch.nightly, runs_ended: ended, running },
      },
    };
  });
  try {
    await worker.run(signal);
  } finally {
    await queue.close();
    close();
  }
}

const noDatabase = () =>
  new ConcordanceError({
    kind: "config",
    code: "no_database",
    message: "The batch worker was started without a database: its queue is there.",
    remedy: "Set DATABASE_URL to the PostgreSQL of the other processes.",
  });

await runWorker("batch", batch);
