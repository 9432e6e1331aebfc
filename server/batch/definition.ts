import type { BusinessDate } from "../domain/time";
import type { CellValue } from "../lake/table-buffer";
import type { ColumnSpec, TableSpec } from "../lake/types";

/** Which business dates of an input a final of one date reads. */
export interface InputWindow {
  readonly table: string;
  /** Its date column; files whose statistics lie outside are not read. Null reads all rows. */
  readonly dateColumn: string | null;
  readonly from: BusinessDate | null;
  readonly to: BusinessDate | null;
}

/** A small table made outside SQL: calendars, due dates, rates. The same settings and date make the same rows. */
export interface AuxiliaryTable {
  readonly name: string;
  readonly columns: readonly ColumnSpec[];
  readonly rows: readonly (readonly CellValue[])[];
}

/** A temporary table by the SQL of ARCHITECTURE section 8, from inputs, auxiliary tables and the steps before it. */
export interface Step {
  readonly name: string;
  readonly sql: string;
}

/** All an engine needs beside the pinned files: nothing in it depends on which engine runs it. */
export interface FinalPlan {
  readonly auxiliary: readonly AuxiliaryTable[];
  readonly steps: readonly Step[];
  /** The rows of the date, with the columns of the final table. */
  readonly output: string;
  /** Rows (control, currency, rows_in, rows_out, minor_in, minor_out): each must come out as it went in. */
  readonly controls: string;
}

/** A final index: which table, from what, how. `settings` are what an operator may change, part of every job's spec. */
export interface FinalDefinition<Settings> {
  readonly index: string;
  /** Holds a `business_date` column, by which it is replaced. */
  readonly table: TableSpec;
  /** Raise with any change of its rules: rows and runs keep it. */
  readonly ruleVersion: string;
  readonly settings: { parse(value: unknown): Settings };
  inputs(date: BusinessDate, settings: Settings): readonly InputWindow[];
  plan(date: BusinessDate, settings: Settings): FinalPlan;
  /** How a business diff groups and values rows. */
  readonly diff: {
    readonly key: readonly string[];
    /** Columns that say how a row was made, not what it says. */
    readonly ignore: readonly string[];
    /** SQL of the group's name over a row. */
    readonly group: string;
    readonly valueMinor: string;
    readonly currency: string;
  };
}
