import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCardTokenizer } from "../../server/domain/card";
import { ALERTS, BLACKLIST, BLACKLIST_REMOVALS } from "../../server/indexes/fraud/tables";
import { ALL_TABLES } from "../../server/indexes/ingest";
import { type Db, openDuckDb, sqlText } from "../../server/lake/duckdb";
import { openLake } from "../../server/lake/lake";
import { writeParquet } from "../../server/lake/parquet";
import type { TableSpec } from "../../server/lake/types";
import { compileDecoder } from "../../server/pipeline/decode/decoder";
import type { IndexerSource } from "../../server/pipeline/indexer-options";
import { loadMapping } from "../../server/pipeline/mapping/load";
import { FRAUD_SIGNALS, INGEST_BALANCE, QUARANTINE, TRANSACTIONS } from "../../server/pipeline/tables";
import { DIM_STOLEN_CARDS } from "../../server/reference/tables";
import type { RecordFormat } from "../../server/sources/landing/files";
import { nowMicros } from "../../workers/indexer/parts";
import { recordFormatOf } from "../../workers/indexer/sources";
import { type Bucket, markKey, openPlainStore } from "./bucket";
import { check, projectorMarks } from "./checks";
import { takeOver } from "./globals";
import { ACTS, COPIED, FOLLOWER_MARK, LEDGER } from "./log-processes";
import { createRandom } from "./random";
import { createNumbers, createWorld, DAY_ONE_MS, SIGNAL_SOURCE, TRANSACTION_SOURCES } from "./records";
import { Scheduler } from "./scheduler";
import { type Mutant, type Role, Simulation } from "./simulation";

/**
 * "log": writers, followers and keepers of two tables without Parquet, thousands of which can be played. "lake": sources,
 * indexers, maintenance and a person. "whole": two projectors with every index as well.
 */
export type Scope = "log" | "lake" | "whole";

export interface RunOptions {
  readonly seed: number;
  readonly scope: Scope;
  readonly mutant?: Mutant;
  readonly keepLines?: boolean;
}

export interface RunResult {
  readonly seed: number;
  readonly scope: Scope;
  /** The same for the same seed. */
  readonly traceHash: string;
  readonly steps: number;
  readonly records: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Empty where everything held. */
  readonly violations: readonly string[];
  readonly lines: readonly string[];
}

const RECORD_BYTES_MAX = 1_000_000;
const START_MS = DAY_ONE_MS + 3 * 86_400_000;
const RECORDS: Readonly<Record<Scope, number>> = { log: 20, lake: 14, whole: 20 };
const CHAOS_STEPS: Readonly<Record<Scope, number>> = { log: 900, lake: 800, whole: 2_500 };
const TROUBLE_EVERY_STEPS: Readonly<Record<Scope, number>> = { log: 80, lake: 200, whole: 250 };
/** Shares of the runs. */
const NIGHT_SHARE = 0.35;
const DAMAGE_SHARE = 0.3;
const DAMAGED_STEPS = 300;
const ROLES: Readonly<Record<Scope, readonly Role[]>> = {
  log: ["writer", "writer", "follower", "follower", "keeper", "keeper", "actor"],
  lake: ["indexer", "indexer", "maintenance", "maintenance", "person"],
  whole: ["indexer", "indexer", "projector", "projector", "maintenance"],
};
const INGEST_TABLES: readonly TableSpec[] = [
  TRANSACTIONS,
  FRAUD_SIGNALS,
  QUARANTINE,
  INGEST_BALANCE,
  ALERTS,
  BLACKLIST,
  BLACKLIST_REMOVALS,
  DIM_STOLEN_CARDS,
];
const SPECS: Readonly<Record<Scope, readonly TableSpec[]>> = {
  log: [LEDGER, COPIED, ACTS],
  lake: INGEST_TABLES,
  whole: ALL_TABLES,
};
const tokenize = createCardTokenizer(new Uint8Array(32).fill(7));

/** What all runs of a process share: it holds nothing of any run. */
export interface Tools {
  readonly db: Db;
  readonly sources: readonly IndexerSource[];
  readonly landingFormat: RecordFormat;
}

export async function openTools(): Promise<Tools> {
  const spill = join(tmpdir(), "concordance-simulation-spill");
  const db = await openDuckDb({ memoryLimitMb: 1_024, threads: 1, temporaryDirectory: spill });
  const mapped = [...TRANSACTION_SOURCES, SIGNAL_SOURCE].map(async (name) => {
    const mapping = await loadMapping(
      `config/mappings/concordance-${name === SIGNAL_SOURCE ? "signals" : "transactions"}.yaml`,
    );
    return { name, ...compileDecoder({ mapping, tokenize, recordBytesMax: RECORD_BYTES_MAX, nowMicros }) };
  });
  const landed = await loadMapping("config/mappings/concordance-transactions.yaml");
  return { db, sources: await Promise.all(mapped), landingFormat: recordFormatOf(landed, RECORD_BYTES_MAX) };
}

/** One run: everything that happens in it follows from the seed. */
export async function run(tools: Tools, { seed, scope, mutant, keepLines = false }: RunOptions): Promise<RunResult> {
  const random = createRandom(seed);
  const scheduler = new Scheduler(random, START_MS, keepLines);
  const world = (scope === "log" ? createNumbers : createWorld)(random, RECORDS[scope]);
  const simulation = new Simulation({
    scheduler,
    random,
    world,
    db: tools.db,
    specs: SPECS[scope],
    sources: tools.sources,
    landingFormat: tools.landingFormat,
    roles: ROLES[scope],
    fedBy: (source) => (scope === "log" ? [LEDGER.name] : tablesFedBy(source)),
    mutant: mutant ?? null,
    troubleEverySteps: TROUBLE_EVERY_STEPS[scope],
  });
  const undo = mutant?.install?.();
  const restore = takeOver(scheduler);
  try {
    await play(simulation, tools.db, scope);
  } finally {
    restore();
    undo?.();
  }
  const { violations } = simulation;
  try {
    if (violations.length === 0) violations.push(...(await check(simulation, tools.db)));
  } finally {
    simulation.remove();
  }
  const { counts } = simulation;
  const [traceHash, steps] = [scheduler.traceHash(), scheduler.steps];
  return { seed, scope, traceHash, steps, records: world.fates.size, counts, violations, lines: scheduler.lines };
}

async function play(simulation: Simulation, db: Db, scope: Scope): Promise<void> {
  const { scheduler, random, specs, world } = simulation.options;
  if (scope !== "log") await putStolenCard(simulation.bucket, db, specs, world.stolenCard);
  const marks = await followersMarks(db, scope);
  const { bucket } = simulation;
  const followed = () =>
    [...marks].every(([mark, input]) => (bucket.marks.get(mark) ?? 0n) >= (bucket.newestRows.get(input) ?? 0n));
  await simulation.start();
  await simulation.chaos(CHAOS_STEPS[scope], 0.5);
  const between = random.fraction();
  if (between < NIGHT_SHARE) {
    await simulation.calm(false, followed);
    await simulation.night();
  } else if (between < NIGHT_SHARE + DAMAGE_SHARE) await simulation.damage(DAMAGED_STEPS);
  await simulation.chaos(CHAOS_STEPS[scope], 0.98);
  await simulation.calm(true, followed);
  await simulation.stop();
  scheduler.note(`end ${bucket.objects.size}`);
}

async function followersMarks(db: Db, scope: Scope): Promise<ReadonlyMap<string, string>> {
  if (scope === "log") return new Map([[markKey(COPIED.name, FOLLOWER_MARK), LEDGER.name]]);
  if (scope === "lake") return new Map();
  const connection = await db.connect();
  const marks = projectorMarks(connection);
  connection.closeSync();
  return marks;
}

const tablesFedBy = (source: string): string[] => {
  const common = [QUARANTINE.name, INGEST_BALANCE.name];
  return source === SIGNAL_SOURCE ? [FRAUD_SIGNALS.name, ...common] : [TRANSACTIONS.name, ALERTS.name, ...common];
};

async function putStolenCard(bucket: Bucket, db: Db, specs: readonly TableSpec[], card: string): Promise<void> {
  const store = openPlainStore(bucket);
  const lake = await openLake(store, db, specs);
  const connection = await db.connect();
  const { token, last4 } = tokenize(card);
  const selectSql = `SELECT ${sqlText(token)} AS card_token, ${sqlText(last4)} AS card_last4, NULL AS reported_at`;
  const file = await writeParquet({ connection, spec: DIM_STOLEN_CARDS, store, selectSql });
  connection.closeSync();
  const adds = file === null ? [] : [file];
  await lake.table(DIM_STOLEN_CARDS.name).commit({ adds, marks: [], operation: "WRITE" });
}
