import { ConcordanceError } from "../../server/domain/errors";
import { newId } from "../../server/domain/ids";
import { EffectiveSettings } from "../../server/indexes/fraud/settings";
import { ALERTS, BLACKLIST_REMOVALS } from "../../server/indexes/fraud/tables";
import { allProjections } from "../../server/indexes/ingest";
import { type Db, sqlText } from "../../server/lake/duckdb";
import { type Lake, openLake } from "../../server/lake/lake";
import { type MaintenanceLimits, maintain } from "../../server/lake/maintenance";
import { writeParquet } from "../../server/lake/parquet";
import type { ObjectStore } from "../../server/lake/store/store";
import type { TableSeams } from "../../server/lake/table";
import type { TableSpec } from "../../server/lake/types";
import type { Logger } from "../../server/observability/log";
import { Indexer } from "../../server/pipeline/indexer";
import type { IndexerSource } from "../../server/pipeline/indexer-options";
import type { Source } from "../../server/pipeline/source";
import { Projector } from "../../server/projection/projector";
import { type RecordFormat, storeFiles } from "../../server/sources/landing/files";
import { createLandingSource } from "../../server/sources/landing/source";
import { createRulesHolder, nowMicros } from "../../workers/indexer/parts";
import { type Broker, SimulatedSource } from "./broker";
import { LANDING_SOURCE } from "./records";
import type { Actor } from "./scheduler";

/** Low thresholds, so that few events make every rule fire. */
export const RULES = EffectiveSettings.parse(
  `rules:
  - effective_from: "2026-01-01"
    set_by: simulation
    reason: few events
    settings:
      velocity: { transactions: 6 }
      acceleration: { floor: 2, ratio: 1.5 }
      repeated_declines: { declines: 3, window_minutes: 20 }
`,
  "simulation",
);

/** What can be taken away from a process to see that the suite notices. */
export interface ProcessMutants {
  readonly seams?: TableSeams;
  /** Changes a lake's tables, an indexer or a projector after they were made. */
  readonly lake?: (lake: Lake) => void;
  readonly indexer?: (indexer: Indexer) => void;
  readonly projector?: (projector: Projector) => void;
  readonly limits?: Partial<MaintenanceLimits>;
}

export interface ProcessContext {
  readonly actor: Actor;
  readonly store: ObjectStore;
  readonly db: Db;
  readonly specs: readonly TableSpec[];
  readonly broker: Broker;
  readonly sources: readonly IndexerSource[];
  /** How a landing file is cut into records. */
  readonly landingFormat: RecordFormat;
  readonly log: Logger;
  readonly mutants: ProcessMutants;
  readonly onPushed: (coordinates: string) => void;
  readonly onAct: (act: string, outcome: "done" | "unknown") => void;
  /** A table's files as of a version, sorted. */
  readonly onLookBack: (table: string, version: number, paths: readonly string[]) => void;
}

const RELOAD_MS = 1_200;
const MAINTENANCE_MS = 300;
const ACT_MS = 800;
const HOUR_MS = 3_600_000;

export type Main = (context: ProcessContext) => Promise<void>;

async function open({ store, db, specs, mutants }: ProcessContext): Promise<Lake> {
  const lake = await openLake(store, db, specs, mutants.seams ?? {});
  mutants.lake?.(lake);
  return lake;
}

/** As workers/indexer/main.ts wires it, with simulated sources. */
export const runIndexer: Main = async (context) => {
  const { actor, broker, sources, log } = context;
  const lake = await open(context);
  const holder = await createRulesHolder(lake, () => RULES);
  const limits = { flushAgeMs: 150, flushRows: 8, flushBytes: 1_000_000, dedupeBytesMax: 100_000_000 };
  const options = { lake, db: lake.db, alertsSpec: ALERTS, sources, rules: holder.rules, limits, nowMicros, log };
  const indexer = new Indexer(options);
  context.mutants.indexer?.(indexer);
  broker.join(actor);
  indexer.start();
  const { signal } = actor.abort;
  const reload = async () => {
    while (!signal.aborted) {
      await holder.reload().catch(unavailableOnly);
      await pause(RELOAD_MS);
    }
  };
  const reading = sources.map(({ name }) => {
    const source =
      name === LANDING_SOURCE ? landingSource(context) : new SimulatedSource(name, broker, actor, context.onPushed);
    return source.run(indexer.sinkFor(name), signal);
  });
  await Promise.all([...reading, reload()]);
  await indexer.stop();
};

const landingSource = ({ store, log, landingFormat }: ProcessContext): Source =>
  createLandingSource({
    name: LANDING_SOURCE,
    store,
    files: storeFiles(store, LANDING_SOURCE, "archive"),
    format: landingFormat,
    pollMs: 40,
    settleMs: 20,
    recordsPerPlan: 4,
    bytesPerPlan: 1_000_000,
    once: false,
    reseekMs: 3_000,
    log,
  });

/** As workers/projector/main.ts wires it. */
export const runProjector: Main = async (context) => {
  const lake = await open(context);
  const projector = createProjector(lake, context.log);
  context.mutants.projector?.(projector);
  await projector.run(context.actor.abort.signal);
  projector.close();
};

export const createProjector = (lake: Lake, log: Logger): Projector =>
  new Projector({
    lake,
    db: lake.db,
    projections: (connection) => allProjections(connection, () => RULES),
    rowsPerTickMax: 60,
    nowMicros,
    log,
  });

/** As workers/maintenance/main.ts runs it, with limits that few commits reach. */
export const runMaintenance: Main = async (context) => {
  const { signal } = context.actor.abort;
  const lake = await open(context);
  const limits: MaintenanceLimits = {
    smallFileBytes: 32 * 1024 * 1024,
    smallFilesMin: 3,
    rowsPerFile: 500_000,
    bytesPerFile: 128 * 1024 * 1024,
    orphanAgeMs: 24 * HOUR_MS,
    nowMs: Date.now,
    ...context.mutants.limits,
  };
  while (!signal.aborted) {
    await maintain(lake, limits, signal).catch(unavailableOnly);
    await pause(MAINTENANCE_MS);
  }
};

/** A person whose acts are rows without any mark, written as server/indexes/fraud/mutations.ts does. */
export const runPerson: Main = async (context) => {
  const { signal } = context.actor.abort;
  const lake = await open(context);
  const connection = await lake.db.connect();
  while (!signal.aborted) {
    const act = newId();
    try {
      const selectSql = `SELECT ${sqlText(act)} AS party_id, 'originator' AS role, 'velocity' AS rule,
        make_timestamptz(${nowMicros()}) AS removed_at, 'person' AS removed_by, 'none' AS reason`;
      const file = await writeParquet({ connection, spec: BLACKLIST_REMOVALS, store: lake.store, selectSql });
      if (file === null) throw new Error("an act wrote no row");
      context.onAct(act, "unknown");
      const request = { adds: [file], marks: [], operation: "WRITE" } as const;
      const outcome = await lake.table(BLACKLIST_REMOVALS.name).commit(request);
      if (outcome.kind === "committed") context.onAct(act, "done");
    } catch (error) {
      unavailableOnly(error);
    }
    await pause(ACT_MS);
  }
  connection.closeSync();
};

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function unavailableOnly(error: unknown): void {
  if (!(error instanceof ConcordanceError) || error.kind !== "unavailable") throw error;
}
