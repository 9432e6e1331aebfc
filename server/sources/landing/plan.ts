import { ConcordanceError } from "../../domain/errors";
import type { ObjectStore } from "../../lake/store/store";

/**
 * What batch n of a source reads, written before reading (ARCHITECTURE.md section 3): a part of one file from
 * `fromRecord` on, ending at the first of both limits or the end of the file. The same plan on the same file always
 * gives the same records.
 */
export interface Plan {
  readonly number: number;
  readonly path: string;
  readonly etag: string;
  readonly sha256: string;
  readonly fromRecord: number;
  readonly recordsMax: number;
  readonly bytesMax: number;
}

/** What the records of a plan are placed in: a path may carry another content some day, and that is another place. */
export const placeOf = ({ path, sha256 }: Plan): string => `${path}#${sha256.slice(0, 12)}`;

const DIGITS = 20;
const planKey = (source: string, number: number) => `plans/${source}/${String(number).padStart(DIGITS, "0")}.json`;
const takenKey = (source: string, sha256: string) => `plans/${source}/taken/${sha256}.json`;

export async function readPlan(store: ObjectStore, source: string, number: number): Promise<Plan | null> {
  try {
    return JSON.parse(new TextDecoder().decode(await store.get(planKey(source, number))));
  } catch (error) {
    if (error instanceof ConcordanceError && error.kind === "not_found") return null;
    throw error;
  }
}

/** Writes the plan, or gives back the one another process wrote under this number. */
export async function writePlan(store: ObjectStore, source: string, plan: Plan): Promise<Plan> {
  const answer = await store.putIfAbsent(planKey(source, plan.number), new TextEncoder().encode(JSON.stringify(plan)));
  return answer === "created" ? plan : ((await readPlan(store, source, plan.number)) ?? plan);
}

/** Remembers that this content is planned. Written when its first plan runs, so a crash before loses nothing. */
export async function rememberTaken(store: ObjectStore, source: string, plan: Plan): Promise<void> {
  await store.putIfAbsent(takenKey(source, plan.sha256), new TextEncoder().encode(JSON.stringify({ path: plan.path })));
}

/** Written before a file's last batch is pushed: from then on every part of it is planned. */
export async function rememberFinished(store: ObjectStore, source: string, plan: Plan): Promise<void> {
  const facts = { path: plan.path, finished: true, lastPlan: plan.number };
  await store.put(takenKey(source, plan.sha256), new TextEncoder().encode(JSON.stringify(facts)));
}

/** What is known of a content: null where nothing of it is planned; its last plan is known once every part of it is planned. */
export async function readTaken(
  store: ObjectStore,
  source: string,
  sha256: string,
): Promise<{ finished?: boolean; lastPlan?: number } | null> {
  try {
    return JSON.parse(new TextDecoder().decode(await store.get(takenKey(source, sha256))));
  } catch (error) {
    if (error instanceof ConcordanceError && error.kind === "not_found") return null;
    throw error;
  }
}

/** Plans this far behind the mark are never executed again. */
export async function forgetPlan(store: ObjectStore, source: string, number: number): Promise<void> {
  if (number >= 0) await store.delete([planKey(source, number)]);
}

export const changedFile = (plan: Plan, source: string, removed: boolean) =>
  new ConcordanceError({
    kind: "data_loss",
    code: "landing_file_changed",
    message: `${plan.path} was ${removed ? "removed" : "changed"} after batch ${plan.number} of ${source} had planned to read it.`,
    remedy: `Put the file back as it was (SHA-256 ${plan.sha256}); reading then goes on by itself.`,
    at: { source, path: plan.path },
  });
