import { FRAUD_SIGNALS, INGEST_BALANCE, TRANSACTIONS } from "../../pipeline/tables";
import type { Projection } from "../../projection/projection";
import { OPS_LATENCY, OPS_MINUTES } from "./tables";

const MINUTE = "make_timestamptz(epoch_us(ingested_at) // 60000000 * 60000000)";
/** A landing file is not a partition to watch: its records count under *. */
const PARTITION = "CASE WHEN regexp_full_match(source_partition, '[0-9]+') THEN source_partition ELSE '*' END";
/** Bucket bounds grow by a tenth from one millisecond. */
const bucket = (ms: string) => `CAST(ceil(pow(1.1, ceil(ln(greatest(${ms}, 1)) / ln(1.1)))) AS BIGINT)`;

const stateless = (name: string, input: string, rows: Projection["project"]): Projection => ({
  name,
  input,
  outputs: input === TRANSACTIONS.name ? [OPS_MINUTES, OPS_LATENCY] : [OPS_MINUTES],
  project: rows,
  advance: async () => undefined,
  reset: async () => undefined,
});

const minutesSql = (paymentType: string, errors: string) => `
  SELECT ${MINUTE} AS minute, source, ${PARTITION} AS source_partition, ${paymentType} AS payment_type, count(*) AS accepted,
         ${errors} AS errors, 0 AS quarantined, 0 AS duplicates, count(*) FILTER (is_late) AS late, 0 AS bytes_in
    FROM delta GROUP BY ALL`;

/** Throughput, errors, lateness and latency per minute; `delta_visible` holds when each row's commit became visible. */
export function createOpsProjections(): Projection[] {
  const latency = (metric: string, ms: string, where = "true") => `
    SELECT ${MINUTE} AS minute, source, ${PARTITION} AS source_partition, payment_type, '${metric}' AS metric,
           ${bucket(ms)} AS bucket_ms, count(*) AS events FROM delta WHERE ${where} GROUP BY ALL`;
  return [
    stateless("ops transactions", TRANSACTIONS.name, async () => [
      {
        spec: OPS_MINUTES,
        selectSql: minutesSql("payment_type", "count(*) FILTER (status IN ('DECLINED', 'FAILED', 'RETURNED'))"),
      },
      {
        spec: OPS_LATENCY,
        selectSql: [
          latency("processing", "processing_ms", "processing_ms IS NOT NULL"),
          latency("event_to_ingested", "(epoch_us(ingested_at) - epoch_us(event_time)) / 1000.0"),
          latency("ingested_to_visible", "committed_ms - epoch_us(ingested_at) / 1000.0"),
        ].join(" UNION ALL "),
      },
    ]),
    stateless("ops signals", FRAUD_SIGNALS.name, async () => [
      { spec: OPS_MINUTES, selectSql: minutesSql("NULL", "0") },
    ]),
    stateless("ops balance", INGEST_BALANCE.name, async () => [
      {
        spec: OPS_MINUTES,
        selectSql: `SELECT ${MINUTE} AS minute, source, ${PARTITION} AS source_partition, NULL AS payment_type, 0 AS accepted, 0 AS errors,
            CAST(sum(quarantined) AS BIGINT) AS quarantined, CAST(sum(duplicates) AS BIGINT) AS duplicates, 0 AS late,
            CAST(sum(bytes_in) AS BIGINT) AS bytes_in FROM delta GROUP BY ALL`,
      },
    ]),
  ];
}
