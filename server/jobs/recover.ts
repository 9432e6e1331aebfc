import { readRecord } from "../batch/record";
import { failForGood } from "./execute";
import { ifNotHeld } from "./hold";
import { finalIn, type RunParts } from "./parts";
import { TRIES_MAX } from "./queue";
import type { Run } from "./run";
import { endRun, forgetJob, readOpenRuns, readRun, requeueRun, tellRun } from "./runs";

/** Runs whose worker died: what the lake holds decides what became of them. Says how many were taken up. */
export async function recoverRuns(parts: RunParts): Promise<number> {
  const { database, queue } = parts;
  let taken = 0;
  for (const seen of await readOpenRuns(database.db)) {
    if (seen.state === "queued" && seen.jobId !== null && !(await queue.lives(seen.jobId))) {
      await forgetJob(database.db, seen.id, seen.jobId);
    }
    if (seen.state !== "running") continue;
    const done = await ifNotHeld(database, seen.id, async () => {
      // Read again under the lock: its worker may have ended it since.
      const run = await readRun(database.db, seen.id);
      if (run === null || run.state !== "running") return false;
      await takeUp(parts, run);
      return true;
    });
    if (done === true) taken++;
  }
  return taken;
}

async function takeUp(parts: RunParts, run: Run): Promise<void> {
  const { database, queue, log } = parts;
  const job = run.jobId === null ? null : { jobId: run.jobId, runId: run.id };
  const rows = await committedRows(parts, run);
  log.warn({ runId: run.id, worker: run.worker, committed: rows !== null }, "a run had lost its worker");
  if (rows !== null) {
    await tellRun(
      database.db,
      run.id,
      `committed: ${rows} rows; its worker ${run.worker} was lost before it could say so`,
    );
    await endRun(database.db, run.id, { state: "succeeded", outcome: "committed", rows });
  } else if (run.cancelAsked) {
    await endRun(database.db, run.id, { state: "cancelled" });
  } else if (run.tries >= TRIES_MAX) {
    await failForGood(parts, run, null, {
      code: "worker_lost",
      message: `Its worker was lost ${run.tries} times, last at step ${run.step?.name ?? "none"}.`,
      remedy:
        "Nothing was changed. Look at the batch worker's log; it may need more memory (CONCORDANCE_BATCH_MEMORY_MB).",
      againAt: null,
    });
  } else {
    await tellRun(
      database.db,
      run.id,
      `its worker ${run.worker} was lost at step ${run.step?.name ?? "none"}; queued again`,
    );
    await requeueRun(database.db, run.id, { jobId: null, fault: null });
  }
  if (job !== null) await queue.drop(job.jobId);
}

/** Rows of the date if the lake holds just what this run's pinned inputs make; null where it does not. */
async function committedRows(parts: RunParts, run: Run): Promise<number | null> {
  const definition = finalIn(parts, run.index);
  if (definition === null || run.mode !== "commit" || run.specId === null) return null;
  const snapshot = await parts.lake.table(definition.table.name).refresh();
  const record = await readRecord(parts.lake, snapshot, run.index, run.businessDate);
  return record?.specId === run.specId ? record.rows : null;
}
