import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { parse } from "yaml";
import { ConcordanceError } from "../../server/domain/errors";
import type { Lake } from "../../server/lake/lake";
import { scanSql } from "../../server/lake/scan";
import { type IntakeResult, intakeFile, takeKept } from "../../server/statements/intake/intake";
import { type IntakeOptions, readPlan } from "../../server/statements/intake/plan";
import { loadStatementSources } from "../../server/statements/intake/sources";
import { STATEMENT_FILES } from "../../server/statements/intake/tables";

export interface TakeRequest {
  readonly paths: readonly string[];
  /** YAML or JSON file with what is to be said of the files: format, account, zone, CSV mapping ... */
  readonly options: string | null;
  /** Source by whose settings they are read; null for what the files and the options say. */
  readonly source: string | null;
  readonly statementsPath: string;
}

/** Takes statement files in, in the order given; a refusal is a result, and the next file is taken all the same. */
export async function takeStatements(lake: Lake, request: TakeRequest): Promise<IntakeResult[]> {
  const { paths, source } = request;
  const options = await saidOf(request);
  const delivery = { way: "command_line", ticket: null, source, by: null } as const;
  const results: IntakeResult[] = [];
  for (const path of paths) {
    if ((await stat(path).catch(() => null))?.isFile() !== true) throw noSuchFile(path);
    results.push(await intakeFile({ lake, name: basename(path), source: createReadStream(path), options, delivery }));
  }
  return results;
}

/** Judges the kept bytes of a refused delivery anew; no file is needed. Throws `no_such_delivery`, `not_refused`. */
export async function takeAgain(lake: Lake, intake: number, request: TakeRequest): Promise<IntakeResult> {
  const plan = await readPlan(lake.store, intake);
  const [delivered] = plan === null ? [] : await listStatements(lake, 1, intake);
  if (plan === null || delivered === undefined) {
    throw new ConcordanceError({
      kind: "not_found",
      code: "no_such_delivery",
      message: `There is no delivery ${intake}.`,
      remedy: "`statements list` tells their numbers.",
    });
  }
  if (delivered.outcome !== "refused") {
    throw new ConcordanceError({
      kind: "conflict",
      code: "not_refused",
      message: `Delivery ${intake}, ${plan.name}, was accepted; there is nothing to take again.`,
      remedy: "A correction comes as a file of its own.",
    });
  }
  const { name, fileHash } = plan;
  const delivery = { way: "command_line", ticket: null, source: request.source, by: null } as const;
  return takeKept({ lake, name, fileHash, options: await saidOf(request), delivery });
}

async function saidOf({ options, source, statementsPath }: TakeRequest): Promise<IntakeOptions> {
  const own = options === null ? {} : parse(await readFile(options, "utf8"));
  if (source === null) return own;
  const declared = (await loadStatementSources(statementsPath)).get(source);
  if (declared !== undefined) return { ...declared, ...own };
  throw new ConcordanceError({
    kind: "invalid_input",
    code: "no_such_source",
    message: `${statementsPath} declares no source ${source}.`,
    remedy: "Declare it there, or leave --source out.",
  });
}

const noSuchFile = (path: string) =>
  new ConcordanceError({
    kind: "invalid_input",
    code: "no_such_file",
    message: `${path} is no file.`,
    remedy: "Name statement files; files before it were taken.",
    at: { path },
  });

export interface Delivery {
  readonly intake: number;
  readonly name: string;
  readonly outcome: string;
  readonly format: string | null;
  readonly entries: number;
  readonly entriesNew: number;
  readonly fault: string | null;
}

/** Every delivery, newest first; of one number where `only` names it. */
export async function listStatements(lake: Lake, limit: number, only: number | null = null): Promise<Delivery[]> {
  const { files, spec } = await lake.table(STATEMENT_FILES.name).refresh();
  const connection = await lake.db.connect();
  try {
    const reader = await connection.runAndReadAll(`
      SELECT intake, name, outcome, format, entries, entries_new, fault_code
      FROM ${await scanSql(lake.store, spec, files)} ${only === null ? "" : `WHERE intake = ${Math.trunc(only)}`} ORDER BY intake DESC LIMIT ${Math.trunc(limit)}`);
    return reader.getRows().map(([intake, name, outcome, format, entries, entriesNew, fault]) => ({
      intake: Number(intake),
      name: String(name),
      outcome: String(outcome),
      format: format === null ? null : String(format),
      entries: Number(entries),
      entriesNew: Number(entriesNew),
      fault: fault === null ? null : String(fault),
    }));
  } finally {
    connection.closeSync();
  }
}

export function takenText(results: readonly IntakeResult[]): string {
  return results.map((result) => `${lineOf(result)}\n`).join("");
}

function lineOf({
  name,
  outcome,
  known,
  format,
  statements,
  statementsNew,
  entries,
  entriesNew,
  fault,
}: IntakeResult): string {
  if (known) return `${name}: known already, nothing is booked`;
  if (outcome === "accepted") {
    return `${name}: ${format}, ${statements} statements (${statementsNew} new), ${entries} entries (${entriesNew} booked)`;
  }
  const values = fault?.expected === null || fault === null ? "" : ` Expected ${fault.expected}, found ${fault.found}.`;
  return `${name}: refused, ${fault?.code}: ${fault?.what} (${fault?.where})${values}\n  What to do: ${fault?.remedy}`;
}

export const deliveriesText = (deliveries: readonly Delivery[]): string =>
  deliveries
    .map(
      ({ intake, name, outcome, format, entries, entriesNew, fault }) =>
        `${intake}  ${name}  ${outcome}${fault === null ? "" : ` (${fault})`}  ${format ?? "unknown format"}  ${entriesNew} of ${entries} entries\n`,
    )
    .join("");
