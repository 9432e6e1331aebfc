import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import type { BusinessDiff } from "../../server/batch/diff";
import { dryRun, runFinal } from "../../server/batch/run";
import { settingsOf } from "../../server/batch/settings";
import { pinJob } from "../../server/batch/spec";
import { addDays } from "../../server/domain/calendar/business-days";
import { ConcordanceError } from "../../server/domain/errors";
import { type BusinessDate, dayNumber } from "../../server/domain/time";
import { finalOf } from "../../server/indexes/finals";
import type { Lake } from "../../server/lake/lake";

export interface RunRequest {
  readonly index: string;
  readonly date: string;
  readonly to: string | null;
  readonly dryRun: boolean;
  /** YAML or JSON file with the index's settings; null for those in force on each date (`settingsOf`). */
  readonly settings: string | null;
  /** The file of effective-dated settings. */
  readonly finalsPath: string;
}

export interface DateRun {
  readonly businessDate: BusinessDate;
  readonly outcome: "dry run" | "committed" | "unchanged";
  readonly rows: number | null;
  readonly diff: BusinessDiff | null;
}

const DATES_MAX = 3_660;

/** Builds a final for each date in order, or only tells what would change. Throws on the first date that does not balance. */
export async function runDates(
  lake: Lake,
  request: RunRequest,
  onDate: (run: DateRun) => Promise<void>,
): Promise<void> {
  const { index, date, to, settings } = request;
  const final = finalOf(index);
  const [first, last] = [dayNumber(date), dayNumber(to ?? date)];
  if (last < first || last - first >= DATES_MAX) throw badRange(date, to ?? date);
  const given = settings === null ? null : parse(await readFile(settings, "utf8"));
  for (let businessDate = date as BusinessDate; businessDate <= (to ?? date); businessDate = addDays(businessDate, 1)) {
    const inForce = given ?? (await settingsOf(index, businessDate, { path: request.finalsPath, store: lake.store }));
    const spec = await pinJob(lake, final, businessDate, inForce);
    if (request.dryRun) {
      const diff = await dryRun(lake, final, spec);
      await onDate({ businessDate, outcome: "dry run", rows: null, diff });
    } else {
      const { outcome, record, diff } = await runFinal(lake, final, spec);
      await onDate({ businessDate, outcome, rows: record.rows, diff });
    }
  }
}

const badRange = (from: string, to: string) =>
  new ConcordanceError({
    kind: "invalid_input",
    code: "bad_date_range",
    message: `The range from ${from} to ${to} is empty or longer than ten years.`,
    remedy: "Give the earlier date first.",
  });

/** One date as text: what was gained, lost and changed by group and currency. */
export function dateRunText({ businessDate, outcome, rows, diff }: DateRun): string {
  const head = `${businessDate}: ${outcome}${rows === null ? "" : `, ${rows} rows`}`;
  if (diff === null) return `${head}\n`;
  const lines = diff.lines.map(
    ({ group, currency, gained, lost, changed, valueBeforeMinor, valueAfterMinor }) =>
      `  ${group}${currency === null ? "" : ` ${currency}`}: +${gained} -${lost} ~${changed}, ${valueBeforeMinor ?? "none"} -> ${valueAfterMinor ?? "none"} minor units`,
  );
  return `${[head, `  ${diff.gained} gained, ${diff.lost} lost, ${diff.changed} changed`, ...lines].join("\n")}\n`;
}
