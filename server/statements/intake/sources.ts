import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { ConcordanceError } from "../../domain/errors";
import { IntakeOptions } from "./plan";

/** Names of sources are names of folders. */
export const SourceName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, "lower-case letters, digits, dot, dash, underscore");

const StatementSourcesFile = z.strictObject({
  sources: z.array(z.strictObject({ name: SourceName, options: IntakeOptions.default({}) })).default([]),
});

/** What is said of the statement files of each source, beside what the files say. */
export type StatementSources = ReadonlyMap<string, IntakeOptions>;

/** Reads `config/statements.yaml`. Throws `bad_statement_sources` with every fault. */
export async function loadStatementSources(path: string): Promise<StatementSources> {
  let raw: unknown;
  try {
    raw = parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw bad(path, cause instanceof Error ? cause.message : String(cause));
  }
  const file = StatementSourcesFile.safeParse(raw ?? {});
  if (!file.success) throw bad(path, z.prettifyError(file.error));
  const sources = new Map<string, IntakeOptions>();
  for (const { name, options } of file.data.sources) {
    if (sources.has(name)) throw bad(path, `${name} is declared twice.`);
    sources.set(name, options);
  }
  return sources;
}

const bad = (path: string, fault: string) =>
  new ConcordanceError({
    kind: "config",
    code: "bad_statement_sources",
    message: `The statement sources in ${path} cannot be used: ${fault}`,
    remedy: "Correct it; docs/statements.md describes the file.",
    at: { path },
  });
