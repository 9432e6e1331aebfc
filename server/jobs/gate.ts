import type { FinalDefinition } from "../batch/definition";
import type { Heartbeat } from "../db/heartbeats";
import type { BusinessDate } from "../domain/time";
import type { Wait } from "./model";
import type { Run } from "./run";

/** A source as the gate sees it: how far it has certainly been read. */
export interface StreamPosition {
  readonly source: string;
  /** Everything that was there at this instant has been stored, epoch milliseconds; null where that is not known. */
  readonly readUntilMs: number | null;
  /** Why it is not known, or what ails it. */
  readonly why: string | null;
}

/** A landed file may hold any date: while one has waited this long, no date is known to be complete, seconds. */
const LANDED_WAITS_MAX_S = 60;

/** How far each declared source has been read, and whether statements wait, from what the workers last said. */
export const streamPositions = (beats: readonly Heartbeat[], declared: readonly string[]): StreamPosition[] => [
  ...eventPositions(beats, declared),
  ...statementsWaiting(beats),
];

/** Statement files that have come and are not read yet; nothing where none waits, or no intake runs. */
function statementsWaiting(beats: readonly Heartbeat[]): StreamPosition[] {
  const files = beats
    .filter(({ process, state }) => process === "intake" && state !== "stopped" && state !== "lost")
    .reduce((sum, { detail }) => sum + Number(detail.figures?.files_waiting ?? 0), 0);
  return files === 0 ? [] : [{ source: "statements", readUntilMs: null, why: `${files} files wait to be read` }];
}

function eventPositions(beats: readonly Heartbeat[], declared: readonly string[]): StreamPosition[] {
  const living = beats.filter(({ process, state }) => process === "indexer" && state !== "stopped" && state !== "lost");
  const names = new Set([...declared, ...living.flatMap(({ detail }) => detail.sources ?? []).map(({ name }) => name)]);
  if (living.length === 0) {
    const why = "no indexer reports that it runs";
    return [...names].sort().map((source) => ({ source, readUntilMs: null, why }));
  }
  return [...names].sort().map((source) => positionOf(source, living));
}

function positionOf(source: string, living: readonly Heartbeat[]): StreamPosition {
  const parts = living.flatMap(({ beatAtMs, detail }) =>
    (detail.sources ?? []).filter(({ name }) => name === source).map((beat) => ({ beat, beatAtMs })),
  );
  if (parts.length === 0) return { source, readUntilMs: null, why: "no indexer reads it" };
  let readUntilMs = Number.POSITIVE_INFINITY;
  for (const { beat, beatAtMs } of parts) {
    if (beat.state === "failed" || beat.state === "waiting") {
      return { source, readUntilMs: null, why: beat.message ?? `it is ${beat.state}` };
    }
    for (const { partition, lagSeconds } of beat.partitions) {
      if (lagSeconds === null)
        return { source, readUntilMs: null, why: `the lag of partition ${partition} is not known` };
      if (beat.transport === "landing" && lagSeconds > LANDED_WAITS_MAX_S) {
        const why = `a landed file has waited for ${Math.round(lagSeconds)} s, and may hold any date`;
        return { source, readUntilMs: null, why };
      }
      readUntilMs = Math.min(readUntilMs, beatAtMs - lagSeconds * 1_000);
    }
  }
  return Number.isFinite(readUntilMs)
    ? { source, readUntilMs, why: null }
    : { source, readUntilMs: null, why: "it has not said which partitions it reads" };
}

/** Other finals whose rows of the same date a final reads; which ones does not hang on its settings. */
export function dependenciesOf(
  definition: FinalDefinition<unknown>,
  finals: readonly FinalDefinition<unknown>[],
  date: BusinessDate,
): readonly FinalDefinition<unknown>[] {
  const inputs = definition.inputs(date, definition.settings.parse({}));
  const ofDate = inputs.filter(({ from, to }) => (from === null || from <= date) && (to === null || to >= date));
  return finals.filter(
    (final) => final.index !== definition.index && ofDate.some(({ table }) => table === final.table.name),
  );
}

export interface GateFacts {
  readonly nowMs: number;
  /** When the date has ended in every zone of the sources, epoch milliseconds. */
  readonly dateEndsMs: number;
  readonly streams: readonly StreamPosition[];
  readonly dependencies: readonly DependencyState[];
}

export interface DependencyState {
  readonly index: string;
  /** A run of it for the date that has not ended. */
  readonly open: boolean;
  readonly closed: boolean;
  /** Why its last run for the date failed; null where it did not. */
  readonly failed: string | null;
}

/** What a run has to wait for before it may begin; a person's typed reason lets it go on at once, except before its inputs are being replaced. */
export function waitsOf(run: Run, { nowMs, dateEndsMs, streams, dependencies }: GateFacts): Wait[] {
  const replaced = dependencies.filter(({ open }) => open);
  const waits: Wait[] = replaced.map(({ index }) => ({
    kind: "dependency",
    on: index,
    message: `${index} of ${run.businessDate} is being run first.`,
  }));
  // Pinned inputs are what they are, and a dry run changes nothing.
  if (run.override !== null || run.mode === "dry_run" || run.ofRunId !== null) {
    return run.mode === "dry_run" ? [] : waits;
  }
  if (nowMs < dateEndsMs) {
    const ends = new Date(dateEndsMs).toISOString();
    waits.push({ kind: "day_not_over", on: run.businessDate, message: `${run.businessDate} ends at ${ends}.` });
  }
  for (const { source, readUntilMs, why } of streams) {
    if (readUntilMs !== null && readUntilMs >= dateEndsMs) continue;
    const state = readUntilMs === null ? why : `it has been read up to ${new Date(readUntilMs).toISOString()}`;
    const message = `${source} is not known to be past the end of ${run.businessDate}: ${state}.`;
    waits.push({ kind: "stream", on: source, message });
  }
  for (const { index, open, closed, failed } of dependencies) {
    if (open || closed) continue;
    const state = failed === null ? "is not closed" : `failed: ${failed}`;
    waits.push({ kind: "dependency", on: index, message: `${index} of ${run.businessDate} ${state}. Run it first.` });
  }
  return waits;
}
