import { ConcordanceError } from "../domain/errors";
import { sqlName } from "../lake/duckdb";
import type { Lake } from "../lake/lake";
import { writeParquet } from "../lake/parquet";
import { rewriteFiles } from "../lake/rewrite";
import { pruneFiles } from "../lake/scan";
import type { DataFile } from "../lake/snapshot";
import type { RunControl } from "./control";
import type { FinalDefinition } from "./definition";
import { type BusinessDiff, diffOf } from "./diff";
import { type Computed, withFinal } from "./engine";
import { countsOfDate } from "./late";
import { putRecord, type RunRecord, readRecord, runMark } from "./record";
import { type JobSpec, specId } from "./spec";

export interface RunResult {
  /** unchanged: the date holds the rows of this very spec already; nothing was computed. */
  readonly outcome: "committed" | "unchanged";
  readonly record: RunRecord;
  readonly diff: BusinessDiff | null;
}

const COMMIT_TRIES_MAX = 20;
const RECORD_TRIES_MAX = 1_000;

/** What is known of a run once its rows are computed and compared. */
export interface Ready {
  readonly rows: number;
  readonly controls: RunRecord["controls"];
  readonly diff: BusinessDiff;
}

export interface RunOptions extends RunControl {
  /** Waited for before anything is written; what it throws ends the run with nothing changed. */
  readonly ready?: (facts: Ready) => Promise<void>;
  readonly nowMs?: () => number;
}

/** Computes a final and says what it would change; writes nothing. Committing the same spec commits just these rows. */
export async function dryRun<Settings>(
  lake: Lake,
  definition: FinalDefinition<Settings>,
  spec: JobSpec,
  options: RunOptions = {},
): Promise<BusinessDiff> {
  checkRules(definition, spec);
  const steps = { control: options, afterwards: ["compare"] };
  return withFinal(lake, definition, spec, steps, async (computed) => {
    computed.next();
    const snapshot = await lake.table(definition.table.name).refresh();
    const diff = await diffOf(lake, definition, snapshot, spec.businessDate, computed);
    await options.ready?.({ rows: computed.rows, controls: controlsOf(computed), diff });
    return diff;
  });
}

/**
 * Computes a final and replaces its business date in one commit: a reader sees the old rows or the new ones, and the rows
 * of other dates stay as they are. The same spec again changes nothing. Throws `run_overtaken` where another run of
 * the date was committed meanwhile, `run_stopped` where the signal came before the commit.
 */
export async function runFinal<Settings>(
  lake: Lake,
  definition: FinalDefinition<Settings>,
  spec: JobSpec,
  options: RunOptions = {},
): Promise<RunResult> {
  checkRules(definition, spec);
  const startedAtMs = (options.nowMs ?? Date.now)();
  const table = lake.table(definition.table.name);
  const before = await table.refresh();
  const last = await readRecord(lake, before, definition.index, spec.businessDate);
  if (last?.specId === specId(spec)) return { outcome: "unchanged", record: last, diff: null };
  const base = before.marks.get(runMark(definition.index, spec.businessDate)) ?? -1n;
  const steps = { control: options, afterwards: ["compare", "write", "commit"] };
  return withFinal(lake, definition, spec, steps, async (computed) => {
    computed.next();
    const diff = await diffOf(lake, definition, before, spec.businessDate, computed);
    await options.ready?.({ rows: computed.rows, controls: controlsOf(computed), diff });
    computed.next();
    const file = await write(lake, definition, computed);
    const record = await announce(lake, spec, computed, base, {
      rowsOfDate: await countsOfDate(computed.connection, definition, spec),
      startedAtMs,
    });
    computed.next();
    await replace(lake, definition, spec, { file, base, run: BigInt(record.run) });
    return { outcome: "committed" as const, record, diff };
  });
}

function checkRules<Settings>({ index, ruleVersion }: FinalDefinition<Settings>, spec: JobSpec): void {
  if (spec.index === index && spec.ruleVersion === ruleVersion) return;
  throw new ConcordanceError({
    kind: "conflict",
    code: "other_rules",
    message: `The job is of ${spec.index} with rules ${spec.ruleVersion}; this release has ${index} with rules ${ruleVersion}.`,
    remedy: "Pin the job anew with this release, and look at its diff.",
  });
}

function write<Settings>(lake: Lake, { table }: FinalDefinition<Settings>, { connection, relation, rows }: Computed) {
  const order = table.sortBy.map(sqlName).join(", ");
  const selectSql = `SELECT * FROM ${relation} ORDER BY ${order}`;
  return writeParquet({ connection, selectSql, spec: table, store: lake.store, expectedRows: rows });
}

const controlsOf = ({ controls }: Computed): RunRecord["controls"] =>
  controls.map(({ control, currency, rows, minor }) => ({
    control,
    currency,
    rows: String(rows),
    minor: minor === null ? null : String(minor),
  }));

/** The record under the first free number after the run the date holds; numbers of runs that died stay unused. */
async function announce(
  lake: Lake,
  spec: JobSpec,
  computed: Computed,
  base: bigint,
  facts: Pick<RunRecord, "rowsOfDate" | "startedAtMs">,
): Promise<RunRecord> {
  const controls = controlsOf(computed);
  for (let attempt = 1; attempt <= RECORD_TRIES_MAX; attempt++) {
    const run = Number(base) + attempt;
    const record: RunRecord = { run, specId: specId(spec), spec, rows: computed.rows, controls, ...facts };
    if ((await putRecord(lake, record)) === "created") return record;
  }
  throw new ConcordanceError({
    kind: "internal",
    code: "no_free_run_number",
    message: `${spec.index} of ${spec.businessDate}: ${RECORD_TRIES_MAX} runs in a row were never committed.`,
  });
}

interface Replacement {
  readonly file: DataFile | null;
  readonly base: bigint;
  readonly run: bigint;
}

async function replace<Settings>(
  lake: Lake,
  { index, table: { name } }: FinalDefinition<Settings>,
  { businessDate }: JobSpec,
  { file, base, run }: Replacement,
): Promise<void> {
  const table = lake.table(name);
  for (let attempt = 0; attempt < COMMIT_TRIES_MAX; attempt++) {
    const { files } = await table.refresh();
    const removes = pruneFiles(files, "business_date", businessDate, businessDate);
    // Compaction may have put dates together: what is of another date is written again as it is.
    const mixed = removes.filter(
      ({ stats }) => !isOf(stats.minValues.business_date, stats.maxValues.business_date, businessDate),
    );
    const where = `business_date <> DATE '${businessDate}'`;
    const kept = mixed.length === 0 ? null : await rewriteFiles({ lake, table, files: mixed, where });
    const outcome = await table.commit({
      adds: [file, kept].filter((one) => one !== null),
      removes,
      marks: [{ appId: runMark(index, businessDate), version: run, base }],
      operation: "REPLACE",
      info: { index, businessDate, run: Number(run) },
    });
    if (outcome.kind === "committed") return;
    if (outcome.kind === "mark_moved") throw overtaken(index, businessDate);
  }
  throw new ConcordanceError({
    kind: "unavailable",
    code: "commit_contention",
    message: `${index} of ${businessDate}: its files were rewritten ${COMMIT_TRIES_MAX} times while it committed.`,
    remedy: "Run it again.",
  });
}

const isOf = (min: string | number | undefined, max: string | number | undefined, date: string): boolean =>
  min === date && max === date;

const overtaken = (index: string, date: string) =>
  new ConcordanceError({
    kind: "conflict",
    code: "run_overtaken",
    message: `Another run of ${index} for ${date} was committed while this one computed.`,
    remedy: "Look at the date again; run it anew if its inputs have changed since.",
  });
