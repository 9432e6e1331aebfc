import { formatInstant } from "../domain/time";
import { INDEX_APIS } from "../indexes/api";
import { INDEX_NAMES, INDEXES, type IndexName } from "../indexes/names";
import type { Snapshot } from "../lake/snapshot";
import { type LakeReader, newestOf } from "../query/reader";
import type { Freshness, IndexFreshness } from "./contract";

/** Further behind than this, the commits between are not read one by one: the index's own last commit tells its age. */
const COMMITS_READ_MAX = 500;
const LOOK_EVERY_MS = 500;
/** Nothing new is told at least this often, so that a page knows the stream lives. */
const TELL_EVERY_MS = 10_000;

/** How true each index is now, from the tables' logs alone. */
export async function readFreshness(reader: LakeReader): Promise<Freshness> {
  const snapshots = await reader.snapshots();
  const nowMs = Date.now();
  const indexes = await Promise.all(INDEX_NAMES.map((index) => freshnessOf(reader, snapshots, index, nowMs)));
  return { indexes, at: formatInstant(BigInt(nowMs) * 1000n) };
}

async function freshnessOf(
  reader: LakeReader,
  snapshots: ReadonlyMap<string, Snapshot>,
  index: IndexName,
  nowMs: number,
): Promise<IndexFreshness> {
  const { tables, watermark } = INDEX_APIS[index];
  const own = tables.flatMap((name) => snapshots.get(name) ?? []);
  const waiting = await Promise.all(own.map((snapshot) => waitingSince(reader, snapshots, snapshot)));
  const oldestMs = Math.min(nowMs, ...waiting.flatMap((ms) => ms ?? []));
  const committedMs = Math.max(0, ...own.map(({ timestampMs }) => timestampMs));
  const promiseMs = INDEXES[index].freshnessPromiseMs;
  const behindMs = Math.max(0, nowMs - oldestMs);
  const shown = snapshots.get(watermark.table);
  return {
    index,
    watermark: shown === undefined ? null : newestOf(shown, watermark.column),
    lakeVersion: shown?.version ?? 0,
    committedAt: committedMs === 0 ? null : formatInstant(BigInt(committedMs) * 1000n),
    behindMs,
    promiseMs,
    missed: behindMs > promiseMs,
  };
}

/** When the oldest commit was made that a projection into this table has not taken; null where none waits. */
async function waitingSince(
  reader: LakeReader,
  snapshots: ReadonlyMap<string, Snapshot>,
  snapshot: Snapshot,
): Promise<number | null> {
  let oldest: number | null = null;
  for (const [appId, mark] of snapshot.marks) {
    const input = appId.startsWith("from/") ? snapshots.get(appId.split("/")[1] ?? "") : undefined;
    if (input === undefined || BigInt(input.version) <= mark) continue;
    const since = await oldestAfter(reader, input, Number(mark), snapshot.timestampMs);
    if (since !== null && (oldest === null || since < oldest)) oldest = since;
  }
  return oldest;
}

async function oldestAfter(
  reader: LakeReader,
  input: Snapshot,
  mark: number,
  committedMs: number,
): Promise<number | null> {
  if (input.version - mark > COMMITS_READ_MAX) return committedMs;
  const [first] = await reader.lake.table(input.spec.name).changesSince(mark);
  return first === undefined ? null : first.timestampMs;
}

/** Freshness as it changes, until the signal. One look serves every subscriber. */
export async function* followFreshness(reader: LakeReader, signal: AbortSignal): AsyncGenerator<Freshness> {
  const shared = sharedLook(reader);
  let told = "";
  let toldAtMs = 0;
  while (!signal.aborted) {
    const freshness = await shared();
    const text = JSON.stringify(freshness.indexes.map(({ behindMs: _behind, ...rest }) => rest));
    if (text !== told || Date.now() - toldAtMs > TELL_EVERY_MS) {
      told = text;
      toldAtMs = Date.now();
      yield freshness;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

const looks = new WeakMap<LakeReader, { atMs: number; look: Promise<Freshness> }>();

function sharedLook(reader: LakeReader): () => Promise<Freshness> {
  return () => {
    const known = looks.get(reader);
    if (known !== undefined && Date.now() - known.atMs < LOOK_EVERY_MS) return known.look;
    const look = readFreshness(reader);
    looks.set(reader, { atMs: Date.now(), look });
    return look;
  };
}
