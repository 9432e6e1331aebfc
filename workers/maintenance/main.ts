import { constants, setPriority } from "node:os";
import { forgetHeartbeats } from "../../server/db/heartbeats";
import { trimLagSamples } from "../../server/db/lag-samples";
import { ConcordanceError } from "../../server/domain/errors";
import { MAINTENANCE_DEFAULTS, maintain } from "../../server/lake/maintenance";
import { pause } from "../../server/pipeline/pause";
import { runWorker, type Worker } from "../runtime/worker";

const BACKGROUND = constants.priority.PRIORITY_BELOW_NORMAL;

/** Compacts, expires and vacuums the tables, and trims what Postgres keeps for a while only. */
async function maintenance({ settings, log, signal, database, openLake, reports }: Worker): Promise<void> {
  // Nobody waits for it: what is waited for goes first.
  setPriority(BACKGROUND);
  const { lake, close } = await openLake({ duckDbThreads: 1, duckDbMemoryMb: Math.ceil(settings.duckDbMemoryMb / 2) });
  let passes = 0;
  let lastMs: number | null = null;
  let fault: ConcordanceError | null = null;
  reports(() => ({
    state: fault === null ? "running" : "waiting",
    detail: {
      code: fault?.code ?? null,
      message: fault?.message ?? null,
      remedy: fault?.remedy ?? null,
      figures: { passes, last_pass_ms: lastMs },
    },
  }));
  try {
    while (!signal.aborted) {
      const startedMs = Date.now();
      try {
        const facts = await maintain(lake, MAINTENANCE_DEFAULTS, signal);
        fault = null;
        lastMs = Date.now() - startedMs;
        passes++;
        const sum = (count: (f: (typeof facts)[number]) => number) => facts.reduce((all, f) => all + count(f), 0);
        log.info(
          {
            durationMs: lastMs,
            filesCompacted: sum((f) => f.filesCompacted),
            filesWritten: sum((f) => f.filesWritten),
            filesDeleted: sum((f) => f.filesDeleted),
            rowsExpired: sum((f) => f.rowsExpired),
          },
          "maintenance pass",
        );
      } catch (error) {
        if (!(error instanceof ConcordanceError) || error.kind !== "unavailable") throw error;
        fault = error;
        log.warn({ err: error }, "the lake is unavailable; the next pass tries again");
      }
      if (database !== null) {
        await Promise.all([trimLagSamples(database.db), forgetHeartbeats(database.db)]).catch((error: unknown) =>
          log.warn({ err: error }, "Postgres cannot be trimmed now"),
        );
      }
      await pause(settings.maintenanceEveryMs, signal);
    }
  } finally {
    close();
  }
}

await runWorker("maintenance", maintenance);
