import type { DuckDBConnection } from "@duckdb/node-api";
import { ConcordanceError, invariant } from "../domain/errors";
import { sqlName } from "../lake/duckdb";
import type { Lake } from "../lake/lake";
import { scanSql } from "../lake/scan";
import { TableBuffer } from "../lake/table-buffer";
import { type RunControl, startProgress } from "./control";
import type { AuxiliaryTable, FinalDefinition } from "./definition";
import { type JobSpec, pinnedFiles } from "./spec";

/** A control total that came out as it went in. */
export interface Control {
  readonly control: string;
  readonly currency: string | null;
  readonly rows: bigint;
  readonly minor: bigint | null;
}

/** The rows of one final, computed and checked, in a temporary table of the connection; nothing is written yet. */
export interface Computed {
  readonly connection: DuckDBConnection;
  readonly relation: string;
  readonly rows: number;
  readonly controls: readonly Control[];
  /** Says that the next step begins. Throws `run_stopped` where the run was told to stop. */
  readonly next: () => void;
}

const OUTPUT = "final_output";

/**
 * Computes a final with the embedded engine over its pinned inputs and hands the rows to `work`, whose own steps are
 * `afterwards`. Throws `control_total_mismatch` where anything went in that did not come out, `run_stopped` on the signal.
 */
export async function withFinal<Settings, T>(
  lake: Lake,
  definition: FinalDefinition<Settings>,
  spec: JobSpec,
  { control, afterwards }: { readonly control: RunControl; readonly afterwards: readonly string[] },
  work: (computed: Computed) => Promise<T>,
): Promise<T> {
  const settings = definition.settings.parse(spec.settings);
  const plan = definition.plan(spec.businessDate, settings);
  const names = ["read inputs", ...plan.steps.map(({ name }) => name), "rows of the date", "control totals"];
  const connection = await lake.db.connect();
  const progress = startProgress(spec, control, [...names, ...afterwards], connection);
  const made: string[] = [];
  try {
    progress.next();
    for (const input of spec.inputs) {
      const { spec: table, store } = lake.table(input.table);
      const scan = await scanSql(store, table, await pinnedFiles(lake, input));
      await connection.run(`CREATE OR REPLACE TEMP VIEW ${sqlName(input.table)} AS SELECT * FROM ${scan}`);
    }
    for (const auxiliary of plan.auxiliary) await stage(connection, auxiliary, made);
    for (const { name, sql } of plan.steps) {
      progress.next();
      await runStep(connection, spec, name, sql);
      made.push(name);
    }
    progress.next();
    await runStep(connection, spec, OUTPUT, plan.output);
    made.push(OUTPUT);
    progress.next();
    const controls = await checked(connection, spec, plan.controls);
    const rows = await countOf(connection, spec);
    return await work({ connection, relation: OUTPUT, rows, controls, next: progress.next });
  } catch (error) {
    throw progress.reasonOf(error);
  } finally {
    progress.end();
    // Temporary tables belong to the connection; dropping them gives their memory back at once.
    for (const name of made) await connection.run(`DROP TABLE IF EXISTS ${sqlName(name)}`).catch(() => undefined);
    connection.closeSync();
  }
}

async function runStep(connection: DuckDBConnection, spec: JobSpec, name: string, sql: string): Promise<void> {
  try {
    await connection.run(`CREATE OR REPLACE TEMP TABLE ${sqlName(name)} AS ${sql}`);
  } catch (cause) {
    throw new ConcordanceError({
      kind: "internal",
      code: "step_failed",
      message: `${spec.index} of ${spec.businessDate}, step ${name}: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: "Nothing was changed. Out of memory: give DuckDB more; else report it with the rule version.",
      at: { index: spec.index, date: spec.businessDate, step: name },
      cause,
    });
  }
}

async function stage(connection: DuckDBConnection, { name, columns, rows }: AuxiliaryTable, made: string[]) {
  const buffer = new TableBuffer({
    name,
    kind: "final",
    description: name,
    columns,
    partitionBy: [],
    key: [],
    sortBy: [],
    retention: { logDays: 1, dataDays: null },
  });
  for (const row of rows) buffer.push(row);
  await buffer.stage(connection, name);
  made.push(name);
}

async function countOf(connection: DuckDBConnection, spec: JobSpec): Promise<number> {
  const reader = await connection.runAndReadAll(
    `SELECT count(*), count(*) FILTER (business_date IS DISTINCT FROM DATE '${spec.businessDate}') FROM ${OUTPUT}`,
  );
  const [all, foreign] = reader.getRows()[0] ?? [];
  invariant(Number(foreign) === 0, `${spec.index}: a run of ${spec.businessDate} made rows of another date`);
  return Number(all);
}

async function checked(connection: DuckDBConnection, spec: JobSpec, sql: string): Promise<Control[]> {
  const reader = await connection.runAndReadAll(`SELECT * FROM (${sql}) ORDER BY control, currency NULLS FIRST`);
  const controls: Control[] = [];
  const faults: string[] = [];
  for (const row of reader.getRowObjects()) {
    const number = (name: string) => (row[name] === null ? null : BigInt(String(row[name])));
    const currency = row.currency === null ? null : String(row.currency);
    const [rowsIn, rowsOut, minorIn, minorOut] = ["rows_in", "rows_out", "minor_in", "minor_out"].map(number);
    const at = `${row.control}${currency === null ? "" : ` ${currency}`}`;
    if (rowsIn !== rowsOut) faults.push(`${at}: ${rowsIn} rows in, ${rowsOut} out`);
    if (minorIn !== minorOut) faults.push(`${at}: ${minorIn} minor units in, ${minorOut} out`);
    controls.push({ control: String(row.control), currency, rows: rowsIn ?? 0n, minor: minorIn ?? null });
  }
  if (faults.length === 0) return controls;
  throw new ConcordanceError({
    kind: "internal",
    code: "control_total_mismatch",
    message: `${spec.index} of ${spec.businessDate} does not balance and was not committed: ${faults.slice(0, 10).join("; ")}.`,
    remedy: "Nothing was changed. This is a fault of the index's rules: report it with the date and the rule version.",
    at: { index: spec.index, date: spec.businessDate },
  });
}
