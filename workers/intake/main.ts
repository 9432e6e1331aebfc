import { loadStatementSources } from "../../server/statements/intake/sources";
import { type Report, runWorker, type Worker } from "../runtime/worker";
import { createIntakeFollower } from "./follow";

const SETTLE_MS = 2_000;
const POLL_MS = 250;

/** Takes statement files in until it is told to stop; several may run. */
async function intake({ settings, log, signal, openLake, reports }: Worker): Promise<void> {
  const sources = await loadStatementSources(settings.statementsPath);
  const { lake, close } = await openLake({ duckDbThreads: 1, duckDbMemoryMb: Math.ceil(settings.duckDbMemoryMb / 2) });
  const bytesMax = settings.statementBytesMax;
  const times = { settleMs: SETTLE_MS, pollMs: POLL_MS };
  const follower = createIntakeFollower({ lake, sources, bytesMax, ...times, log, onWaiting: () => reports(report) });
  const report = (): Report => {
    const { accepted, refused, known, waiting, fault } = follower.status();
    return {
      state: fault?.kind === "unavailable" ? "waiting" : "running",
      detail: {
        code: fault?.code ?? null,
        message: fault?.message ?? null,
        remedy: fault?.remedy ?? null,
        figures: { files_accepted: accepted, files_refused: refused, files_known: known, files_waiting: waiting },
      },
    };
  };
  reports(report);
  try {
    await follower.run(signal);
  } finally {
    close();
  }
}

await runWorker("intake", intake);
