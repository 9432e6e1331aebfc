import { and, desc, eq, inArray, sql } from "drizzle-orm";
import { closedDates } from "../batch/record";
import { readHeartbeats } from "../db/heartbeats";
import { runs } from "../db/schema";
import { type DependencyState, dependenciesOf, type GateFacts, streamPositions, waitsOf } from "./gate";
import { RunFault, type Wait } from "./model";
import { finalIn, type RunParts } from "./parts";
import type { Run } from "./run";
import { blockRun, readOpenRuns } from "./runs";
import { endOfDateMs } from "./schedule";

/** Any number that no other user of the same database takes. */
const LOCK = 7_241_903_118;

/** What becomes of each open run that no job carries yet. */
export interface Plan {
  readonly send: readonly Run[];
  readonly block: readonly { readonly run: Run; readonly waits: readonly Wait[] }[];
}

/**
 * Chooses which runs may begin. Of each index one committing run is under way at a time, the first by priority and then
 * the oldest date of those that wait for nothing: a date reads what earlier dates have closed.
 */
export function planRuns(open: readonly Run[], waits: (run: Run) => readonly Wait[]): Plan {
  const busy = new Map<string, Run>();
  for (const run of open) if (run.jobId !== null && run.mode === "commit") busy.set(run.index, run);
  const send: Run[] = [];
  const block: { run: Run; waits: readonly Wait[] }[] = [];
  for (const run of open) {
    if (run.jobId !== null || run.state === "running") continue;
    const before = run.mode === "commit" ? busy.get(run.index) : undefined;
    const reasons = waits(run);
    if (reasons.length > 0) {
      block.push({ run, waits: reasons });
    } else if (before !== undefined) {
      const message = `${before.businessDate} of ${run.index} goes first.`;
      block.push({ run, waits: [{ kind: "order", on: before.businessDate, message }] });
    } else {
      if (run.mode === "commit") busy.set(run.index, run);
      send.push(run);
    }
  }
  return { send, block };
}

/** One look at every open run: sends those that may begin, and says of the others what they wait for. */
export async function planOnce(parts: RunParts): Promise<void> {
  const { database, queue } = parts;
  const open = await readOpenRuns(database.db);
  if (!open.some(({ jobId, state }) => jobId === null && state !== "running")) return;
  const gate = await gateOf(parts, open);
  const leading = await database.pool.connect();
  try {
    // Two planners would each see the index free: the second leaves it to the first.
    const { rows } = await leading.query<{ yes: boolean }>("SELECT pg_try_advisory_lock($1) AS yes", [LOCK]);
    if (rows[0]?.yes !== true) return;
    try {
      const { send, block } = planRuns(await readOpenRuns(database.db), gate);
      for (const run of send) await queue.send(run.id, run.priority);
      for (const { run, waits } of block) {
        if (run.state !== "blocked" || JSON.stringify(run.waits) !== JSON.stringify(waits)) {
          await blockRun(database.db, run.id, waits);
        }
      }
    } finally {
      await leading.query("SELECT pg_advisory_unlock($1)", [LOCK]);
    }
  } finally {
    leading.release();
  }
}

/** What each run waits for, as things stand at this look. A run asked for since then is left to the next. */
async function gateOf(parts: RunParts, open: readonly Run[]): Promise<(run: Run) => readonly Wait[]> {
  const nowMs = parts.nowMs();
  const streams = streamPositions(await readHeartbeats(parts.database.db), parts.sources);
  const facts = new Map<string, GateFacts>();
  for (const run of open) {
    const dateEndsMs = endOfDateMs(run.businessDate, parts.zones);
    facts.set(run.id, { nowMs, dateEndsMs, streams, dependencies: await dependencyStates(parts, run, open) });
  }
  const unseen: Wait = { kind: "order", on: "the next look", message: "It was asked for a moment ago." };
  return (run) => {
    const known = facts.get(run.id);
    return known === undefined ? [unseen] : waitsOf(run, known);
  };
}

async function dependencyStates(parts: RunParts, run: Run, open: readonly Run[]): Promise<DependencyState[]> {
  const definition = finalIn(parts, run.index);
  if (definition === null || run.mode === "dry_run") return [];
  const states: DependencyState[] = [];
  for (const { index, table } of dependenciesOf(definition, parts.finals, run.businessDate)) {
    const snapshot = await parts.lake.table(table.name).refresh();
    states.push({
      index,
      open: open.some(
        (other) => other.index === index && other.businessDate === run.businessDate && other.mode === "commit",
      ),
      closed: closedDates(snapshot, index).includes(run.businessDate),
      failed: await lastFailure(parts, index, run.businessDate),
    });
  }
  return states;
}

async function lastFailure({ database }: RunParts, index: string, businessDate: string): Promise<string | null> {
  const [last] = await database.db
    .select({ state: runs.state, fault: runs.fault })
    .from(runs)
    .where(
      and(
        eq(runs.index, index),
        eq(runs.businessDate, businessDate),
        eq(runs.mode, "commit"),
        inArray(runs.state, ["failed", "succeeded"]),
      ),
    )
    .orderBy(desc(sql`coalesce(${runs.endedAt}, ${runs.askedAt})`))
    .limit(1);
  return last?.state === "failed" ? RunFault.parse(last.fault).message : null;
}
