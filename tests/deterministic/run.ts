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
import { nowMicros } from "../../workers/indexer/parts";
import { type Bucket, openPlainStore } from "./bucket";
import { check, projectorMarks } from "./checks";
import { takeOver } from "./globals";
import { createRandom } from "./random";
import { createWorld, DAY_ONE_MS, SIGNAL_SOURCE, TRANSACTION_SOURCES } from "./records";
import { Scheduler } from "./scheduler";
import { type Mutant, type Role, Simulation } from "./simulation";

/** "lake": sources, indexers, maintenance and a person. "whole": two projectors with every index as well. */
export type Scope = "lake" | "whole";

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

const START_MS = DAY_ONE_MS + 3 * 86_400_000;
const RECORDS: Readonly<Record<Scope, number>> = { lake: 14, whole: 20 };
const CHAOS_STEPS: Readonly<Record<Scope, number>> = { lake: 800, whole: 2_500 };
const ROLES: Readonly<Record<Scope, readonly Role[]>> = {
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
const SPECS: Readonly<Record<Scope, readonly TableSpec[]>> = { lake: INGEST_TABLES, whole: ALL_TABLES };
const tokenize = createCardTokenizer(new Uint8Array(32).fill(7));

/** What all runs of a process share: it holds nothing of any run. */
export interface Tools {
  readonly db: Db;
  readonly sources: readonly IndexerSource[];
}

export async function openTools(): Promise<Tools> {
  const spill = join(tmpdir(), "concordance-simulation-spill");
  const db = await openDuckDb({ memoryLimitMb: 1_024, threads: 1, temporaryDirectory: spill });
  const mapped = [...TRANSACTION_SOURCES, SIGNAL_SOURCE].map(async (name) => {
    const mapping = await loadMapping(
      `config/mappings/concordance-${name === SIGNAL_SOURCE ? "signals" : "transactions"}.yaml`,
    );
    return { name, ...compileDecoder({ mapping, tokenize, recordBytesMax: 1_000_000, nowMicros }) };
  });
  return { db, sources: await Promise.all(mapped) };
}

/** One run: everything that happens in it follows from the seed. */
export async function run(tools: Tools, { seed, scope, mutant, keepLines = false }: RunOptions): Promise<RunResult> {
  const random = createRandom(seed);
  const scheduler = new Scheduler(random, START_MS, keepLines);
  const world = createWorld(random, RECORDS[scope]);
  const simulation = new Simulation({
    scheduler,
    random,
    world,
    db: tools.db,
    specs: SPECS[scope],
    sources: tools.sources,
    roles: ROLES[scope],
    mutant: mutant ?? null,
  });
  const undo = mutant?.install?.();
  const restore = takeOver(scheduler);
  try {
    await play(simulation, tools.db);
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

async function play(simulation: Simulation, db: Db): Promise<void> {
  const { scheduler, random, specs, world, roles } = simulation.options;
  await putStolenCard(simulation.bucket, db, specs, world.stolenCard);
  const connection = await db.connect();
  const marks = roles.includes("projector") ? projectorMarks(connection) : new Map<string, string>();
  connection.closeSync();
  const { bucket } = simulation;
  const projected = () =>
    [...marks].every(([mark, input]) => (bucket.marks.get(mark) ?? 0n) >= (bucket.newestRows.get(input) ?? 0n));
  await simulation.start();
  await simulation.chaos(CHAOS_STEPS[simulation.options.roles.includes("projector") ? "whole" : "lake"], 0.5);
  if (random.chance(0.4)) {
    await simulation.calm(false, projected);
    await simulation.night();
  }
  await simulation.chaos(CHAOS_STEPS[simulation.options.roles.includes("projector") ? "whole" : "lake"], 0.98);
  await simulation.calm(true, projected);
  await simulation.stop();
  scheduler.note(`end ${[...bucket.objects.keys()].length}`);
}

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
