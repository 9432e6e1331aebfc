import { ConcordanceError } from "../../server/domain/errors";
import { newId } from "../../server/domain/ids";
import { type Lake, openLake } from "../../server/lake/lake";
import { dataKey } from "../../server/lake/log";
import { MAINTENANCE_DEFAULTS, trimLog, vacuum } from "../../server/lake/maintenance";
import type { DataFile } from "../../server/lake/snapshot";
import type { Table } from "../../server/lake/table";
import { required, type TableSpec } from "../../server/lake/types";
import type { Main, ProcessContext } from "./processes";
import type { Stream } from "./records";

const table = (name: string, kind: TableSpec["kind"]): TableSpec => ({
  name,
  kind,
  description: "rows of the simulation",
  columns: [required("row", "string", "its name")],
  partitionBy: [],
  key: ["row"],
  sortBy: ["row"],
  retention: { logDays: 2, dataDays: null },
});

/** What writers write to, and what is made from it. */
export const LEDGER = table("ledger", "raw");
export const COPIED = table("copied", "partial");
/** What people did: rows without a mark. */
export const ACTS = table("acts", "raw");
export const FOLLOWER_MARK = "from/ledger/copied";

const IDLE_MS = 20;
const KEEPER_MS = 60;
const ACT_MS = 120;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function open({ store, db, specs, mutants }: ProcessContext): Promise<Lake> {
  const lake = await openLake(store, db, specs, mutants.seams ?? {});
  mutants.lake?.(lake);
  return lake;
}

/** Rows as a small object instead of Parquet: the log does not look into its files. */
async function writeRows({ store }: ProcessContext, { spec }: Table, rows: readonly string[]): Promise<DataFile> {
  const path = `data/${newId()}`;
  const bytes = encoder.encode(JSON.stringify(rows));
  await store.put(dataKey(spec.name, path), bytes);
  const stats = { numRecords: rows.length, minValues: {}, maxValues: {}, nullCount: {} };
  const facts = { path, size: bytes.byteLength, modificationTimeMs: Date.now(), partitionValues: {} };
  return { ...facts, stats, statsText: JSON.stringify(stats) };
}

export const rowsIn = (bytes: Uint8Array): string[] => JSON.parse(decoder.decode(bytes));

/** Commits the rows of the streams it believes to own, with where it read them as base of their marks. */
export const runWriter: Main = async (context) => {
  const { actor, broker } = context;
  const lake = await open(context);
  const ledger = lake.table(LEDGER.name);
  const marks = new Map<string, bigint>();
  let owned: readonly Stream[] = [];
  broker.join(actor);
  while (!actor.abort.signal.aborted) {
    if (broker.random.chance(0.8)) {
      const now = broker.ownedBy(actor, "payments");
      if (now.join() !== owned.join() || now.length !== owned.length) marks.clear();
      owned = now;
    }
    const wrote = await writeOnce(context, ledger, owned, marks).catch((error: unknown) => {
      marks.clear();
      return unavailableOnly(error);
    });
    if (!wrote) await pause(IDLE_MS);
  }
};

async function writeOnce(
  context: ProcessContext,
  ledger: Table,
  owned: readonly Stream[],
  known: Map<string, bigint>,
): Promise<boolean> {
  const { broker } = context;
  const taken: { appId: string; base: bigint; version: bigint }[] = [];
  const rows: string[] = [];
  for (const stream of owned) {
    const { appId } = stream;
    const base = known.get(appId) ?? (await ledger.refresh()).marks.get(appId) ?? -1n;
    known.set(appId, base);
    const until = Math.min(broker.availableOf(stream), Number(base) + 1 + broker.random.below(6));
    if (until <= Number(base) + 1) continue;
    for (let position = Number(base) + 1; position < until; position++) rows.push(`${stream.partition}/${position}`);
    taken.push({ appId, base, version: BigInt(until - 1) });
    if (broker.random.chance(0.5)) break;
  }
  if (taken.length === 0) return false;
  const file = await writeRows(context, ledger, rows);
  const outcome = await ledger.commit({ adds: [file], marks: taken, operation: "WRITE" });
  for (const { appId, version } of taken) {
    if (outcome.kind === "committed") known.set(appId, version);
    else known.delete(appId);
  }
  return true;
}

/** Copies what the ledger gained, and remembers how many rows that were: the number of each is part of what it writes. */
export const runFollower: Main = async (context) => {
  const lake = await open(context);
  const [ledger, copied] = [lake.table(LEDGER.name), lake.table(COPIED.name)];
  let state: { readonly mark: bigint; readonly rows: number } | null = null;
  while (!context.actor.abort.signal.aborted) {
    try {
      const base: bigint = (await copied.refresh()).marks.get(FOLLOWER_MARK) ?? -1n;
      const changes = await ledger.changesSince(Math.max(0, Number(base)));
      const to = changes.at(-1)?.version;
      if (to === undefined) {
        await pause(IDLE_MS);
        continue;
      }
      if (state?.mark !== base) state = { mark: base, rows: copied.current().files.reduce(countRows, 0) };
      const rows: string[] = [];
      for (const { files } of changes) for (const file of files) rows.push(...(await read(context, ledger, file)));
      const before: number = state.rows;
      const file = await writeRows(
        context,
        copied,
        rows.map((row, index) => `${before + index} ${row}`),
      );
      const marks = [{ appId: FOLLOWER_MARK, base, version: BigInt(to) }];
      const outcome = await copied.commit({ adds: [file], marks, operation: "WRITE" });
      state = outcome.kind === "committed" ? { mark: BigInt(to), rows: before + rows.length } : null;
    } catch (error) {
      state = null;
      unavailableOnly(error);
    }
  }
};

const countRows = (sum: number, file: DataFile): number => sum + file.stats.numRecords;

/** Acts of a person: nothing but the answer tells whether one was done. */
export const runActor: Main = async (context) => {
  const acts = (await open(context)).table(ACTS.name);
  while (!context.actor.abort.signal.aborted) {
    const act = newId();
    try {
      const file = await writeRows(context, acts, [act]);
      context.onAct(act, "unknown");
      const outcome = await acts.commit({ adds: [file], marks: [], operation: "WRITE" });
      if (outcome.kind === "committed") context.onAct(act, "done");
    } catch (error) {
      unavailableOnly(error);
    }
    await pause(ACT_MS);
  }
};

/** Compaction, vacuum, the log's retention and checkpoints, in any order and as often as it likes. */
export const runKeeper: Main = async (context) => {
  const { broker, mutants } = context;
  const { random } = broker;
  const lake = await open(context);
  const limits = { ...MAINTENANCE_DEFAULTS, nowMs: () => Date.now(), ...mutants.limits };
  while (!context.actor.abort.signal.aborted) {
    const each = random.pick(lake.tables);
    const work = random.pick([
      () => compactSome(context, each),
      () => compactSome(context, each),
      () => vacuum(lake, each, limits),
      () => trimLog(lake, each, limits),
      () => lookBack(context, each),
      // Rarely, as it costs more than all else.
      async () => {
        if (random.chance(0.3)) await each.writeCheckpoint();
      },
    ]);
    await work().catch(unavailableOnly);
    await pause(KEEPER_MS);
  }
};

async function compactSome(context: ProcessContext, each: Table): Promise<void> {
  const { files } = await each.refresh();
  const some = files.filter(() => context.broker.random.chance(0.5)).slice(0, 4);
  if (some.length < 2) return;
  const rows: string[] = [];
  for (const file of some) rows.push(...(await read(context, each, file)));
  const file = await writeRows(context, each, rows);
  await each.commit({ adds: [file], removes: some, marks: [], operation: "OPTIMIZE", dataChange: false });
}

/** A past version must be what its commits made it, or be refused because retention has removed it. */
async function lookBack(context: ProcessContext, each: Table): Promise<void> {
  const version = context.broker.random.below(each.current().version + 1);
  try {
    const { files } = await each.at({ version });
    const had = files.map(({ path }) => path).sort();
    context.onLookBack(each.spec.name, version, had);
  } catch (error) {
    if (!(error instanceof ConcordanceError) || error.code !== "version_gone") throw error;
  }
}

const read = async ({ store }: ProcessContext, { spec }: Table, file: DataFile): Promise<string[]> =>
  rowsIn(await store.get(dataKey(spec.name, file.path)));

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function unavailableOnly(error: unknown): false {
  if (!(error instanceof ConcordanceError) || error.kind !== "unavailable") throw error;
  return false;
}
