import { readFile } from "node:fs/promises";
import { parse as parseCsv } from "csv-parse/sync";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { addDays } from "../domain/calendar/business-days";
import { ConcordanceError } from "../domain/errors";
import type { BusinessDate } from "../domain/time";
import type { ObjectStore } from "../lake/store/store";

const DateText = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "a date, YYYY-MM-DD");
/** Rows of a dated file older than this are no business of a close: the longest look-back with its margin. */
const ROWS_DAYS_MAX = 460;

const FinalsFile = z.record(
  z.string(),
  z.array(
    z.strictObject({
      effective_from: DateText,
      set_by: z.string().min(1),
      reason: z.string().min(1),
      settings: z.record(z.string(), z.unknown()).default({}),
      /** Settings whose rows are a CSV file of the lake with a column `date`: rates of exchange. */
      files: z.record(z.string(), z.string().min(1)).default({}),
    }),
  ),
);

export interface SettingsPlace {
  /** The file of effective-dated settings (`CONCORDANCE_FINALS`); null: every final has its defaults. */
  readonly path: string | null;
  /** The lake's store, for the files it names. */
  readonly store: ObjectStore;
}

/**
 * The settings a final index is run with for a business date, as `pinJob` takes them: every entry that is in force by then,
 * later ones over earlier ones. Throws `bad_finals_settings` where the file, or a file it names, cannot be read.
 */
export async function settingsOf(
  index: string,
  businessDate: BusinessDate,
  { path, store }: SettingsPlace,
): Promise<Readonly<Record<string, unknown>>> {
  if (path === null) return {};
  const entries = (await readFinals(path))[index] ?? [];
  let settings: Record<string, unknown> = {};
  for (const [place, entry] of entries.entries()) {
    const before = entries[place - 1]?.effective_from;
    if (before !== undefined && before >= entry.effective_from) {
      throw bad(path, `${index}.${place}: ${entry.effective_from} does not come after ${before}.`);
    }
    if (entry.effective_from > businessDate) break;
    settings = { ...settings, ...entry.settings };
    for (const [name, key] of Object.entries(entry.files)) {
      settings[name] = await datedRows(store, key, businessDate);
    }
  }
  return settings;
}

async function readFinals(path: string) {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw bad(path, cause instanceof Error ? cause.message : String(cause));
  });
  let parsed: unknown;
  try {
    parsed = parseYaml(text);
  } catch (cause) {
    throw bad(path, cause instanceof Error ? cause.message : String(cause));
  }
  const file = FinalsFile.safeParse(parsed ?? {});
  if (!file.success) throw bad(path, z.prettifyError(file.error));
  return file.data;
}

/** Rows up to the close, so that what comes later changes no earlier one. No file yet is no row. */
async function datedRows(store: ObjectStore, key: string, close: BusinessDate): Promise<Record<string, string>[]> {
  if ((await store.head(key)) === null) return [];
  const from = addDays(close, -ROWS_DAYS_MAX);
  try {
    const rows: Record<string, string>[] = parseCsv(Buffer.from(await store.get(key)), { columns: true, bom: true });
    return rows.filter(({ date }) => DateText.parse(date) >= from && DateText.parse(date) <= close);
  } catch (cause) {
    if (cause instanceof ConcordanceError) throw cause;
    throw bad(key, cause instanceof Error ? cause.message : String(cause));
  }
}

const bad = (path: string, fault: string) =>
  new ConcordanceError({
    kind: "config",
    code: "bad_finals_settings",
    message: `The settings of the finals in ${path} cannot be used: ${fault}`,
    remedy: "Correct it; docs/reconciliation.md describes the file.",
    at: { path },
  });
