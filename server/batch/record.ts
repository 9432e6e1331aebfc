import { z } from "zod";
import type { BusinessDate } from "../domain/time";
import type { Lake } from "../lake/lake";
import type { Snapshot } from "../lake/snapshot";
import { JobSpec } from "./spec";

/** A committed run of one index and business date: what it read and what came out. */
export const RunRecord = z.strictObject({
  run: z.number().int().min(0),
  specId: z.string(),
  spec: JobSpec,
  rows: z.number().int().min(0),
  controls: z.array(
    z.strictObject({
      control: z.string(),
      currency: z.string().nullable(),
      rows: z.string(),
      minor: z.string().nullable(),
    }),
  ),
  /** Rows of the business date itself in each input, to notice what comes late. */
  rowsOfDate: z.record(z.string(), z.number().int().min(0)),
  startedAtMs: z.number().int(),
});
export type RunRecord = z.infer<typeof RunRecord>;

/** Its version says which run's rows the date holds; moved in the same commit as they. */
export const runMark = (index: string, date: BusinessDate): string => `batch/${index}/${date}`;

const recordKey = (index: string, date: BusinessDate, run: bigint): string =>
  `batch/${index}/${date}/${String(run).padStart(10, "0")}.json`;

/** Writes the record before its rows are committed; "exists" where a run that never committed, or another one, has the number. */
export const putRecord = (lake: Lake, record: RunRecord): Promise<"created" | "exists"> => {
  const { index, businessDate } = record.spec;
  const key = recordKey(index, businessDate as BusinessDate, BigInt(record.run));
  return lake.store.putIfAbsent(key, new TextEncoder().encode(JSON.stringify(record)));
};

/** The run whose rows a snapshot of the final table holds for a date; null where the date was never run. */
export async function readRecord(lake: Lake, snapshot: Snapshot, index: string, date: BusinessDate) {
  const run = snapshot.marks.get(runMark(index, date));
  if (run === undefined) return null;
  const text = new TextDecoder().decode(await lake.store.get(recordKey(index, date, run)));
  return RunRecord.parse(JSON.parse(text));
}

/** Every date an index has been run for, in order. */
export function closedDates(snapshot: Snapshot, index: string): BusinessDate[] {
  const prefix = `batch/${index}/`;
  return [...snapshot.marks.keys()]
    .filter((appId) => appId.startsWith(prefix))
    .map((appId) => appId.slice(prefix.length) as BusinessDate)
    .sort();
}
