import { loadSettings, type Settings } from "../../server/config/settings";
import { type ClusterSettings, loadSources } from "../../server/config/sources";
import { connectDb } from "../../server/db/connect";
import { ConcordanceError } from "../../server/domain/errors";
import { EffectiveSettings } from "../../server/indexes/fraud/settings";
import { silentLogger } from "../../server/observability/log";
import { loadMapping } from "../../server/pipeline/mapping/load";
import { openProcessLake } from "../../server/process/open-lake";
import { openKafka } from "../../server/sources/kafka/connection";

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  readonly remedy: string | null;
}

/** Its version, and that the product's schema is there or can be made by who signs in. */
async function checkPostgres(url: string): Promise<string> {
  const database = connectDb(url, silentLogger);
  try {
    await database.ping();
    const { rows } = await database.pool.query<{ version: string; may: boolean }>(
      "SELECT current_setting('server_version') AS version, has_schema_privilege(current_schema(), 'CREATE') AS may",
    );
    if (rows[0]?.may !== true) {
      throw new ConcordanceError({
        kind: "config",
        code: "postgres_read_only",
        message: "The user of DATABASE_URL may not make tables in its schema.",
        remedy: "Grant it CREATE on the schema: the product keeps its own tables there.",
      });
    }
    return `answers, version ${rows[0].version}`;
  } finally {
    await database.close();
  }
}

/** That the cluster answers with these credentials and holds the topic. */
async function checkTopic(cluster: ClusterSettings, topic: string): Promise<string> {
  const admin = openKafka(cluster, silentLogger, { retry: { retries: 1 } }).admin();
  try {
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    return `${cluster.brokers.join(", ")} answers; ${topic} has ${offsets.length} partitions`;
  } catch (cause) {
    throw new ConcordanceError({
      kind: "unavailable",
      code: "kafka_check_failed",
      message: `${topic} at ${cluster.brokers.join(", ")} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: "Check brokers, TLS and SASL of the cluster in the sources file, and that the topic exists.",
      cause,
    });
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** Looks at configuration and reachability; each fault comes with its cure. */
export async function doctor(request: {
  readonly lake: string | null;
  readonly mappings: readonly string[];
  /** Read from the environment where left out. */
  readonly settings?: Settings;
}): Promise<Check[]> {
  const checks: Check[] = [];
  const check = async <T>(name: string, work: () => Promise<T>, say: (value: T) => string): Promise<T | null> => {
    try {
      const value = await work();
      checks.push({ name, ok: true, message: say(value), remedy: null });
      return value;
    } catch (error) {
      const remedy = error instanceof ConcordanceError ? error.remedy : null;
      checks.push({ name, ok: false, message: error instanceof Error ? error.message : String(error), remedy });
      return null;
    }
  };
  const settings: Settings | null = await check(
    "settings",
    async () => request.settings ?? loadSettings(),
    () => "every setting is valid",
  );
  if (settings === null) return checks;
  const address = request.lake ?? settings.lake;
  await check(
    "lake",
    async () => {
      const opened = await openProcessLake(settings, address);
      opened.close();
      return opened.lake.tables.length;
    },
    (tables) => `${address} honours conditional puts; ${tables} tables open`,
  );
  await check(
    "rules",
    () => EffectiveSettings.load(settings.rulesPath),
    (s) => `${s.versions.length} version(s) of settings`,
  );
  await check("card key", settings.cardKey, (key) => `${key.byteLength} bytes`);
  const { databaseUrl } = settings;
  if (databaseUrl !== null) await check("postgres", () => checkPostgres(databaseUrl), String);
  const declared = await check(
    "sources",
    () => loadSources(settings.sourcesPath),
    ({ sources }) => `${settings.sourcesPath} declares ${sources.map(({ name }) => name).join(", ")}`,
  );
  for (const { name, mappingPath, transport } of declared?.sources ?? []) {
    await check(
      `source ${name}: mapping`,
      () => loadMapping(mappingPath),
      (mapping) => `valid, produces ${mapping.produces}`,
    );
    if (transport.kind === "kafka") {
      await check(
        `source ${name}: kafka`,
        () => checkTopic(transport.cluster, transport.topic),
        (text) => text,
      );
    }
  }
  for (const path of request.mappings) {
    await check(
      `mapping ${path}`,
      () => loadMapping(path),
      (mapping) => `valid, produces ${mapping.produces}`,
    );
  }
  return checks;
}
