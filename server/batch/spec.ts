import { z } from "zod";
import { ConcordanceError } from "../domain/errors";
import { deterministicId } from "../domain/ids";
import type { BusinessDate } from "../domain/time";
import type { Lake } from "../lake/lake";
import { pruneFiles } from "../lake/scan";
import type { DataFile, Snapshot } from "../lake/snapshot";
import type { FinalDefinition, InputWindow } from "./definition";

/** Everything a run depends upon: the same spec gives the same rows, on any engine, today or in a year. */
export const JobSpec = z.strictObject({
  index: z.string(),
  businessDate: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  ruleVersion: z.string(),
  settings: z.unknown(),
  inputs: z.array(
    z.strictObject({
      table: z.string(),
      version: z.number().int().min(0),
      /** Data files of that version that can hold rows of the window, relative to the table. */
      files: z.array(z.string()),
    }),
  ),
});
export type JobSpec = z.infer<typeof JobSpec> & { readonly businessDate: BusinessDate };

/** Pins the newest state of every input. The set is of one moment: derived tables are read before what they are made from. */
export async function pinJob<Settings>(
  lake: Lake,
  definition: FinalDefinition<Settings>,
  businessDate: BusinessDate,
  settings: unknown = {},
): Promise<JobSpec> {
  const checked = definition.settings.parse(settings);
  const snapshots = await lake.refreshAll();
  return {
    index: definition.index,
    businessDate,
    ruleVersion: definition.ruleVersion,
    settings: checked,
    inputs: definition.inputs(businessDate, checked).map((window) => {
      const snapshot = snapshots.get(window.table);
      if (snapshot === undefined) throw noSuchInput(window.table);
      const files = filesWithin(snapshot, window).map(({ path }) => path);
      return { table: window.table, version: snapshot.version, files: files.sort() };
    }),
  };
}

function filesWithin({ files }: Snapshot, { dateColumn, from, to }: InputWindow): DataFile[] {
  return dateColumn === null ? [...files] : pruneFiles(files, dateColumn, from ?? "0000-01-01", to ?? "9999-12-31");
}

/** The same for the same rules, settings and files: a version that changed nothing of them makes no other job. */
export function specId({ inputs, ...spec }: JobSpec): string {
  return deterministicId("job", canonical({ ...spec, inputs: inputs.map(({ table, files }) => ({ table, files })) }));
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(",")}}`;
}

/** The pinned files of one input. Throws `version_gone` where retention has removed that version, `input_changed` where it is another table. */
export async function pinnedFiles(lake: Lake, input: JobSpec["inputs"][number]): Promise<DataFile[]> {
  const table = lake.table(input.table);
  const newest = await table.refresh();
  const snapshot = newest.version === input.version ? newest : await table.at({ version: input.version });
  const byPath = new Map(snapshot.files.map((file) => [file.path, file]));
  return input.files.map((path) => {
    const file = byPath.get(path);
    if (file !== undefined) return file;
    throw new ConcordanceError({
      kind: "data_loss",
      code: "input_changed",
      message: `Version ${input.version} of table ${input.table} does not hold the file ${path} that was pinned.`,
      remedy: "Pin the inputs anew: the table was restored since.",
      at: { table: input.table, version: input.version },
    });
  });
}

const noSuchInput = (table: string) =>
  new ConcordanceError({
    kind: "internal",
    code: "no_such_table",
    message: `A final reads table ${table}, which is not there.`,
  });
