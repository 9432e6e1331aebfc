import { join } from "node:path";
import { openStore } from "../../server/lake/store/open";
import { runWorker, type Worker } from "../runtime/worker";
import { openCompany } from "./company";
import { createLiveSimulator } from "./live";

/** Feeds the lake's landing zone with a synthetic payment world until it is told to stop. */
async function simulator({ settings, log, signal, reports }: Worker): Promise<void> {
  const store = await openStore(settings.lake, settings.s3);
  const { tps, seed, historyDays, historyEvents } = settings.simulator;
  const company = await openCompany({ store, data: settings.data, seed, tps, historyDays, historyEvents, log });
  const live = createLiveSimulator({ store, truthDirectory: join(settings.data, "truth"), tps, seed, log, company });
  reports(() => {
    const progress = live.status();
    return {
      state: "running",
      detail: {
        figures: {
          tps,
          behind_ms: progress?.behindMs ?? null,
          records: progress?.records ?? null,
          statements_through: company.status().deliveredThrough,
        },
      },
    };
  });
  await company.begin(signal);
  if (!signal.aborted) await live.run(signal);
}

await runWorker("simulator", simulator);
