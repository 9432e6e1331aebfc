import { ConcordanceError } from "../../server/domain/errors";
import { sqlText } from "../../server/lake/duckdb";
import type { Lake } from "../../server/lake/lake";
import { writeResult } from "../../server/query/format";
import { createViews, pinSnapshot } from "../../server/query/snapshot";

/** What `export INDEX[.VIEW]` gives; partial indexes come summed, as the console shows them. */
const VIEWS: Readonly<Record<string, string>> = {
  fraud: "SELECT * FROM alerts ORDER BY detected_at, alert_id",
  "fraud.alerts": "SELECT * FROM alerts ORDER BY detected_at, alert_id",
  "fraud.blacklist": "SELECT * FROM blacklist ORDER BY added_at, party_id, role, rule",
  merchants: `SELECT merchant_id, business_date, currency, exponent, sum(events)::BIGINT AS events, sum(received)::BIGINT AS received,
      sum(pending)::BIGINT AS pending, sum(approved)::BIGINT AS approved, sum(declined)::BIGINT AS declined, sum(settled)::BIGINT AS settled,
      sum(failed)::BIGINT AS failed, sum(returned)::BIGINT AS returned, sum(refunded)::BIGINT AS refunded,
      sum(chargebacks)::BIGINT AS chargebacks, sum(denied)::BIGINT AS denied, sum(gross_minor)::BIGINT AS gross_minor,
      sum(refunded_minor)::BIGINT AS refunded_minor, sum(returned_minor)::BIGINT AS returned_minor,
      sum(chargeback_minor)::BIGINT AS chargeback_minor,
      CASE WHEN exponent IS NOT NULL THEN (coalesce(sum(gross_minor), 0) - coalesce(sum(refunded_minor), 0)
        - coalesce(sum(returned_minor), 0) - coalesce(sum(chargeback_minor), 0))::BIGINT END AS net_minor,
      sum(new_customers)::BIGINT AS customers
    FROM merchants_partial GROUP BY merchant_id, business_date, currency, exponent ORDER BY business_date, merchant_id, currency`,
  ops: `SELECT minute, source, source_partition, payment_type, sum(accepted)::BIGINT AS accepted, sum(errors)::BIGINT AS errors,
      sum(quarantined)::BIGINT AS quarantined, sum(duplicates)::BIGINT AS duplicates, sum(late)::BIGINT AS late, sum(bytes_in)::BIGINT AS bytes_in
    FROM ops_minutes GROUP BY minute, source, source_partition, payment_type ORDER BY minute, source, source_partition, payment_type`,
};

export interface ExportRequest {
  readonly index: string;
  readonly where: string | null;
  readonly format: "csv" | "ndjson" | "parquet";
  readonly output: string | null;
}

export async function exportView(
  lake: Lake,
  request: ExportRequest,
  write: (text: string) => Promise<void>,
): Promise<number> {
  const view = VIEWS[request.index] ?? (lake.has(request.index) ? `SELECT * FROM ${request.index}` : null);
  if (view === null) {
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "no_such_index",
      message: `There is no index or table ${request.index}.`,
      remedy: `Ask for one of ${[...Object.keys(VIEWS), ...lake.tables.map((table) => table.spec.name)].join(", ")}.`,
    });
  }
  const connection = await lake.db.connect();
  try {
    await createViews(connection, lake, await pinSnapshot(lake, null));
    const sql = `SELECT * FROM (${view}) ${request.where === null ? "" : `WHERE ${request.where}`}`;
    if (request.format !== "parquet") return await writeResult(await connection.stream(sql), request.format, write);
    if (request.output === null) {
      throw new ConcordanceError({
        kind: "invalid_input",
        code: "output_missing",
        message: "Parquet is not written to a terminal.",
        remedy: "Name a file with --output.",
      });
    }
    const reader = await connection.runAndReadAll(
      `COPY (${sql}) TO ${sqlText(request.output)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    return Number(reader.getRowsJS()[0]?.[0] ?? 0);
  } finally {
    connection.closeSync();
  }
}
