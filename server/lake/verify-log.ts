import type { Lake } from "./lake";
import { type Action, logFolder } from "./log";
import { LogReader } from "./log-reader";
import { LogState } from "./snapshot";
import type { TableSpec } from "./types";
import type { Difference } from "./verify";

/**
 * Replays a table's log commit by commit and says where it breaks its own rules: a missing version, time or a mark that goes
 * back, a file added twice or removed without being there, a compaction that changes the number of rows, a checkpoint that is
 * not the sum of the commits before it.
 */
export async function verifyLog(lake: Lake, spec: TableSpec): Promise<Difference[]> {
  const reader = new LogReader(lake.store, lake.db, spec.name);
  const found: Difference[] = [];
  const differ = (where: string, message: string) => found.push({ table: spec.name, where, message });
  const { commits, checkpoints } = await versionsOf(lake, spec);
  const [first, last] = [commits[0], commits.at(-1)];
  if (first === undefined || last === undefined) {
    differ("_delta_log", "the log has no commit");
    return found;
  }
  const state = new LogState();
  const start = first === 0 ? null : await reader.checkpoint(checkpoints.find((version) => version >= first) ?? first);
  if (first !== 0 && start === null) {
    differ(`version ${first}`, "the log begins here and no checkpoint stands for what came before");
    return found;
  }
  if (start !== null) state.apply(start.version, start.actions, spec.name);
  const newest = checkpoints.at(-1);
  for (let version = state.version + 1; version <= last; version++) {
    const actions = await reader.commit(version);
    if (actions === null) {
      differ(`version ${version}`, "this commit is missing, and later ones exist");
      return found;
    }
    for (const message of breaches(state, actions)) differ(`version ${version}`, message);
    state.apply(version, actions, spec.name);
    if (version !== newest) continue;
    const checkpoint = await reader.checkpoint(version);
    for (const message of checkpoint === null ? [] : unlike(state, checkpoint.actions, spec)) {
      differ(`checkpoint ${version}`, message);
    }
  }
  return found;
}

async function versionsOf(lake: Lake, spec: TableSpec) {
  const [commits, checkpoints]: [number[], number[]] = [[], []];
  for await (const { key } of lake.store.list(`${logFolder(spec.name)}/`)) {
    const match = /\/(\d{20})\.(json|checkpoint\.parquet)$/.exec(key);
    if (match !== null) (match[2] === "json" ? commits : checkpoints).push(Number(match[1]));
  }
  return { commits, checkpoints };
}

/** What is wrong with a commit that follows this state. */
function breaches(state: LogState, actions: readonly Action[]): string[] {
  const found: string[] = [];
  const [apps, paths] = [new Set<string>(), new Set<string>()];
  let [rowsIn, rowsOut, rowsChange] = [0, 0, false];
  for (const { commitInfo, txn, add, remove } of actions) {
    if (commitInfo && commitInfo.timestamp <= state.timestampMs) found.push("its time is not after the one before");
    if (txn) {
      const before = state.marks.get(txn.appId);
      if (apps.has(txn.appId)) found.push(`it moves mark ${txn.appId} twice`);
      if (before !== undefined && BigInt(txn.version) <= before) {
        found.push(`mark ${txn.appId} goes from ${before} to ${txn.version}`);
      }
      apps.add(txn.appId);
    }
    const file = add ?? remove;
    if (file === undefined) continue;
    if (paths.has(file.path)) found.push(`it names ${file.path} twice`);
    paths.add(file.path);
    rowsChange ||= file.dataChange;
    if (add) {
      if (state.files.has(add.path)) found.push(`it adds ${add.path}, which is there already`);
      rowsIn += Number(JSON.parse(add.stats ?? "{}").numRecords ?? 0);
    } else {
      const removed = state.files.get(file.path);
      if (removed === undefined) found.push(`it removes ${file.path}, which is not there`);
      rowsOut += removed?.stats.numRecords ?? 0;
    }
  }
  if (!rowsChange && rowsIn !== rowsOut) found.push(`it only moves rows, yet ${rowsOut} became ${rowsIn}`);
  return found;
}

/** How a checkpoint differs from the commits it stands for. */
function unlike(state: LogState, actions: readonly Action[], spec: TableSpec): string[] {
  const told = new LogState();
  told.apply(state.version, actions, spec.name);
  const found: string[] = [];
  for (const [path, file] of state.files) {
    if (!told.files.has(path)) found.push(`it lacks ${path}`);
    else if (told.files.get(path)?.statsText !== file.statsText) found.push(`it has other statistics of ${path}`);
  }
  for (const path of told.files.keys()) if (!state.files.has(path)) found.push(`it has ${path}, which is not there`);
  for (const [appId, mark] of state.marks) {
    if (told.marks.get(appId) !== mark) found.push(`it has mark ${appId} at ${told.marks.get(appId)}, not ${mark}`);
  }
  return found;
}
