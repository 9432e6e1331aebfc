import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { ConcordanceError } from "../domain/errors";
import type { S3StoreOptions } from "../lake/store/s3";

const whole = (fallback: number) => z.coerce.number().int().positive().default(fallback);

/** Every setting of the command line and the workers; docs/configuration.md lists them with their units. */
const Environment = z.object({
  CONCORDANCE_LAKE: z.string().min(1).default("data/lake"),
  CONCORDANCE_CARD_KEY: z
    .string()
    .regex(/^[0-9a-fA-F]{64,}$/, "at least 32 bytes in hexadecimal")
    .optional(),
  CONCORDANCE_CARD_KEY_FILE: z.string().min(1).default("data/secrets/card-key"),
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

export interface Settings {
  readonly lake: string;
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
  return {
    lake: e.CONCORDANCE_LAKE,
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
    cardKey: () => cardKey(e.CONCORDANCE_CARD_KEY, e.CONCORDANCE_CARD_KEY_FILE),
  };
}

async function cardKey(given: string | undefined, path: string): Promise<Uint8Array> {
  if (given !== undefined) return Buffer.from(given, "hex");
  try {
    return Buffer.from((await readFile(path, "utf8")).trim(), "hex");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const key = randomBytes(32);
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, `${key.toString("hex")}\n`, { mode: 0o600, flag: "wx" });
    return key;
  } catch (error) {
    // Another process made it first.
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    return Buffer.from((await readFile(path, "utf8")).trim(), "hex");
  }
}
