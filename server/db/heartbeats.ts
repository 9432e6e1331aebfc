import { lt, sql } from "drizzle-orm";
import { formatInstant } from "../domain/time";
import type { Queries } from "./connect";
import { workerHeartbeats } from "./schema";

/** A process says it lives every five seconds; after three missed beats it counts as lost. */
export const HEARTBEAT_EVERY_MS = 5_000;
export const LOST_AFTER_MS = 15_000;
const FORGET_AFTER_MS = 24 * 3_600_000;

export const PROCESS_STATES = [
  "starting",
  "running",
  "waiting",
  "stopping",
  "stopped",
  "restarting",
  "failed",
] as const;
export type ProcessState = (typeof PROCESS_STATES)[number];

/** One partition as a source reports it; numbers as decimal text, because JSON has no big integers. */
export interface PartitionBeat {
  readonly partition: string;
  readonly position: string | null;
  readonly low: string | null;
  readonly high: string | null;
  readonly lagMessages: string | null;
  readonly lagSeconds: number | null;
}

export interface SourceBeat {
  readonly name: string;
  readonly transport: "kafka" | "landing";
  readonly state: string;
  readonly code: string | null;
  readonly message: string | null;
  readonly remedy: string | null;
  readonly partitions: readonly PartitionBeat[];
}

/** What a heartbeat carries beside its state. */
export interface HeartbeatDetail {
  readonly code?: string | null;
  readonly message?: string | null;
  readonly remedy?: string | null;
  readonly restarts?: number | null;
  readonly memoryBytes?: number | null;
  readonly sources?: readonly SourceBeat[];
  /** Figures for the health page and /api/metrics. */
  readonly figures?: Readonly<Record<string, number | string | null>>;
}

export interface Heartbeat {
  readonly process: string;
  readonly instance: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly beatAt: string;
  readonly beatAtMs: number;
  readonly state: ProcessState | "lost";
  readonly detail: HeartbeatDetail;
}

export interface Beat {
  readonly process: string;
  /** Tells two instances of a process apart, e.g. host and number. */
  readonly instance: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly state: ProcessState;
  readonly detail: HeartbeatDetail;
}

/** Writes one beat with the database's clock, so that clocks of processes do not matter. */
export async function beat(db: Queries, { startedAtMs, ...facts }: Beat): Promise<void> {
  const values = { ...facts, startedAt: new Date(startedAtMs), beatAt: sql`now()` };
  const { process: _process, instance: _instance, ...changed } = values;
  await db
    .insert(workerHeartbeats)
    .values(values)
    .onConflictDoUpdate({ target: [workerHeartbeats.process, workerHeartbeats.instance], set: changed });
}

/** Every process heard of in the last day; one whose heart stopped without a goodbye is "lost". */
export async function readHeartbeats(db: Queries): Promise<Heartbeat[]> {
  const rows = await db
    .select({ row: workerHeartbeats, nowMs: sql<string>`extract(epoch from now()) * 1000` })
    .from(workerHeartbeats)
    .orderBy(workerHeartbeats.process, workerHeartbeats.instance);
  return rows
    .filter(({ row, nowMs }) => Number(nowMs) - row.beatAt.getTime() < FORGET_AFTER_MS)
    .map(({ row, nowMs }) => ({
      process: row.process,
      instance: row.instance,
      pid: row.pid,
      startedAt: instantOf(row.startedAt),
      beatAt: instantOf(row.beatAt),
      beatAtMs: row.beatAt.getTime(),
      state: stateOf(row.state, Number(nowMs) - row.beatAt.getTime()),
      detail: detailOf(row.detail),
    }));
}

/** Removes beats of processes not heard of for a day. */
export async function forgetHeartbeats(db: Queries): Promise<void> {
  await db.delete(workerHeartbeats).where(lt(workerHeartbeats.beatAt, new Date(Date.now() - FORGET_AFTER_MS)));
}

function stateOf(state: string, ageMs: number): ProcessState | "lost" {
  const known = PROCESS_STATES.find((name) => name === state) ?? "failed";
  return ageMs > LOST_AFTER_MS && known !== "stopped" ? "lost" : known;
}

const detailOf = (detail: unknown): HeartbeatDetail =>
  typeof detail === "object" && detail !== null ? (detail as HeartbeatDetail) : {};

const instantOf = (date: Date): string => formatInstant(BigInt(date.getTime()) * 1000n);
