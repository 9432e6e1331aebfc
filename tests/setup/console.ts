import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createAuth } from "../../server/auth/auth";
import type { Person } from "../../server/auth/scope";
import type { Services } from "../../server/console/services";
import { createCardTokenizer } from "../../server/domain/card";
import { openCaseMirror } from "../../server/indexes/fraud/case-mirror";
import { EffectiveSettings } from "../../server/indexes/fraud/settings";
import { ROLES, type Role } from "../../server/indexes/names";
import type { Lake } from "../../server/lake/lake";
import { silentLogger } from "../../server/observability/log";
import { createWebMetrics } from "../../server/observability/metrics";
import { openProcessLake } from "../../server/process/open-lake";
import { openLakeReader } from "../../server/query/reader";
import { runSql } from "../../server/query/sql";
import { createReferenceLoader } from "../../server/reference/loader";
import { runSimulation } from "../../server/simulation/run";
import { createLakeSink, SIGNALS_SOURCE, TRANSACTIONS_SOURCE } from "../../server/simulation/sinks/lake";
import { openTruthWriter } from "../../server/simulation/truth-writer";
import { createCaller } from "../../server/trpc/root";
import { ingest } from "../../workers/cli/ingest";
import { smallSettings, temporaryDirectory } from "../support/world";
import { openTestPostgres, type TestPostgres } from "./postgres";

const DAY_MS = 86_400_000;

export interface TestConsole {
  readonly settings: ReturnType<typeof smallSettings>;
  readonly services: Services;
  readonly lake: Lake;
  readonly postgres: TestPostgres;
  readonly people: Readonly<Record<Role, Person>>;
  /** Procedures as a person of the role calls them. */
  as(role: Role, signal?: AbortSignal): ReturnType<typeof createCaller>;
  /** Rows straight from the lake's tables, past every query of the console. */
  sql(statement: string): Promise<Record<string, unknown>[]>;
  /** As many events more, of another world over the same days. */
  more(events: number): Promise<void>;
  close(): Promise<void>;
}

/** Everything the web process holds, over a simulated world written by the real indexer and projector, and a real Postgres. */
export async function openTestConsole(events: number, more: Record<string, string> = {}): Promise<TestConsole> {
  const { path: directory, remove } = await temporaryDirectory();
  const settings = smallSettings(directory, {
    CONCORDANCE_FLUSH_ROWS: "4000",
    CONCORDANCE_PLAN_RECORDS: "3000",
    CONCORDANCE_TICK_ROWS: "5000",
    ...more,
  });
  const [postgres, { lake, close }] = await Promise.all([
    openTestPostgres(directory),
    openProcessLake(settings, settings.lake),
  ]);
  await fill(directory, settings, lake, events);
  const auth = createAuth({ database: postgres.database, secret: "s".repeat(32), baseUrl: "http://127.0.0.1:3000" });
  const people = await Promise.all(
    ROLES.map(async (role): Promise<[Role, Person]> => {
      const account = { name: `The ${role}`, email: `${role}@test.example`, roles: [role] };
      const { id } = await auth.createAccount({ ...account, password: "correct horse battery", grantedBy: "test" });
      return [role, { id, ...account }];
    }),
  );
  const rules = EffectiveSettings.defaults();
  const services: Services = {
    reader: openLakeReader({ lake, log: silentLogger, pollMs: 50, cacheDirectory: settings.cacheDirectory }),
    database: postgres.database,
    cases: openCaseMirror(lake, postgres.database.db),
    rules: () => rules,
    finalsPath: null,
    auth,
    statements: { bytesMax: 1_000_000, sources: new Map() },
    metrics: createWebMetrics(),
    log: silentLogger,
  };
  const byRole = Object.fromEntries(people) as Record<Role, Person>;
  return {
    settings,
    services,
    lake,
    postgres,
    people: byRole,
    as: (role, signal) => createCaller({ services, person: byRole[role] }, signal === undefined ? {} : { signal }),
    sql: async (statement) => {
      let text = "";
      await runSql(lake, { sql: statement, asOf: null, format: "json" }, (part) => {
        text += part;
      });
      return JSON.parse(text);
    },
    more: (count) => fill(directory, settings, lake, count, "another"),
    close: async () => {
      services.cases.close();
      services.reader.close();
      close();
      await postgres.close();
      await remove();
    },
  };
}

async function fill(
  directory: string,
  settings: ReturnType<typeof smallSettings>,
  lake: Lake,
  events: number,
  seed = "console",
): Promise<void> {
  await runSimulation({
    options: { seed, events, days: 3, fromMs: Math.floor(Date.now() / DAY_MS) * DAY_MS - 3 * DAY_MS },
    sink: async ({ run }) =>
      createLakeSink({ store: lake.store, run, fileEveryMs: 100, signal: new AbortController().signal }),
    truth: () => openTruthWriter(join(directory, `truth-${seed}.ndjson`)),
    signal: new AbortController().signal,
  });
  const tokenize = createCardTokenizer(await settings.cardKey());
  await createReferenceLoader({ lake, tokenize, log: silentLogger }).check();
  for (const [source, mapping] of [
    [TRANSACTIONS_SOURCE, "concordance-transactions"],
    [SIGNALS_SOURCE, "concordance-signals"],
  ] as const) {
    const folder = join(settings.lake, "landing", source);
    const inputs = (await readdir(folder)).sort().map((name) => join(folder, name));
    const request = { source, mappingPath: `config/mappings/${mapping}.yaml`, inputs, lake: settings.lake };
    await ingest(request, settings, silentLogger);
  }
}
