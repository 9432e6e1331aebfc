import { runFinal } from "../../server/batch/run";
import { pinJob } from "../../server/batch/spec";
import { type BusinessDate, dayNumber } from "../../server/domain/time";
import { RECONCILIATION } from "../../server/indexes/reconciliation/tables";
import { SETTLEMENT_FINAL } from "../../server/indexes/settlement/final";
import { SETTLEMENT, SETTLEMENT_HOLDS } from "../../server/indexes/settlement/tables";
import type { Lake } from "../../server/lake/lake";
import { scanSql } from "../../server/lake/scan";
import type { CellValue } from "../../server/lake/table-buffer";
import { INGEST_BALANCE, TRANSACTIONS } from "../../server/pipeline/tables";
import { DIM_FEE_PLANS, DIM_MERCHANTS, DIM_PAYOUT_TERMS } from "../../server/reference/tables";
import { STATEMENT_LINES } from "../../server/statements/intake/tables";
import { add, type Told } from "./books";

export const SETTLEMENT_TABLES = [
  TRANSACTIONS,
  INGEST_BALANCE,
  STATEMENT_LINES,
  RECONCILIATION,
  DIM_PAYOUT_TERMS,
  DIM_FEE_PLANS,
  DIM_MERCHANTS,
  SETTLEMENT_HOLDS,
  SETTLEMENT,
] as const;

/** Without a reconciliation to wait for; tests of the gate leave it on. */
export const UNGATED = { requireReconciliation: false };

export interface TermsRow {
  readonly merchant: string;
  readonly currency?: string;
  readonly from?: string;
  readonly delay?: number;
  readonly cutoff?: string;
  readonly zone?: string;
  readonly calendar?: string | null;
  readonly schedule?: "business_day" | "week" | "month";
  readonly days?: string | null;
  readonly plan?: string | null;
  readonly reserve?: number | null;
  readonly reserveDays?: number | null;
  readonly minimum?: bigint | null;
}

export const agree = (lake: Lake, ...terms: readonly TermsRow[]): Promise<void> =>
  add(
    lake,
    DIM_PAYOUT_TERMS,
    terms.map((row) => ({
      merchant_id: row.merchant,
      currency: row.currency ?? "*",
      effective_from: dayNumber(row.from ?? "2020-01-01"),
      delay_days: row.delay ?? 1,
      cutoff: row.cutoff ?? "24:00",
      zone: row.zone ?? "UTC",
      calendar: row.calendar ?? null,
      schedule: row.schedule ?? "business_day",
      schedule_days: row.days ?? null,
      fee_plan: row.plan ?? null,
      reserve_percent: row.reserve ?? null,
      reserve_days: row.reserveDays ?? null,
      minimum_minor: row.minimum ?? null,
    })),
  );

export interface HoldRow {
  readonly id: string;
  readonly act: "place" | "release";
  readonly merchant: string;
  readonly currency?: string | null;
  readonly on: string;
  readonly reason?: string;
}

export const hold = (lake: Lake, ...holds: readonly HoldRow[]): Promise<void> =>
  add(
    lake,
    SETTLEMENT_HOLDS,
    holds.map((row) => ({
      hold_id: row.id,
      act: row.act,
      merchant_id: row.merchant,
      currency: row.currency ?? null,
      effective_on: dayNumber(row.on),
      reason: row.reason ?? "documents are missing",
      decided_by: "a person",
      decided_at: 0n,
    })),
  );

export const balance = (lake: Lake, date: string, cells: Readonly<Record<string, CellValue>>): Promise<void> =>
  add(lake, INGEST_BALANCE, [
    {
      batch_id: `b-${date}`,
      business_date: dayNumber(date),
      source: "cards",
      source_partition: "0",
      offset_from: 0n,
      offset_to: 0n,
      records_in: 1n,
      accepted: 1n,
      quarantined: 0n,
      duplicates: 0n,
      late: 0n,
      bytes_in: 0n,
      ingested_at: 0n,
      ...cells,
    },
  ]);

/** Closes a date and gives its rows. */
export async function closePayouts(lake: Lake, date: string, settings: object = UNGATED): Promise<Told[]> {
  const spec = await pinJob(lake, SETTLEMENT_FINAL, date as BusinessDate, settings);
  await runFinal(lake, SETTLEMENT_FINAL, spec);
  return toldOf(lake, `business_date = DATE '${date}'`);
}

/** Rows of the table, dates as text. */
export async function toldOf(lake: Lake, where = "true"): Promise<Told[]> {
  const { files, spec } = await lake.table(SETTLEMENT.name).refresh();
  const dates = spec.columns
    .filter(({ type }) => type === "date")
    .map(({ name }) => `CAST(${name} AS VARCHAR) AS ${name}`);
  const connection = await lake.db.connect();
  const reader = await connection.runAndReadAll(
    `SELECT * REPLACE (${dates.join(", ")}) FROM ${await scanSql(lake.store, spec, files)} WHERE ${where} ORDER BY business_date, row_key`,
  );
  connection.closeSync();
  return reader.getRowObjects();
}

export interface StepRow {
  readonly id: string;
  readonly merchant: string;
  readonly amount: bigint;
  /** Instant, ISO 8601. */
  readonly at: string;
  readonly status?: string;
  readonly type?: string;
  readonly currency?: string;
}

let offsets = 0n;

/** Payment steps with their very instants; the business date is that of UTC. */
export const happen = (lake: Lake, ...steps: readonly StepRow[]): Promise<void> =>
  add(
    lake,
    TRANSACTIONS,
    steps.map(({ id, merchant, amount, at, status = "SETTLED", type = "SEPA", currency = "EUR" }) => ({
      transaction_id: id,
      payment_type: type,
      status,
      amount_minor: amount,
      currency,
      exponent: 2,
      user_id: "u1",
      merchant_id: merchant,
      event_time: BigInt(Date.parse(at)) * 1000n,
      ingested_at: BigInt(Date.parse(at)) * 1000n,
      business_date: dayNumber(at.slice(0, 10)),
      decision: "APPROVE",
      is_late: false,
      source: "events",
      source_partition: "0",
      source_offset: offsets++,
    })),
  );
