import type { DuckDBConnection } from "@duckdb/node-api";
import type { BusinessDate } from "../domain/time";
import { sqlName } from "../lake/duckdb";
import type { Lake } from "../lake/lake";
import { pruneFiles, scanSql } from "../lake/scan";
import type { Snapshot } from "../lake/snapshot";
import type { FinalDefinition } from "./definition";
import type { Computed } from "./engine";

/** What a run would change, by group (a kind of break, a stage ...) and currency. Minor units; sums never mix currencies. */
export interface DiffLine {
  readonly group: string;
  readonly currency: string | null;
  readonly gained: number;
  readonly lost: number;
  readonly changed: number;
  readonly valueBeforeMinor: bigint | null;
  readonly valueAfterMinor: bigint | null;
}

export interface BusinessDiff {
  readonly rowsBefore: number;
  readonly rowsAfter: number;
  readonly gained: number;
  readonly lost: number;
  readonly changed: number;
  /** Groups that differ; empty where the run changes nothing. */
  readonly lines: readonly DiffLine[];
}

/** The rows a final holds for a date. */
export async function rowsOfDateSql(lake: Lake, snapshot: Snapshot, date: BusinessDate): Promise<string> {
  const files = pruneFiles(snapshot.files, "business_date", date, date);
  return `(SELECT * FROM ${await scanSql(lake.store, snapshot.spec, files)} WHERE business_date = DATE '${date}')`;
}

/** Compares computed rows with those the table holds for the date. Which run made a row is no difference. */
export async function diffOf<Settings>(
  lake: Lake,
  definition: FinalDefinition<Settings>,
  snapshot: Snapshot,
  date: BusinessDate,
  computed: Computed,
): Promise<BusinessDiff> {
  const before = await rowsOfDateSql(lake, snapshot, date);
  const lines = await diffLines(computed.connection, definition, before, computed.relation);
  const sum = (value: (line: DiffLine & { before: number; after: number }) => number) =>
    lines.reduce((total, line) => total + value(line), 0);
  return {
    rowsBefore: sum((line) => line.before),
    rowsAfter: sum((line) => line.after),
    gained: sum((line) => line.gained),
    lost: sum((line) => line.lost),
    changed: sum((line) => line.changed),
    lines: lines
      .filter(({ gained, lost, changed }) => gained + lost + changed > 0)
      .map(({ before: _before, after: _after, ...line }) => line),
  };
}

async function diffLines<Settings>(
  connection: DuckDBConnection,
  { diff, table }: FinalDefinition<Settings>,
  before: string,
  after: string,
) {
  const compared = table.columns.map(({ name }) => name).filter((name) => !diff.ignore.includes(name));
  const differs = compared.map((name) => `b.${sqlName(name)} IS DISTINCT FROM a.${sqlName(name)}`).join(" OR ");
  const columns = `${diff.group} AS diff_group, ${diff.currency} AS diff_currency, ${diff.valueMinor} AS diff_value`;
  const same = diff.key.map((name) => `b.${sqlName(name)} IS NOT DISTINCT FROM a.${sqlName(name)}`).join(" AND ");
  // A row that moves from one group to another is lost there and gained here.
  const reader = await connection.runAndReadAll(`
    WITH b AS (SELECT *, ${columns} FROM ${before}),
    a AS (SELECT *, ${columns} FROM ${after}),
    changed AS (SELECT a.diff_group, a.diff_currency, count(*) AS changed FROM b JOIN a ON ${same}
      AND b.diff_group IS NOT DISTINCT FROM a.diff_group AND b.diff_currency IS NOT DISTINCT FROM a.diff_currency
      WHERE ${differs} GROUP BY ALL),
    kept AS (SELECT a.diff_group, a.diff_currency, count(*) AS kept FROM b JOIN a ON ${same}
      AND b.diff_group IS NOT DISTINCT FROM a.diff_group AND b.diff_currency IS NOT DISTINCT FROM a.diff_currency
      GROUP BY ALL),
    sides AS (
      SELECT diff_group, diff_currency, sum(before_rows) AS before_rows, sum(after_rows) AS after_rows,
             sum(before_minor) AS before_minor, sum(after_minor) AS after_minor
      FROM (
        SELECT diff_group, diff_currency, 1 AS before_rows, 0 AS after_rows, diff_value AS before_minor, NULL AS after_minor FROM b
        UNION ALL
        SELECT diff_group, diff_currency, 0, 1, NULL, diff_value FROM a
      ) GROUP BY ALL
    )
    SELECT s.diff_group, s.diff_currency, CAST(s.before_rows AS BIGINT), CAST(s.after_rows AS BIGINT),
           CAST(coalesce(k.kept, 0) AS BIGINT), CAST(coalesce(c.changed, 0) AS BIGINT),
           CAST(s.before_minor AS VARCHAR), CAST(s.after_minor AS VARCHAR)
    FROM sides s
    LEFT JOIN kept k ON k.diff_group IS NOT DISTINCT FROM s.diff_group AND k.diff_currency IS NOT DISTINCT FROM s.diff_currency
    LEFT JOIN changed c ON c.diff_group IS NOT DISTINCT FROM s.diff_group AND c.diff_currency IS NOT DISTINCT FROM s.diff_currency
    ORDER BY s.diff_group NULLS LAST, s.diff_currency NULLS LAST`);
  return reader.getRows().map(([group, currency, rowsBefore, rowsAfter, kept, changed, minorBefore, minorAfter]) => ({
    group: String(group),
    currency: currency === null ? null : String(currency),
    before: Number(rowsBefore),
    after: Number(rowsAfter),
    gained: Number(rowsAfter) - Number(kept),
    lost: Number(rowsBefore) - Number(kept),
    changed: Number(changed),
    valueBeforeMinor: minorBefore === null ? null : BigInt(String(minorBefore)),
    valueAfterMinor: minorAfter === null ? null : BigInt(String(minorAfter)),
  }));
}
