import { type DiffLine, diffOf, rowsOfDateSql } from "../../batch/diff";
import { closedDates, type RunRecord, readRecord, runMark } from "../../batch/record";
import { ConcordanceError } from "../../domain/errors";
import { type BusinessDate, formatInstant } from "../../domain/time";
import type { Lake } from "../../lake/lake";
import { pruneFiles } from "../../lake/scan";
import type { Change, Snapshot } from "../../lake/snapshot";
import { asOfOf, type LakeReader, type LakeView } from "../../query/reader";
import type { Close, CloseDiff, CloseQuery, Closes } from "./contract";
import { RECONCILIATION_FINAL } from "./final";
import { RECONCILIATION, RECONCILIATION_DECISIONS } from "./tables";

const INDEX = RECONCILIATION_FINAL.index;
/** Commits looked through for earlier runs of a date. */
const COMMITS_READ_MAX = 2_000;
const CLOSES_SHOWN = 200;
const RECORDS_KEPT = 100;

/** One close, pinned: everything an answer says is read from these rows. */
export interface PinnedClose {
  readonly close: Close;
  readonly record: RunRecord;
  readonly snapshot: Snapshot;
  /** SQL relation over the rows of the close. */
  readonly rows: string;
  /** The decisions known at the close's date, as an SQL relation. */
  readonly decisions: string;
}

const records = new WeakMap<Lake, Map<string, RunRecord>>();

/** Records never change: each is read once. */
async function recordOf(lake: Lake, snapshot: Snapshot, date: BusinessDate): Promise<RunRecord | null> {
  const known = records.get(lake) ?? new Map<string, RunRecord>();
  records.set(lake, known);
  const key = `${date}/${snapshot.marks.get(runMark(INDEX, date))}`;
  const found = known.get(key) ?? (await readRecord(lake, snapshot, INDEX, date));
  if (found === null) return null;
  if (known.size >= RECORDS_KEPT) known.clear();
  known.set(key, found);
  return found;
}

/** Throws `no_such_close` where the date was not closed, or not at that version, and `version_gone` where its rows are no more. */
export async function pinClose(reader: LakeReader, view: LakeView, query: CloseQuery): Promise<PinnedClose> {
  const newest = view.snapshot(RECONCILIATION.name);
  const snapshot =
    query.version === null || query.version === newest.version
      ? newest
      : await reader.lake.table(RECONCILIATION.name).at({ version: query.version });
  const newestDate = closedDates(newest, INDEX).at(-1) ?? null;
  const date = (query.date as BusinessDate | null) ?? closedDates(snapshot, INDEX).at(-1) ?? null;
  const record = date === null ? null : await recordOf(reader.lake, snapshot, date);
  if (date === null || record === null) throw notClosed(query);
  const files = pruneFiles(snapshot.files, "business_date", date, date);
  const isSame = newest.marks.get(runMark(INDEX, date)) === BigInt(record.run);
  return {
    record,
    snapshot,
    close: {
      businessDate: date,
      version: snapshot.version,
      run: record.run,
      startedAt: formatInstant(BigInt(record.startedAtMs) * 1000n),
      ruleVersion: record.spec.ruleVersion,
      rows: record.rows,
      isCurrent: date === newestDate && isSame,
    },
    rows: `(SELECT * FROM ${await view.scanFiles(RECONCILIATION.name, files)} WHERE business_date = DATE '${date}')`,
    decisions: `(SELECT * FROM ${await view.scan(RECONCILIATION_DECISIONS.name)} WHERE business_date <= DATE '${date}')`,
  };
}

const notClosed = ({ date, version }: CloseQuery) =>
  new ConcordanceError({
    kind: "not_found",
    code: "no_such_close",
    message:
      date === null
        ? "No business date has been reconciled yet."
        : `${date} has not been reconciled${version === null ? "" : ` at version ${version}`}.`,
    remedy: "The nightly run closes each date once its statements are in; Operations, Jobs runs one at once.",
  });

export const asOfClose = (view: LakeView, { close }: PinnedClose) => ({
  ...asOfOf(view, [RECONCILIATION_DECISIONS.name], RECONCILIATION.name, "business_date"),
  lakeVersions: {
    [RECONCILIATION.name]: close.version,
    [RECONCILIATION_DECISIONS.name]: view.snapshot(RECONCILIATION_DECISIONS.name).version,
  },
  watermark: `${close.businessDate}T00:00:00Z`,
});

/** Every run that can be reopened, newest first, by what the table's log still tells. */
export async function readCloses(reader: LakeReader): Promise<Closes> {
  return reader.read({ name: "reconciliation.closes" }, async (view) => {
    const snapshot = view.snapshot(RECONCILIATION.name);
    const closes = (await changesOf(reader.lake, snapshot))
      .flatMap(({ version, timestampMs, files }) =>
        files.flatMap(({ stats: { minValues, maxValues, numRecords } }) => {
          const date = minValues.business_date;
          if (typeof date !== "string" || date !== maxValues.business_date) return [];
          return [
            { businessDate: date, version, closedAt: formatInstant(BigInt(timestampMs) * 1000n), rows: numRecords },
          ];
        }),
      )
      .sort((a, b) => b.version - a.version)
      .slice(0, CLOSES_SHOWN);
    return {
      closes,
      dates: closedDates(snapshot, INDEX).reverse(),
      asOf: asOfOf(view, [RECONCILIATION.name], RECONCILIATION.name, "business_date"),
    };
  });
}

/** Where retention has removed the older part of the log, what is left is told. */
async function changesOf(lake: Lake, { version }: Snapshot): Promise<Change[]> {
  const table = lake.table(RECONCILIATION.name);
  try {
    return await table.changesSince(Math.max(0, version - COMMITS_READ_MAX));
  } catch (error) {
    if (!(error instanceof ConcordanceError) || error.code !== "log_truncated") throw error;
    return table.changesSince(version);
  }
}

/** What a past run of a date told, against what its newest run tells. */
export async function readCloseDiff(reader: LakeReader, query: CloseQuery): Promise<CloseDiff> {
  return reader.read({ name: "reconciliation.diff" }, async (view) => {
    const before = await pinClose(reader, view, query);
    const after = view.snapshot(RECONCILIATION.name);
    const date = before.close.businessDate as BusinessDate;
    const connection = await reader.lake.db.connect();
    try {
      const relation = await rowsOfDateSql(reader.lake, after, date);
      const computed = { connection, relation, rows: 0, controls: [], next: () => undefined };
      const diff = await diffOf(reader.lake, RECONCILIATION_FINAL, before.snapshot, date, computed);
      return {
        businessDate: date,
        fromVersion: before.close.version,
        toVersion: after.version,
        rowsBefore: diff.rowsBefore,
        rowsAfter: diff.rowsAfter,
        lines: diff.lines.map((line: DiffLine) => ({ ...line })),
      };
    } finally {
      connection.closeSync();
    }
  });
}
