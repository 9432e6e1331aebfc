import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlText } from "../lake/duckdb";
import { scanSql } from "../lake/scan";
import type { Table } from "../lake/table";

/** PRODUCT.md section 1: the watermark is two hours. */
export const WATERMARK_MICROS = 2n * 3_600_000_000n;

/**
 * The newest event time seen per mark name (Kafka partition, landing source). Lateness is decided record by record in
 * order of arrival, so it does not depend on where batches end.
 */
export class Watermarks {
  private readonly newest = new Map<string, bigint>();

  has(appId: string): boolean {
    return this.newest.has(appId);
  }

  set(appId: string, micros: bigint | null): void {
    if (micros === null) this.newest.delete(appId);
    else this.newest.set(appId, micros);
  }

  get(appId: string): bigint | null {
    return this.newest.get(appId) ?? null;
  }

  /** True where the event is later than the watermark allows; otherwise the watermark may move forward. */
  observe(appId: string, eventMicros: bigint): boolean {
    const newest = this.newest.get(appId);
    if (newest === undefined || eventMicros > newest) {
      this.newest.set(appId, eventMicros);
      return false;
    }
    return eventMicros < newest - WATERMARK_MICROS;
  }

  clear(): void {
    this.newest.clear();
  }
}

/** What the ingest balance says was the newest event time of a source's partition (null: of the whole source). */
export async function readNewestEventTime(
  connection: DuckDBConnection,
  balance: Table,
  source: string,
  partition: string | null,
): Promise<bigint | null> {
  const reader = await connection.runAndReadAll(
    `SELECT max(epoch_us(newest_event_time)) FROM ${await scanSql(balance.store, balance.spec, balance.current().files)}
      WHERE source = ${sqlText(source)}${partition === null ? "" : ` AND source_partition = ${sqlText(partition)}`}`,
  );
  const [[newest] = []] = reader.getRowsJS();
  return typeof newest === "bigint" ? newest : null;
}
