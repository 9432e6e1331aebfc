import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { ConcordanceError } from "../domain/errors";
import type { S3StoreOptions } from "../lake/store/s3";

const whole = (fallback: number) => z.coerce.number().int().positive().default(fallback);

/** Every setting of the command line and the workers; docs/configuration.md lists them with their units. */
const Environment = z.object({
  CONCORDANCE_DATA: z.string().min(1).default("data"),
  CONCORDANCE_LAKE: z.string().min(1).optional(),
  CONCORDANCE_CARD_KEY: z
    .string()
    .regex(/^[0-9a-fA-F]{64,}$/, "at least 32 bytes in hexadecimal")
    .optional(),
  CONCORDANCE_CARD_KEY_FILE: z.string().min(1).optional(),
  CONCORDANCE_AUTH_SECRET: z.string().min(32, "at least 32 characters").optional(),
  CONCORDANCE_AUTH_SECRET_FILE: z.string().min(1).optional(),
  CONCORDANCE_SOURCES: z.string().min(1).default("config/sources.yaml"),
  CONCORDANCE_FINALS: z.string().min(1).default("config/finals.yaml"),
  CONCORDANCE_STATEMENTS: z.string().min(1).default("config/statements.yaml"),
  CONCORDANCE_STATEMENT_BYTES_MAX: whole(1_073_741_824),
  CONCORDANCE_HOST: z.string().min(1).default("127.0.0.1"),
  CONCORDANCE_PORT: whole(3_000),
  CONCORDANCE_BASE_URL: z.url().optional(),
  CONCORDANCE_DEMO: z.enum(["true", "false"]).default("false"),
  CONCORDANCE_SIMULATOR_TPS: whole(50),
  CONCORDANCE_SIMULATOR_SEED: z.string().min(1).default("1"),
  CONCORDANCE_SIMULATOR_HISTORY_DAYS: z.coerce.number().int().min(0).max(20).default(4),
  CONCORDANCE_SIMULATOR_HISTORY_EVENTS: whole(6_000),
  CONCORDANCE_MAINTENANCE_EVERY_MS: whole(30_000),
  CONCORDANCE_NIGHTLY: z.string().default("02:00 Europe/London"),
  CONCORDANCE_CATCH_UP_DAYS: z.coerce.number().int().min(0).max(3_660).default(35),
  CONCORDANCE_RERUN_CHANGED: z.enum(["true", "false"]).default("false"),
  CONCORDANCE_BATCH_MEMORY_MB: whole(2_048),
  CONCORDANCE_INSTANCE: z.string().min(1).max(100).default(hostname()),
  CONCORDANCE_RESTARTS: z.coerce.number().int().min(0).default(0),
  DATABASE_URL: z.string().min(1).optional(),
  CONCORDANCE_RULES: z.string().min(1).optional(),
  CONCORDANCE_RECORD_BYTES_MAX: whole(1_048_576),
  CONCORDANCE_FLUSH_AGE_MS: whole(500),
  CONCORDANCE_FLUSH_ROWS: whole(100_000),
  CONCORDANCE_FLUSH_BYTES: whole(67_108_864),
  CONCORDANCE_DEDUPE_BYTES: whole(268_435_456),
  CONCORDANCE_PLAN_RECORDS: whole(50_000),
  CONCORDANCE_PLAN_BYTES: whole(16_777_216),
  CONCORDANCE_TICK_ROWS: whole(200_000),
  CONCORDANCE_DUCKDB_MEMORY_MB: whole(1_024),
  CONCORDANCE_DUCKDB_THREADS: whole(2),
  CONCORDANCE_CACHE: z.string().min(1).default(join(tmpdir(), "concordance-cache")),
  CONCORDANCE_LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("warn"),
  CONCORDANCE_S3_ENDPOINT: z.url().optional(),
  CONCORDANCE_S3_PATH_STYLE: z.enum(["true", "false"]).default("false"),
  CONCORDANCE_S3_KMS_KEY_ID: z.string().min(1).optional(),
  AWS_REGION: z.string().min(1).optional(),
});

/** Names of every setting. */
export const SETTING_NAMES: readonly string[] = Object.keys(Environment.shape);

export interface Settings {
  /** Where the embedded default keeps everything that is not in the lake. */
  readonly data: string;
  readonly lake: string;
  /** The file that declares the sources. */
  readonly sourcesPath: string;
  /** Effective-dated settings of the final indexes (`settingsOf`). */
  readonly finalsPath: string;
  /** The file that says how statements of a source are read. */
  readonly statementsPath: string;
  /** A larger statement file is refused at the door. */
  readonly statementBytesMax: number;
  /** Null: nothing operational is stored by this process. */
  readonly databaseUrl: string | null;
  /** Address the web process listens at. */
  readonly host: string;
  readonly port: number;
  /** Address people open. */
  readonly baseUrl: string;
  /** True where the embedded start made demo sign-ins. */
  readonly demo: boolean;
  /** `historyDays` business days, of `historyEvents` events each, are written before the present on an empty lake. */
  readonly simulator: {
    readonly tps: number;
    readonly seed: string;
    readonly historyDays: number;
    readonly historyEvents: number;
  };
  readonly maintenanceEveryMs: number;
  /** How finals are run: the schedule as it is written, how far back dates are made up for, and what the worker may use. */
  readonly batch: {
    readonly nightly: string;
    readonly catchUpDays: number;
    readonly rerunChanged: boolean;
    readonly memoryMb: number;
  };
  /** Tells two instances of one process apart. */
  readonly instance: string;
  /** How often the supervisor has started this process again. */
  readonly restarts: number;
  readonly rulesPath: string | null;
  readonly recordBytesMax: number;
  readonly flushAgeMs: number;
  readonly flushRows: number;
  readonly flushBytes: number;
  readonly dedupeBytesMax: number;
  readonly planRecords: number;
  readonly planBytes: number;
  readonly tickRows: number;
  readonly duckDbMemoryMb: number;
  readonly duckDbThreads: number;
  readonly cacheDirectory: string;
  readonly logLevel: string;
  readonly s3: S3StoreOptions;
  /** Reads the key card numbers are tokenised with, making one on first use. */
  readonly cardKey: () => Promise<Uint8Array>;
  /** Reads the secret sessions are signed with, making one on first use. */
  readonly authSecret: () => Promise<string>;
}

/** Reads the settings from the environment. Throws code `bad_settings` with every fault listed. */
export function loadSettings(environment: NodeJS.ProcessEnv = process.env): Settings {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  - ${issue.path.join(".")}: ${issue.message}`);
    throw new ConcordanceError({
      kind: "config",
      code: "bad_settings",
      message: `The environment has ${faults.length} fault(s):\n${faults.join("\n")}`,
      remedy: "Correct each one; docs/configuration.md lists every setting with its default and unit.",
    });
  }
  const e = parsed.data;
  const data = e.CONCORDANCE_DATA;
  return {
    data,
    lake: e.CONCORDANCE_LAKE ?? join(data, "lake"),
    sourcesPath: e.CONCORDANCE_SOURCES,
    finalsPath: e.CONCORDANCE_FINALS,
    statementsPath: e.CONCORDANCE_STATEMENTS,
    statementBytesMax: e.CONCORDANCE_STATEMENT_BYTES_MAX,
    databaseUrl: e.DATABASE_URL ?? null,
    host: e.CONCORDANCE_HOST,
    port: e.CONCORDANCE_PORT,
    baseUrl: e.CONCORDANCE_BASE_URL ?? `http://localhost:${e.CONCORDANCE_PORT}`,
    demo: e.CONCORDANCE_DEMO === "true",
    simulator: {
      tps: e.CONCORDANCE_SIMULATOR_TPS,
      seed: e.CONCORDANCE_SIMULATOR_SEED,
      historyDays: e.CONCORDANCE_SIMULATOR_HISTORY_DAYS,
      historyEvents: e.CONCORDANCE_SIMULATOR_HISTORY_EVENTS,
    },
    maintenanceEveryMs: e.CONCORDANCE_MAINTENANCE_EVERY_MS,
    batch: {
      nightly: e.CONCORDANCE_NIGHTLY,
      catchUpDays: e.CONCORDANCE_CATCH_UP_DAYS,
      rerunChanged: e.CONCORDANCE_RERUN_CHANGED === "true",
      memoryMb: e.CONCORDANCE_BATCH_MEMORY_MB,
    },
    instance: e.CONCORDANCE_INSTANCE,
    restarts: e.CONCORDANCE_RESTARTS,
    rulesPath: e.CONCORDANCE_RULES ?? null,
    recordBytesMax: e.CONCORDANCE_RECORD_BYTES_MAX,
    flushAgeMs: e.CONCORDANCE_FLUSH_AGE_MS,
    flushRows: e.CONCORDANCE_FLUSH_ROWS,
    flushBytes: e.CONCORDANCE_FLUSH_BYTES,
    dedupeBytesMax: e.CONCORDANCE_DEDUPE_BYTES,
    planRecords: e.CONCORDANCE_PLAN_RECORDS,
    planBytes: e.CONCORDANCE_PLAN_BYTES,
    tickRows: e.CONCORDANCE_TICK_ROWS,
    duckDbMemoryMb: e.CONCORDANCE_DUCKDB_MEMORY_MB,
    duckDbThreads: e.CONCORDANCE_DUCKDB_THREADS,
    cacheDirectory: e.CONCORDANCE_CACHE,
    logLevel: e.CONCORDANCE_LOG_LEVEL,
    s3: {
      cacheDirectory: e.CONCORDANCE_CACHE,
      forcePathStyle: e.CONCORDANCE_S3_PATH_STYLE === "true",
      ...(e.CONCORDANCE_S3_ENDPOINT === undefined ? {} : { endpoint: e.CONCORDANCE_S3_ENDPOINT }),
      ...(e.CONCORDANCE_S3_KMS_KEY_ID === undefined ? {} : { kmsKeyId: e.CONCORDANCE_S3_KMS_KEY_ID }),
      ...(e.AWS_REGION === undefined ? {} : { region: e.AWS_REGION }),
    },
    cardKey: async () => {
      const path = e.CONCORDANCE_CARD_KEY_FILE ?? join(data, "secrets", "card-key");
      return Buffer.from(e.CONCORDANCE_CARD_KEY ?? (await keptSecret(path)), "hex");
    },
    authSecret: async () =>
      e.CONCORDANCE_AUTH_SECRET ?? keptSecret(e.CONCORDANCE_AUTH_SECRET_FILE ?? join(data, "secrets", "auth-secret")),
  };
}

/** 32 random bytes in hexadecimal, made on first use and kept in a file only its owner reads. */
async function keptSecret(path: string): Promise<string> {
  const known = await secretIn(path);
  if (known !== null) return known;
  await mkdir(dirname(path), { recursive: true });
  // Written aside and linked into place: a reader never sees half of it, and the first of two writers wins.
  const aside = `${path}.${randomBytes(6).toString("hex")}`;
  await writeFile(aside, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
  try {
    await link(aside, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    await unlink(aside);
  }
  return (await secretIn(path)) ?? "";
}

async function secretIn(path: string): Promise<string | null> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;
