import { optional, required, type TableSpec } from "../../lake/types";

/** Increments: sum every measure per minute, source, partition and rail. */
export const OPS_MINUTES: TableSpec = {
  name: "ops_minutes",
  kind: "partial",
  description: "Per source, partition, rail and minute of ingestion, as increments to be summed",
  columns: [
    required("minute", "timestamp", "Minute of ingested_at"),
    required("source", "string", "Name of the configured source"),
    required(
      "source_partition",
      "string",
      "Kafka partition, or * for landing files (a file is not a partition to watch)",
    ),
    optional(
      "payment_type",
      "string",
      "Rail; null for signals, quarantined records and duplicates, whose rail is not known",
    ),
    required("accepted", "bigint", "Rows stored"),
    required("errors", "bigint", "Accepted rows with status DECLINED, FAILED or RETURNED"),
    required("quarantined", "bigint", "Rows quarantined"),
    required("duplicates", "bigint", "Duplicates counted"),
    required("late", "bigint", "Accepted rows flagged late"),
    required("bytes_in", "bigint", "Bytes read"),
  ],
  partitionBy: [],
  key: ["minute", "source", "source_partition", "payment_type"],
  sortBy: ["minute"],
  retention: { logDays: 2, dataDays: 30 },
};

/** Increments: a mergeable histogram; percentiles are read from the summed buckets. */
export const OPS_LATENCY: TableSpec = {
  name: "ops_latency",
  kind: "partial",
  description: "Latency histogram per minute, source, partition, rail and metric, as increments to be summed",
  columns: [
    required("minute", "timestamp", "Minute of ingested_at"),
    required("source", "string", "Name of the configured source"),
    required("source_partition", "string", "Kafka partition, or * for landing files"),
    optional("payment_type", "string", "Rail"),
    required("metric", "string", "processing, event_to_ingested or ingested_to_visible"),
    required("bucket_ms", "bigint", "Upper bound of the bucket, milliseconds: buckets grow by 10 percent"),
    required("events", "bigint", "Events in the bucket"),
  ],
  partitionBy: [],
  key: ["minute", "source", "source_partition", "payment_type", "metric", "bucket_ms"],
  sortBy: ["minute"],
  retention: { logDays: 2, dataDays: 30 },
};
