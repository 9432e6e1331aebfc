import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { ConcordanceError } from "../../domain/errors";
import { newId } from "../../domain/ids";
import { unavailable } from "../../lake/store/local";
import type { ObjectStore } from "../../lake/store/store";
import { CsvStatementMapping } from "../csv/mapping";
import { STATEMENT_FORMATS } from "../model";
import type { ReadOptions } from "../reader";

/** What is said of a file with its delivery; everything has a default. */
export const IntakeOptions = z.strictObject({
  format: z.enum(STATEMENT_FORMATS).optional(),
  exponents: z.record(z.string(), z.number().int().min(0).max(6)).optional(),
  charset: z.enum(["utf-8", "latin1", "windows-1252"]).optional(),
  mapping: CsvStatementMapping.optional(),
  account: z.string().min(1).max(100).optional(),
  zone: z.string().optional(),
  typeCodes: z.record(z.string(), z.enum(["credit", "debit", "information"])).optional(),
});
export type IntakeOptions = z.infer<typeof IntakeOptions>;

/** The ways a file comes in. */
export const WAYS = ["landing", "upload", "command_line", "rest"] as const;

/** Who brings a file, and how. */
export const Delivery = z.strictObject({
  way: z.enum(WAYS),
  /** What the deliverer knows this delivery by: a second try with the same ticket is the same delivery. */
  ticket: z.string().min(1).max(1_500).nullable(),
  source: z.string().min(1).max(100).nullable(),
  /** Id of the person or key. */
  by: z.string().min(1).max(200).nullable(),
});
export type Delivery = z.infer<typeof Delivery>;

/** One delivery, written before anything of it is done: whoever finds it unfinished can finish it, with the same rows. */
const IntakePlan = z.strictObject({
  intake: z.number().int().min(0),
  name: z.string(),
  fileHash: z.string().regex(/^[0-9a-f]{64}$/),
  takenAtMicros: z.string().regex(/^\d+$/),
  options: IntakeOptions,
  /** Absent in plans of before deliveries were told apart. */
  delivery: Delivery.nullable().default(null),
});
export type IntakePlan = z.infer<typeof IntakePlan>;

/** What the reader is told of the file of a plan. */
export function readOptions({ name, options }: IntakePlan): ReadOptions {
  const { format, exponents, charset, mapping, account, zone, typeCodes } = options;
  return {
    name,
    ...(format === undefined ? {} : { format }),
    ...(exponents === undefined ? {} : { exponents }),
    ...(charset === undefined ? {} : { charset }),
    ...(mapping === undefined ? {} : { mapping }),
    ...(account === undefined ? {} : { account }),
    ...(zone === undefined ? {} : { zone }),
    ...(typeCodes === undefined ? {} : { typeCodes }),
  };
}

export const rawKey = (fileHash: string): string => `statements/raw/${fileHash}`;
const planKey = (intake: number): string => `statements/plans/${String(intake).padStart(20, "0")}.json`;

/** Writes the plan; "exists" where another delivery has that number. */
export const putPlan = (store: ObjectStore, plan: IntakePlan): Promise<"created" | "exists"> =>
  store.putIfAbsent(planKey(plan.intake), new TextEncoder().encode(JSON.stringify(plan)));

/** Null where there is no delivery of that number. */
export async function readPlan(store: ObjectStore, intake: number): Promise<IntakePlan | null> {
  if ((await store.head(planKey(intake))) === null) return null;
  return IntakePlan.parse(JSON.parse(new TextDecoder().decode(await store.get(planKey(intake)))));
}

/**
 * Keeps the file's bytes under their SHA-256, which is returned. The same bytes again write nothing. Throws `file_too_large`
 * as soon as there are more than `bytesMax`; nothing is kept then.
 */
export async function keepBytes(
  store: ObjectStore,
  source: Uint8Array | AsyncIterable<Uint8Array>,
  bytesMax: number = Number.POSITIVE_INFINITY,
): Promise<{ fileHash: string; bytes: number }> {
  const temporary = join(store.temporaryDirectory, `${newId()}.statement`);
  const digest = createHash("sha256");
  let bytes = 0;
  const pieces = source instanceof Uint8Array ? [source] : source;
  async function* tapped() {
    for await (const piece of pieces) {
      digest.update(piece);
      bytes += piece.byteLength;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      yield piece;
    }
  }
  try {
    await pipeline(Readable.from(tapped()), createWriteStream(temporary));
    const fileHash = digest.digest("hex");
    if ((await store.head(rawKey(fileHash))) === null) await store.putFile(rawKey(fileHash), temporary);
    return { fileHash, bytes };
  } catch (error) {
    // Anything without a system's code came from the source of the bytes.
    if (error instanceof Error && "syscall" in error) throw unavailable(temporary, error);
    throw error;
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

const tooLarge = (bytesMax: number) =>
  new ConcordanceError({
    kind: "invalid_input",
    code: "file_too_large",
    message: `The file is larger than ${bytesMax} bytes; nothing of it was kept.`,
    remedy: "Have the bank split the file, or raise CONCORDANCE_STATEMENT_BYTES_MAX.",
  });
