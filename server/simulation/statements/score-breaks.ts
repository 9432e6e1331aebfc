import { dayNumber } from "../../domain/time";
import type { Lake } from "../../lake/lake";
import { scanSql } from "../../lake/scan";
import type { Truth } from "../truth";
import { BREAK_KINDS, MATCH_KINDS } from "./kinds";
import type { PlantedBreak, PlantedMatch } from "./truth-of-money";

const TABLE = "reconciliation";
const EXAMPLES_MAX = 5;

/** What a reconciliation says of one item: a break of a kind, or a match of a stage. */
export interface Verdict {
  /** Null for a match without any break. */
  readonly kind: string | null;
  readonly stage: number | null;
  readonly transaction: string | null;
  readonly reference: string | null;
  /** The close that says so; a later one holds. */
  readonly businessDate: string;
}

export interface BreakScore {
  readonly name: string;
  readonly expected: number;
  /** Null where there is no reconciliation to hold against it. */
  readonly found: number | null;
  readonly missed: number | null;
  /** Told as another kind of break; of a near break, as any. */
  readonly wrong: number | null;
  /** Told, but not planted. */
  readonly extra: number | null;
  readonly missedExamples: readonly string[];
  readonly wrongExamples: readonly string[];
  readonly extraExamples: readonly string[];
}

export interface BreakReport {
  /** False where the lake holds no reconciliation: then only what is expected can be told. */
  readonly reconciled: boolean;
  readonly kinds: readonly BreakScore[];
}

/** Holds a lake's reconciliation against the breaks planted in the statements; null where the truth holds no statements. */
export async function scoreReconciliation(lake: Lake, truth: Truth): Promise<BreakReport | null> {
  if (!truth.lines.some(({ kind }) => kind === "movements" || kind === "statement")) return null;
  const read = await readVerdicts(lake);
  return scoreBreaks(truth, read?.verdicts ?? null, read?.open ?? null);
}

/** Where the books stand at the newest close. */
export interface OpenBooks {
  readonly close: string;
  /** Transactions and references of payments and payouts that are not due yet. */
  readonly inFlight: ReadonlySet<string>;
}

/** An item in flight longer than this should have been due: calendar days. */
const IN_FLIGHT_DAYS_MAX = 7;

/** Told of days to come, or of what is not due yet: nobody can have found it. */
function isToCome(planted: Planted, open: OpenBooks | null): boolean {
  if (open === null) return false;
  const on = planted.kind === "break" ? (planted.name === "late" ? planted.found : planted.date) : planted.date;
  if (on == null || on > open.close) return on != null;
  if (planted.kind !== "break" || planted.name !== "missing_external") return false;
  const recent = dayNumber(open.close) - dayNumber(on) <= IN_FLIGHT_DAYS_MAX;
  return recent && identities(planted).some((id) => open.inFlight.has(id));
}

/** `verdicts` null: nothing has been reconciled. */
export function scoreBreaks(
  truth: Truth,
  verdicts: readonly Verdict[] | null,
  open: OpenBooks | null = null,
): BreakReport {
  const planted = truth.lines.flatMap((line): Planted[] =>
    line.kind === "break" || line.kind === "near_break" ? [line] : [],
  );
  const names = [...BREAK_KINDS, ...MATCH_KINDS];
  const scores = new Map(names.map((name) => [name as string, emptyScore(name, verdicts !== null)]));
  const newest = verdicts === null ? null : byIdentity(verdicts);
  const known = new Map<string, Set<string>>();
  for (const one of planted) {
    const score = scores.get(one.name);
    if (score === undefined) continue;
    for (const id of identities(one)) known.set(id, (known.get(id) ?? new Set()).add(one.name));
    if (isToCome(one, open)) continue;
    score.expected++;
    if (newest !== null) judge(one, score, newest);
  }
  if (newest !== null) addExtras(scores, newest, known);
  return { reconciled: verdicts !== null, kinds: [...scores.values()] };
}

type Planted = PlantedBreak | PlantedMatch;
type Writable<T> = { -readonly [Name in keyof T]: T[Name] extends readonly string[] ? string[] : T[Name] };
type Newest = ReadonlyMap<string, readonly Verdict[]>;

const emptyScore = (name: string, reconciled: boolean): Writable<BreakScore> => {
  const none = reconciled ? 0 : null;
  const counts = { expected: 0, found: none, missed: none, wrong: none, extra: none };
  return { name, ...counts, missedExamples: [], wrongExamples: [], extraExamples: [] };
};

/** Every name under which a reconciliation may tell of what was planted. */
function identities(planted: Planted): string[] {
  if (planted.kind === "near_break") return [planted.transaction];
  const { transaction, other, reference, line, name, file } = planted;
  // A pair may be told of at either payment. A line nobody knows goes by its own references only.
  const ids = transaction === null ? [reference, line, other] : [transaction, other];
  return [...ids, name === "control_total" ? file : null].filter((id) => id !== null);
}

/** The verdicts of the newest close that says anything of an item, by transaction and by reference. */
function byIdentity(verdicts: readonly Verdict[]): Newest {
  const found = new Map<string, Verdict[]>();
  for (const verdict of verdicts) {
    for (const id of new Set([verdict.transaction, verdict.reference])) {
      if (id === null) continue;
      const known = found.get(id);
      const last = known?.[0]?.businessDate ?? "";
      if (known === undefined || verdict.businessDate > last) found.set(id, [verdict]);
      else if (verdict.businessDate === last) known.push(verdict);
    }
  }
  return found;
}

function judge(planted: Planted, score: Writable<BreakScore>, newest: Newest): void {
  const verdicts = identities(planted).flatMap((id) => newest.get(id) ?? []);
  const kinds = [...new Set(verdicts.flatMap(({ kind }) => kind ?? []))];
  const isFound =
    planted.kind === "break"
      ? kinds.includes(planted.name)
      : kinds.length === 0 && verdicts.some(({ stage }) => stage !== null);
  const example = planted.kind === "break" ? (planted.transaction ?? planted.reference) : planted.transaction;
  if (isFound) score.found = (score.found ?? 0) + 1;
  else if (kinds.length > 0) {
    score.wrong = (score.wrong ?? 0) + 1;
    note(score.wrongExamples, `${example} (${kinds.join(", ")})`);
  } else {
    score.missed = (score.missed ?? 0) + 1;
    note(score.missedExamples, example);
  }
}

/** Breaks told of items for which nothing was planted, each once by its kind and transaction or reference. */
function addExtras(
  scores: Map<string, Writable<BreakScore>>,
  newest: Newest,
  known: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  const seen = new Set<string>();
  for (const verdict of [...newest.values()].flat()) {
    const { kind, transaction, reference } = verdict;
    const id = transaction ?? reference;
    if (kind === null || id === null || seen.has(`${kind} ${id}`)) continue;
    seen.add(`${kind} ${id}`);
    const isNewest = (newest.get(id) ?? []).includes(verdict);
    if (!isNewest || known.has(id) || (reference !== null && known.has(reference))) continue;
    const score = scores.get(kind) ?? emptyScore(kind, true);
    scores.set(kind, score);
    score.extra = (score.extra ?? 0) + 1;
    note(score.extraExamples, id);
  }
}

function note(examples: string[], example: string): void {
  if (examples.length < EXAMPLES_MAX) examples.push(example);
}

/**
 * What the newest close says of each item: breaks, and matches of the later stages. An item that was a break and has been
 * matched since is none. Null where the lake has no such table, or nothing in it.
 */
async function readVerdicts(lake: Lake): Promise<{ verdicts: Verdict[]; open: OpenBooks } | null> {
  if (!lake.has(TABLE)) return null;
  const table = lake.table(TABLE);
  const { files } = await table.refresh();
  if (files.length === 0) return null;
  const connection = await lake.db.connect();
  try {
    const relation = await scanSql(lake.store, table.spec, files);
    const newest = `(SELECT * FROM ${relation}
          QUALIFY business_date = max(business_date) OVER (PARTITION BY coalesce(item_key, row_key)))`;
    const told = await connection.runAndReadAll(
      `SELECT DISTINCT kind, stage, transaction_id, reference, CAST(business_date AS VARCHAR) FROM ${newest}
        WHERE kind IS NOT NULL OR stage > 1`,
    );
    const flying = await connection.runAndReadAll(
      `SELECT transaction_id, reference, CAST(business_date AS VARCHAR) FROM ${relation}
        WHERE state = 'in_flight' AND business_date = (SELECT max(business_date) FROM ${relation})`,
    );
    const closes = await connection.runAndReadAll(`SELECT CAST(max(business_date) AS VARCHAR) FROM ${relation}`);
    const text = (value: unknown) => (typeof value === "string" ? value : null);
    const verdicts = told.getRowsJS().map(([kind, stage, transaction, reference, businessDate]) => ({
      kind: text(kind),
      stage: stage === null || stage === undefined ? null : Number(stage),
      transaction: text(transaction),
      reference: text(reference),
      businessDate: String(businessDate),
    }));
    const inFlight = new Set(flying.getRowsJS().flatMap((row) => row.slice(0, 2).flatMap((id) => text(id) ?? [])));
    return { verdicts, open: { close: String(closes.getRowsJS()[0]?.[0]), inFlight } };
  } finally {
    connection.closeSync();
  }
}
