import { eq, gte, isNotNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { FinalDefinition } from "../batch/definition";
import { datesToRerun } from "../batch/late";
import { closedDates, readRecord, runMark } from "../batch/record";
import type { Database, Queries } from "../db/connect";
import { finalDates } from "../db/schema";
import type { BusinessDate } from "../domain/time";
import { sqlName } from "../lake/duckdb";
import type { Lake } from "../lake/lake";
import { pruneFiles, scanSql } from "../lake/scan";
import { INGEST_BALANCE } from "../pipeline/tables";

/** Why a closed date is to be run again. */
export const Changed = z.object({
  /** Rows of the date that came after its close, by input. */
  lateRows: z.record(z.string(), z.number()),
  /** A close whose rows it reads and that was made after its own, e.g. "reconciliation 2026-11-20". */
  closedLater: z.string().nullable(),
});
export type Changed = z.infer<typeof Changed>;

export interface RunDate {
  readonly index: string;
  readonly businessDate: BusinessDate;
}

export interface FinalDate {
  readonly index: string;
  readonly businessDate: BusinessDate;
  readonly inputRows: number;
  readonly changed: Changed | null;
}

/** Rows of each business date in what came from outside, between two dates. */
async function inputRowsByDate(
  lake: Lake,
  definition: FinalDefinition<unknown>,
  settings: unknown,
  { from, to }: { readonly from: BusinessDate; readonly to: BusinessDate },
): Promise<Map<BusinessDate, number>> {
  const rows = new Map<BusinessDate, number>();
  for (const { table: name, dateColumn } of definition.inputs(to, definition.settings.parse(settings))) {
    const table = lake.table(name);
    // The balance also counts what was refused: it neither gives a date input nor changes it.
    if (dateColumn === null || table.spec.kind !== "raw" || name === INGEST_BALANCE.name) continue;
    const files = pruneFiles((await table.refresh()).files, dateColumn, from, to);
    if (files.length === 0) continue;
    const column = sqlName(dateColumn);
    const connection = await lake.db.connect();
    try {
      const reader = await connection.runAndReadAll(`
        SELECT CAST(${column} AS VARCHAR), count(*) FROM ${await scanSql(lake.store, table.spec, files)}
        WHERE ${column} >= DATE '${from}' AND ${column} <= DATE '${to}' GROUP BY ALL`);
      for (const [date, count] of reader.getRows()) {
        const key = String(date) as BusinessDate;
        rows.set(key, (rows.get(key) ?? 0) + Number(count));
      }
    } finally {
      connection.closeSync();
    }
  }
  return rows;
}

export interface DatesOfFinal {
  readonly dates: readonly FinalDate[];
  readonly closed: ReadonlySet<BusinessDate>;
}

/** Every date between two that has input or is closed, and what has changed since its close. */
export async function lookAtDates(
  lake: Lake,
  { definition, finals }: { readonly definition: FinalDefinition<unknown>; readonly finals: Finals },
  settings: unknown,
  window: { readonly from: BusinessDate; readonly to: BusinessDate },
): Promise<DatesOfFinal> {
  const [inputRows, late] = await Promise.all([
    inputRowsByDate(lake, definition, settings, window),
    datesToRerun(lake, definition),
  ]);
  const snapshot = await lake.table(definition.table.name).refresh();
  const closed = closedDates(snapshot, definition.index);
  const later = await closedLater(lake, definition, { finals, closed });
  const lateOf = new Map(late.map(({ businessDate, lateRows }) => [businessDate, lateRows]));
  const dates = [...new Set([...inputRows.keys(), ...closed])].sort();
  return {
    closed: new Set(closed),
    dates: dates.map((businessDate) => {
      const { [INGEST_BALANCE.name]: _counts, ...lateRows } = lateOf.get(businessDate) ?? {};
      const readsLater = later.get(businessDate) ?? null;
      const isChanged = Object.keys(lateRows).length > 0 || readsLater !== null;
      return {
        index: definition.index,
        businessDate,
        inputRows: inputRows.get(businessDate) ?? 0,
        changed: isChanged ? { lateRows, closedLater: readsLater } : null,
      };
    }),
  };
}

type Finals = readonly FinalDefinition<unknown>[];

/** For each closed date, a close that it reads, of its own index or another, and that was made after its own. */
async function closedLater(
  lake: Lake,
  definition: FinalDefinition<unknown>,
  { finals, closed }: { readonly finals: Finals; readonly closed: readonly BusinessDate[] },
): Promise<Map<BusinessDate, string>> {
  const found = new Map<BusinessDate, string>();
  const started = new Map<string, ReadonlyMap<BusinessDate, number>>();
  const startsOf = async (final: FinalDefinition<unknown>) => {
    const starts = started.get(final.index) ?? (await startedAtMs(lake, final));
    started.set(final.index, starts);
    return starts;
  };
  const own = await startsOf(definition);
  for (const date of closed) {
    const ownMs = own.get(date);
    if (ownMs === undefined) continue;
    for (const { table, from, to } of definition.inputs(date, definition.settings.parse({}))) {
      const final = finals.find((other) => other.table.name === table);
      if (final === undefined) continue;
      const later = [...(await startsOf(final))].find(
        ([other, ms]) => ms > ownMs && (from === null || other >= from) && (to === null || other <= to),
      );
      if (later !== undefined) found.set(date, `${final.index} ${later[0]}`);
    }
  }
  return found;
}

/** A run's record never changes: when it began is read once. */
const known = new WeakMap<Lake, Map<string, number>>();

/** When the run began that made the rows each date of a final holds, epoch milliseconds. */
async function startedAtMs(lake: Lake, { index, table }: FinalDefinition<unknown>) {
  const snapshot = await lake.table(table.name).refresh();
  const read = known.get(lake) ?? new Map<string, number>();
  known.set(lake, read);
  const starts = new Map<BusinessDate, number>();
  for (const date of closedDates(snapshot, index)) {
    const key = `${index}/${date}/${snapshot.marks.get(runMark(index, date))}`;
    const ms = read.get(key) ?? (await readRecord(lake, snapshot, index, date))?.startedAtMs;
    if (ms === undefined) continue;
    read.set(key, ms);
    starts.set(date, ms);
  }
  return starts;
}

/** Replaces what is known of an index's dates. */
export async function writeDates(database: Database, index: string, dates: readonly FinalDate[]): Promise<void> {
  await database.db.transaction(async (tx) => {
    await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`concordance/dates/${index}`}, 0))`);
    await tx.delete(finalDates).where(eq(finalDates.index, index));
    if (dates.length === 0) return;
    const lookedAt = new Date();
    await tx.insert(finalDates).values(dates.map((date) => ({ ...date, lookedAt })));
  });
}

/** Closed dates that have changed since, the oldest first; at most `limit`. */
export async function readChangedDates(db: Queries, limit: number): Promise<RunDate[]> {
  const rows = await db
    .select({ index: finalDates.index, businessDate: finalDates.businessDate })
    .from(finalDates)
    .where(isNotNull(finalDates.changed))
    .orderBy(finalDates.businessDate)
    .limit(limit);
  return rows.map(({ index, businessDate }) => ({ index, businessDate: businessDate as BusinessDate }));
}

/** What was last found of the dates from one on. */
export async function readDates(db: Queries, from: BusinessDate): Promise<(FinalDate & { lookedAtMs: number })[]> {
  const rows = await db
    .select()
    .from(finalDates)
    .where(gte(finalDates.businessDate, from))
    .orderBy(finalDates.businessDate);
  return rows.map(({ lookedAt, changed, businessDate, ...row }) => ({
    ...row,
    businessDate: businessDate as BusinessDate,
    changed: changed === null ? null : Changed.parse(changed),
    lookedAtMs: lookedAt.getTime(),
  }));
}
