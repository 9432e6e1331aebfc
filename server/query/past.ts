import { ConcordanceError } from "../domain/errors";
import type { Snapshot } from "../lake/snapshot";
import type { LakeReader } from "./reader";

/** Instants whose snapshots are kept: a page asks for one of them several times. */
const KEPT_MAX = 8;

const kept = new WeakMap<LakeReader["lake"], Map<string, Promise<ReadonlyMap<string, Snapshot>>>>();

/**
 * A reader of these tables as they were at an instant (ISO 8601); null reads them as they are. Throws `version_gone` where
 * retention has removed that part of a table's log, `instant_ahead` for one still to come.
 */
export async function readerAt(
  reader: LakeReader,
  tables: readonly string[],
  instant: string | null,
): Promise<LakeReader> {
  if (instant === null) return reader;
  const timestampMs = Date.parse(instant);
  if (!(timestampMs <= Date.now())) {
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "instant_ahead",
      message: `${instant} is still to come.`,
      remedy: "Choose an instant in the past, or go back to now.",
    });
  }
  const known = kept.get(reader.lake) ?? new Map<string, Promise<ReadonlyMap<string, Snapshot>>>();
  kept.set(reader.lake, known);
  const key = `${timestampMs}/${tables.join(",")}`;
  const snapshots = known.get(key) ?? snapshotsAt(reader, tables, timestampMs);
  known.delete(key);
  known.set(key, snapshots);
  snapshots.catch(() => known.delete(key));
  for (const old of [...known.keys()].slice(0, -KEPT_MAX)) known.delete(old);
  return reader.over(await snapshots);
}

async function snapshotsAt({ lake }: LakeReader, tables: readonly string[], timestampMs: number) {
  const pinned = tables.map(async (name) => [name, await lake.table(name).at({ timestampMs })] as const);
  return new Map(await Promise.all(pinned));
}
