import { and, desc, eq, gt, gte, inArray, lte, ne, sql } from "drizzle-orm";
import type { Person } from "../../auth/scope";
import { runMark } from "../../batch/record";
import type { Database } from "../../db/connect";
import { type Heartbeat, readHeartbeats } from "../../db/heartbeats";
import { runs } from "../../db/schema";
import { addDays } from "../../domain/calendar/business-days";
import { ConcordanceError } from "../../domain/errors";
import { type BusinessDate, formatInstant } from "../../domain/time";
import { type RunDate, readChangedDates, readDates } from "../../jobs/dates";
import { OPEN_STATES } from "../../jobs/model";
import { type Run, runOf } from "../../jobs/run";
import { BRIEF, readOpenRuns, readRun } from "../../jobs/runs";
import { lastEndedDate, nextNightlyMs, nightlyOf, parseNightly } from "../../jobs/schedule";
import type { Snapshot } from "../../lake/snapshot";
import type { LakeReader, LakeView } from "../../query/reader";
import { ALL_FINALS } from "../finals";
import { INDEX_NAMES, INDEXES } from "../names";
import type {
  JobCell,
  JobIndex,
  Jobs,
  JobsQuery,
  RunDetail,
  RunningWork,
  RunSummary,
  RunsQuery,
} from "./contract-jobs";
import { asOfOps } from "./queries";

const ENDED_LATELY_MS = 10 * 60_000;
const SHOWN_MAX = 20;
const WANTING_MAX = 200;
const RUNS_OF_GRID_MAX = 20_000;

interface Sources {
  readonly reader: LakeReader;
  readonly database: Database;
}

const at = (ms: number): string => formatInstant(BigInt(ms) * 1000n);

const summaryOf = (run: Run, person: Person): RunSummary => ({
  id: run.id,
  index: run.index,
  businessDate: run.businessDate,
  mode: run.mode,
  state: run.state,
  trigger: run.trigger,
  askedBy: run.askedBy.name,
  mine: run.askedBy.id === person.id,
  askedAt: at(run.askedAtMs),
  startedAt: run.startedAtMs === null ? null : at(run.startedAtMs),
  endedAt: run.endedAtMs === null ? null : at(run.endedAtMs),
  tries: run.tries,
  outcome: run.outcome,
  step: run.state === "running" && run.step !== null ? { ...run.step } : null,
  waits: [...run.waits],
  fault: run.fault,
  rows: run.rows,
  cancelAsked: run.cancelAsked,
});

/** Every final index by business date: what the lake holds of it, and what is or was done about it. */
export async function readJobs({ reader, database }: Sources, person: Person, query: JobsQuery): Promise<Jobs> {
  const beats = (await readHeartbeats(database.db)).filter(({ process, state }) => process === "batch" && lives(state));
  // With all the world's zones in mind: what has not ended somewhere is offered a day later.
  const newestDate = lastEndedDate(Date.now(), ["UTC"]);
  const until = (query.until ?? newestDate) as BusinessDate;
  const dates = Array.from({ length: query.days }, (_, day) => addDays(until, -day));
  const from = dates.at(-1) ?? until;
  const wanting = await readWanting(database);
  const all = [...wanting.map(({ businessDate }) => businessDate), from, until].sort();
  const [oldest = from, newest = until] = [all[0], all.at(-1)];
  const [known, latest] = await Promise.all([readDates(database.db, oldest), latestRuns(database, oldest, newest)]);
  const facts = new Map(known.map((date) => [`${date.index}/${date.businessDate}`, date]));
  const cellAt = (view: LakeView, { index, table }: (typeof ALL_FINALS)[number], businessDate: BusinessDate) =>
    cellOf({
      index,
      businessDate,
      closes: closesOf(view.snapshot(table.name), index, businessDate),
      facts: facts.get(`${index}/${businessDate}`) ?? null,
      runs: latest.get(`${index}/${businessDate}`) ?? { commit: null, dryRun: null },
      person,
    });
  return reader.read({ name: "ops.jobs" }, async (view) => ({
    indexes: ALL_FINALS.map(({ index }) => indexOf(index, beats)),
    dates,
    cells: ALL_FINALS.flatMap((final) => dates.map((businessDate) => cellAt(view, final, businessDate))),
    attention: wanting
      .flatMap(({ index, businessDate }) => {
        const final = ALL_FINALS.find((known) => known.index === index);
        return final === undefined ? [] : [cellAt(view, final, businessDate)];
      })
      .filter(({ state }) => state === "failed" || state === "changed"),
    workers: beats.length,
    newestDate,
    asOf: asOfOps(
      view,
      ALL_FINALS.map(({ table }) => table.name),
    ),
  }));
}

/** Dates that may want a person: their last run failed, or they have changed since their close. */
async function readWanting({ db }: Database): Promise<RunDate[]> {
  const last = db
    .selectDistinctOn([runs.index, runs.businessDate], {
      index: runs.index,
      businessDate: runs.businessDate,
      state: runs.state,
    })
    .from(runs)
    .where(and(eq(runs.mode, "commit"), ne(runs.state, "cancelled")))
    .orderBy(runs.index, runs.businessDate, desc(runs.askedAt))
    .as("last");
  const [failed, changed] = await Promise.all([
    db.select().from(last).where(eq(last.state, "failed")).limit(WANTING_MAX),
    readChangedDates(db, WANTING_MAX),
  ]);
  const dates = new Map<string, RunDate>();
  for (const { index, businessDate } of [...failed, ...changed]) {
    dates.set(`${businessDate}/${index}`, { index, businessDate: businessDate as BusinessDate });
  }
  return [...dates].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, date]) => date);
}

const lives = (state: Heartbeat["state"]): boolean =>
  state === "running" || state === "waiting" || state === "starting";

function closesOf({ marks }: Snapshot, index: string, date: BusinessDate): number | null {
  const run = marks.get(runMark(index, date));
  return run === undefined ? null : Number(run) + 1;
}

const titleOf = (index: string): string => {
  const name = INDEX_NAMES.find((known) => known === index);
  return name === undefined ? `${index.charAt(0).toUpperCase()}${index.slice(1)}` : INDEXES[name].title;
};

/** The schedule is what a living worker says it has set. */
function indexOf(index: string, beats: readonly Heartbeat[]): JobIndex {
  const said = beats.flatMap(({ detail }) => detail.figures?.nightly ?? [])[0];
  const nightly = typeof said === "string" ? nightlyOf(parseNightly(said), index) : null;
  if (nightly === null) return { index, title: titleOf(index), schedule: null };
  const [hour, minute] = [nightly.hour, nightly.minute].map((part) => String(part).padStart(2, "0"));
  const nextAt = at(nextNightlyMs(nightly, Date.now()));
  return { index, title: titleOf(index), schedule: { at: `${hour}:${minute}`, zone: nightly.zone, nextAt } };
}

interface CellFacts {
  readonly index: string;
  readonly businessDate: BusinessDate;
  readonly closes: number | null;
  readonly facts: { readonly inputRows: number; readonly changed: JobCell["changed"] } | null;
  readonly runs: { readonly commit: Run | null; readonly dryRun: Run | null };
  readonly person: Person;
}

function cellOf({ index, businessDate, closes, facts, runs: { commit, dryRun }, person }: CellFacts): JobCell {
  const followed = commit !== null && dryRun !== null && commit.askedAtMs > dryRun.askedAtMs;
  return {
    index,
    businessDate,
    state: stateOf(commit, closes, facts),
    inputRows: facts?.inputRows ?? null,
    closes,
    changed: closes === null ? null : (facts?.changed ?? null),
    latest: commit === null ? null : summaryOf(commit, person),
    dryRun: dryRun === null || followed ? null : summaryOf(dryRun, person),
  };
}

function stateOf(latest: Run | null, closes: number | null, facts: CellFacts["facts"]): JobCell["state"] {
  if (latest !== null && isOpen(latest)) return latest.state as "queued" | "blocked" | "running";
  if (latest?.state === "failed") return "failed";
  if (closes !== null) return facts?.changed == null ? "closed" : "changed";
  return facts !== null && facts.inputRows > 0 ? "open" : "empty";
}

const isOpen = ({ state }: Run): boolean => OPEN_STATES.some((open) => open === state);

/** The newest committing run and the newest dry run of each index and date; a cancelled one says nothing of the date. */
async function latestRuns({ db }: Database, from: BusinessDate, to: BusinessDate) {
  const rows = await db
    .selectDistinctOn([runs.index, runs.businessDate, runs.mode], BRIEF)
    .from(runs)
    .where(and(gte(runs.businessDate, from), lte(runs.businessDate, to), ne(runs.state, "cancelled")))
    .orderBy(runs.index, runs.businessDate, runs.mode, desc(runs.askedAt))
    .limit(RUNS_OF_GRID_MAX);
  const latest = new Map<string, { commit: Run | null; dryRun: Run | null }>();
  for (const run of rows.map(runOf)) {
    const key = `${run.index}/${run.businessDate}`;
    const entry = latest.get(key) ?? { commit: null, dryRun: null };
    latest.set(key, run.mode === "commit" ? { ...entry, commit: run } : { ...entry, dryRun: run });
  }
  return latest;
}

/** One run with its log, its figures and what it would change or has changed. Throws `no_such_run`. */
export async function readRunDetail({ database }: Sources, person: Person, runId: string): Promise<RunDetail> {
  const run = await readRun(database.db, runId);
  if (run === null) throw noSuchRun(runId);
  return {
    run: summaryOf(run, person),
    reason: run.reason,
    override: run.override,
    ofRunId: run.ofRunId,
    engine: run.engine,
    worker: run.worker,
    ruleVersion: run.spec?.ruleVersion ?? null,
    inputs: (run.spec?.inputs ?? []).map(({ table, version, files }) => ({ table, version, files: files.length })),
    controls: run.controls,
    diff: run.diff,
    log: [...run.log],
    committable: run.mode === "dry_run" && run.outcome === "compared" && run.spec !== null,
  };
}

/** Runs, newest first. */
export async function readRuns({ database }: Sources, person: Person, query: RunsQuery) {
  const { index, businessDate, limit } = query;
  const rows = await database.db
    .select(BRIEF)
    .from(runs)
    .where(
      and(
        index === null ? undefined : eq(runs.index, index),
        businessDate === null ? undefined : eq(runs.businessDate, businessDate),
      ),
    )
    .orderBy(desc(runs.askedAt))
    .limit(limit);
  return { runs: rows.map((row) => summaryOf(runOf(row), person)) };
}

/** What runs or waits now, those under way first, and the reader's own runs that ended lately. */
export async function readRunningWork({ database }: Sources, person: Person): Promise<RunningWork> {
  const open = await readOpenRuns(database.db);
  const ended = await database.db
    .select(BRIEF)
    .from(runs)
    .where(
      and(
        eq(runs.askedById, person.id),
        inArray(runs.state, ["succeeded", "failed", "cancelled"]),
        gt(runs.endedAt, sql`now() - make_interval(secs => ${ENDED_LATELY_MS / 1000})`),
      ),
    )
    .orderBy(desc(runs.endedAt))
    .limit(SHOWN_MAX);
  const running = open.toSorted((a, b) => Number(b.state === "running") - Number(a.state === "running"));
  return {
    open: open.length,
    runs: running.slice(0, SHOWN_MAX).map((run) => summaryOf(run, person)),
    endedMine: ended.map((row) => summaryOf(runOf(row), person)),
  };
}

const noSuchRun = (runId: string) =>
  new ConcordanceError({
    kind: "not_found",
    code: "no_such_run",
    message: "There is no run of this id, or it is older than what is kept.",
    remedy: "Look for it in the list of its date.",
    at: { runId },
  });
