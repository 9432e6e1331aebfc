import { createAuth } from "../auth/auth";
import { loadSettings, type Settings } from "../config/settings";
import type { Services } from "../console/services";
import { connectDb } from "../db/connect";
import { migrateDb } from "../db/migrate";
import { ConcordanceError } from "../domain/errors";
import { openCaseMirror } from "../indexes/fraud/case-mirror";
import { createLogger } from "../observability/log";
import { createWebMetrics } from "../observability/metrics";
import { startHeartbeat } from "../process/heartbeat";
import { openProcessLake } from "../process/open-lake";
import { followRulesFile } from "../process/rules-file";
import { openLakeReader } from "../query/reader";
import { loadStatementSources } from "../statements/intake/sources";

export interface WebServices extends Services {
  readonly settings: Settings;
}

const MIGRATE_AGAIN_MS = 2_000;

// Next bundles each route on its own: what must exist once per process hangs on globalThis.
const holder: typeof globalThis & { concordanceServices?: Promise<WebServices> } = globalThis;

/** What the web process holds, made on first use; a failed attempt is not remembered. */
export function getServices(): Promise<WebServices> {
  holder.concordanceServices ??= createServices().catch((error: unknown) => {
    delete holder.concordanceServices;
    throw error;
  });
  return holder.concordanceServices;
}

async function createServices(): Promise<WebServices> {
  const settings = loadSettings();
  const log = createLogger("web", settings.logLevel);
  if (settings.databaseUrl === null) {
    throw new ConcordanceError({
      kind: "config",
      code: "no_database",
      message: "The web process was started without a database.",
      remedy: "Set DATABASE_URL to a PostgreSQL, or run `npm start`, which brings its own.",
    });
  }
  const { lake } = await openProcessLake(settings, settings.lake);
  const database = connectDb(settings.databaseUrl, log);
  const rulesFile = await followRulesFile(settings.rulesPath, log);
  const services: WebServices = {
    settings,
    reader: openLakeReader({ lake, log, cacheDirectory: settings.cacheDirectory }),
    database,
    cases: openCaseMirror(lake, database.db),
    rules: rulesFile.current,
    finalsPath: settings.finalsPath,
    auth: createAuth({
      database,
      secret: await settings.authSecret(),
      baseUrl: settings.baseUrl,
      trustedOrigins: [`http://127.0.0.1:${settings.port}`, `http://localhost:${settings.port}`],
    }),
    statements: {
      bytesMax: settings.statementBytesMax,
      sources: await loadStatementSources(settings.statementsPath),
    },
    metrics: createWebMetrics(),
    log,
  };
  const { instance, restarts } = settings;
  const report = () => ({
    state: "running" as const,
    detail: { message: rulesFile.fault(), figures: figuresOf(services) },
  });
  const migrate = async (): Promise<void> => {
    try {
      await migrateDb(database);
      startHeartbeat({ process: "web", instance, restarts, database, report, log });
    } catch (error) {
      log.warn({ err: error }, "the database schema cannot be brought up to date; trying again");
      setTimeout(() => void migrate(), MIGRATE_AGAIN_MS).unref();
    }
  };
  // Not awaited: pages that need no Postgres answer without it.
  void migrate();
  return services;
}

const figuresOf = ({ reader, metrics }: Services) => {
  const { running, waiting } = reader.load();
  return { reads_running: running, reads_waiting: waiting, query_p95_ms: metrics.recentQueries().p95Ms };
};
