import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { ConcordanceError } from "../domain/errors";

const Name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, "lower-case letters, digits, dot, dash, underscore");

const Sasl = z.strictObject({
  mechanism: z.enum(["plain", "scram-sha-256", "scram-sha-512"]),
  username: z.string().min(1),
  /** Name of the environment variable that holds the password. */
  password_env: z.string().min(1),
});

const Tls = z.strictObject({
  ca_file: z.string().min(1).optional(),
  cert_file: z.string().min(1).optional(),
  key_file: z.string().min(1).optional(),
});

const Cluster = z.strictObject({
  brokers: z.array(z.string().regex(/^.+:\d+$/, "host:port")).min(1),
  client_id: z.string().min(1).default("concordance"),
  tls: z.union([z.boolean(), Tls]).default(false),
  sasl: Sasl.optional(),
});

const Landing = z.strictObject({
  /** A file is taken when it has been unchanged this long, milliseconds; 0 where files are only renamed in. */
  settle_ms: z.number().int().min(0).default(2_000),
  poll_ms: z.number().int().min(10).default(250),
  /** What becomes of a file whose rows are committed. */
  after: z.enum(["archive", "keep", "delete"]).default("archive"),
});

const Kafka = z.strictObject({
  cluster: Name,
  topic: z.string().min(1).max(249),
  /** Consumer group; its committed offsets are advisory. */
  group: z.string().min(1).default("concordance"),
  /** A member whose heart stops this long loses its partitions, milliseconds; not below the broker's own minimum. */
  session_timeout_ms: z.number().int().min(1_000).default(10_000),
  /** Losses a person knows of, as the fault's remedy names them: reading goes on past them. */
  accept_loss: z.array(z.string().min(1)).default([]),
});

const SourcesFile = z.strictObject({
  clusters: z.record(Name, Cluster).default({}),
  sources: z
    .array(
      z.strictObject({
        name: Name,
        mapping: z.string().min(1),
        landing: Landing.optional(),
        kafka: Kafka.optional(),
      }),
    )
    .min(1),
  alerts: z.strictObject({ cluster: Name, topic: z.string().min(1).default("payment_alerts") }).optional(),
});

export interface ClusterSettings {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl: boolean | { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl: {
    readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
    readonly username: string;
    readonly password: string;
  } | null;
}

export interface SourceSettings {
  readonly name: string;
  readonly mappingPath: string;
  readonly transport:
    | {
        readonly kind: "landing";
        readonly settleMs: number;
        readonly pollMs: number;
        readonly after: "archive" | "keep" | "delete";
      }
    | {
        readonly kind: "kafka";
        readonly cluster: ClusterSettings;
        readonly topic: string;
        readonly group: string;
        readonly sessionTimeoutMs: number;
        readonly acceptLoss: readonly string[];
      };
}

export interface SourcesSettings {
  readonly sources: readonly SourceSettings[];
  /** Null: alerts are published nowhere. */
  readonly alerts: { readonly cluster: ClusterSettings; readonly topic: string } | null;
}

/** Reads the declaration of the sources; its paths are relative to it. Throws code `bad_sources` with every fault listed. */
export async function loadSources(
  path: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<SourcesSettings> {
  const file = SourcesFile.safeParse(await readYaml(path));
  if (!file.success)
    throw badSources(
      path,
      file.error.issues.map((i) => `${i.path.join(".")}: ${i.message}`),
    );
  const faults: string[] = [];
  const beside = (name: string) => resolve(dirname(path), name);
  const clusters = new Map<string, ClusterSettings>();
  for (const [name, cluster] of Object.entries(file.data.clusters)) {
    try {
      clusters.set(name, await clusterOf(cluster, beside, environment));
    } catch (error) {
      faults.push(`clusters.${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const clusterNamed = (name: string, where: string): ClusterSettings | null => {
    const found = clusters.get(name) ?? null;
    if (found === null && !(name in file.data.clusters)) faults.push(`${where}: no cluster is called ${name}`);
    return found;
  };
  const sources: SourceSettings[] = [];
  for (const [index, { name, mapping, landing, kafka }] of file.data.sources.entries()) {
    const mappingPath = beside(mapping);
    if (sources.some((source) => source.name === name)) faults.push(`sources.${index}.name: ${name} is declared twice`);
    if ((landing === undefined) === (kafka === undefined)) {
      faults.push(`sources.${index}: ${name} needs either landing or kafka`);
    } else if (kafka !== undefined) {
      const cluster = clusterNamed(kafka.cluster, `sources.${index}.kafka.cluster`);
      if (cluster !== null) {
        sources.push({
          name,
          mappingPath,
          transport: {
            kind: "kafka",
            cluster,
            topic: kafka.topic,
            group: kafka.group,
            sessionTimeoutMs: kafka.session_timeout_ms,
            acceptLoss: kafka.accept_loss,
          },
        });
      }
    } else if (landing !== undefined) {
      const { settle_ms: settleMs, poll_ms: pollMs, after } = landing;
      sources.push({ name, mappingPath, transport: { kind: "landing", settleMs, pollMs, after } });
    }
  }
  const alertsCluster =
    file.data.alerts === undefined ? null : clusterNamed(file.data.alerts.cluster, "alerts.cluster");
  if (faults.length > 0) throw badSources(path, faults);
  return {
    sources,
    alerts:
      alertsCluster === null ? null : { cluster: alertsCluster, topic: file.data.alerts?.topic ?? "payment_alerts" },
  };
}

async function readYaml(path: string): Promise<unknown> {
  try {
    return parseYaml(await readFile(path, "utf8"));
  } catch (error) {
    throw badSources(path, [error instanceof Error ? error.message : String(error)]);
  }
}

async function clusterOf(
  { brokers, client_id: clientId, tls, sasl }: z.infer<typeof Cluster>,
  beside: (name: string) => string,
  environment: NodeJS.ProcessEnv,
): Promise<ClusterSettings> {
  const pem = (name: string | undefined) => (name === undefined ? undefined : readFile(beside(name), "utf8"));
  const password = sasl === undefined ? undefined : environment[sasl.password_env];
  if (sasl !== undefined && (password === undefined || password === "")) {
    throw new Error(`the environment variable ${sasl.password_env} with the password is not set`);
  }
  const [ca, cert, key] =
    typeof tls === "boolean" ? [] : await Promise.all([pem(tls.ca_file), pem(tls.cert_file), pem(tls.key_file)]);
  return {
    brokers,
    clientId,
    ssl:
      typeof tls === "boolean"
        ? tls
        : {
            ...(ca === undefined ? {} : { ca }),
            ...(cert === undefined ? {} : { cert }),
            ...(key === undefined ? {} : { key }),
          },
    sasl: sasl === undefined ? null : { mechanism: sasl.mechanism, username: sasl.username, password: password ?? "" },
  };
}

const badSources = (path: string, faults: readonly string[]) =>
  new ConcordanceError({
    kind: "config",
    code: "bad_sources",
    message: `The sources file ${path} has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
    remedy: "Correct each line; docs/configuration.md describes the file.",
    at: { path },
  });
