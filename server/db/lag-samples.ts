import { asc, gt, lt } from "drizzle-orm";
import type { Queries } from "./connect";
import { lagSamples } from "./schema";

/** How long samples stay, milliseconds. */
const KEPT_MS = 2 * 3_600_000;
/** A sample a second of a hundred partitions over the window, and some. */
const SAMPLES_MAX = 100_000;

export interface LagSample {
  readonly source: string;
  readonly partition: string;
  readonly atMs: number;
  readonly position: bigint | null;
  readonly low: bigint | null;
  readonly high: bigint | null;
  readonly lagMessages: bigint | null;
  readonly lagSeconds: number | null;
}

export async function writeLagSamples(db: Queries, samples: readonly LagSample[]): Promise<void> {
  if (samples.length === 0) return;
  await db.insert(lagSamples).values(samples.map(({ atMs, ...sample }) => ({ ...sample, at: new Date(atMs) })));
}

/** Samples taken since, oldest first. */
export async function readLagSamples(db: Queries, sinceMs: number): Promise<LagSample[]> {
  const rows = await db
    .select()
    .from(lagSamples)
    .where(gt(lagSamples.at, new Date(sinceMs)))
    .orderBy(asc(lagSamples.at))
    .limit(SAMPLES_MAX);
  return rows.map(({ id: _id, at, ...row }) => ({ ...row, atMs: at.getTime() }));
}

/** Removes samples older than two hours. */
export async function trimLagSamples(db: Queries): Promise<void> {
  await db.delete(lagSamples).where(lt(lagSamples.at, new Date(Date.now() - KEPT_MS)));
}
