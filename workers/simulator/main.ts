import { join } from "node:path";
import { openStore } from "../../server/lake/store/open";
import { runWorker, type Worker } from "../runtime/worker";
import { createLiveSimulator } from "./live";

/** Feeds the lake's landing zone with a synthetic payment world until it is told to stop. */
async function simulator({ settings, log, signal, reports }: Worker): Promise<void> {
  const store = await openStore(settings.lake, settings.s3);
  const { tps, seed } = settings.simulator;
  const live = createLiveSimulator({ store, truthDirectory: join(settings.data, "truth"), tps, seed, log });
  reports(() => {
    const progress = live.status();
    return {
      state: "running",
      detail: { figures: { tps, behind_ms: progress?.behindMs ?? null, records: progress?.records ?? null } },
    };
  });
  await live.run(signal);
}

await runWorker("simulator", simulator);
