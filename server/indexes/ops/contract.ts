import { z } from "zod";
import { AsOf, Cursor, FilterText, InstantText, MoneyValue, PageLimit, SourceCoordinates } from "../../domain/answer";

export const PARTITION_STATES = ["starting", "running", "waiting", "stopped", "failed", "unknown"] as const;

/** One Kafka partition, or a landing source as a whole (partition "*"). Null is "not known", never zero. */
export const StreamPartition = z.object({
  partition: z.string(),
  position: z.bigint().nullable(),
  low: z.bigint().nullable(),
  high: z.bigint().nullable(),
  lagMessages: z.bigint().nullable(),
  lagSeconds: z.number().nullable(),
  /** Up to 60 samples of the last 15 minutes, oldest first. */
  trend: z.array(z.object({ at: InstantText, lagMessages: z.number().nullable(), lagSeconds: z.number().nullable() })),
  /** Records per second over the last minute: produced into the partition, and taken out of it. */
  rateIn: z.number().nullable(),
  rateOut: z.number().nullable(),
  /** Seconds until the lag is gone at these rates; null where it grows or is not known. */
  drainSeconds: z.number().nullable(),
  lastCommitAt: InstantText.nullable(),
  newestEventTime: InstantText.nullable(),
});
export type StreamPartition = z.infer<typeof StreamPartition>;

/** records_in = accepted + quarantined + duplicates, over everything the lake holds of the source. */
export const Balance = z.object({
  recordsIn: z.number().int(),
  accepted: z.number().int(),
  quarantined: z.number().int(),
  duplicates: z.number().int(),
  late: z.number().int(),
  bytesIn: z.number().int(),
  /** Rows the tables really hold: what the balance must agree with. */
  rowsStored: z.number().int(),
  rowsQuarantined: z.number().int(),
  balanced: z.boolean(),
});
export type Balance = z.infer<typeof Balance>;

export const Stream = z.object({
  source: z.string(),
  transport: z.enum(["kafka", "landing", "unknown"]),
  state: z.enum(PARTITION_STATES),
  code: z.string().nullable(),
  message: z.string().nullable(),
  remedy: z.string().nullable(),
  partitions: z.array(StreamPartition),
  balance: Balance,
  lastCommitAt: InstantText.nullable(),
  recordsPerSecond: z.number().nullable(),
});
export type Stream = z.infer<typeof Stream>;
export const Streams = z.object({ streams: z.array(Stream), asOf: AsOf });
export type Streams = z.infer<typeof Streams>;

export const SeriesQuery = z.object({
  minutes: z.number().int().min(5).max(10_080).default(60),
  /** Where the period ends; null is now. */
  until: InstantText.nullable().default(null),
  source: z.string().max(200).nullable().default(null),
  paymentType: z.string().max(40).nullable().default(null),
});
export type SeriesQuery = z.infer<typeof SeriesQuery>;

export const ThroughputQuery = SeriesQuery.extend({ by: z.enum(["total", "source", "rail"]).default("source") });
export const Throughput = z.object({
  from: InstantText,
  until: InstantText,
  /** Per minute of ingestion and group; a minute without records of a group has no row. */
  minutes: z.array(
    z.object({
      minute: InstantText,
      /** Source, rail, or "total". */
      group: z.string(),
      accepted: z.number().int(),
      errors: z.number().int(),
      quarantined: z.number().int(),
      duplicates: z.number().int(),
      late: z.number().int(),
      bytesIn: z.number().int(),
      /** Accepted rows with status DECLINED, FAILED or RETURNED / accepted rows. */
      errorRate: z.number().nullable(),
    }),
  ),
  asOf: AsOf,
});
export type Throughput = z.infer<typeof Throughput>;

export const LATENCY_METRICS = ["processing", "event_to_ingested", "ingested_to_visible"] as const;
export const LatencyQuery = SeriesQuery.extend({ metric: z.enum(LATENCY_METRICS).default("event_to_ingested") });
const Percentiles = {
  events: z.number().int(),
  /** Upper bounds of histogram buckets that grow by a tenth: at most 10 percent above the true value. */
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
};
export const Latency = z.object({
  metric: z.enum(LATENCY_METRICS),
  from: InstantText,
  until: InstantText,
  overall: z.object(Percentiles),
  minutes: z.array(z.object({ minute: InstantText, ...Percentiles })),
  byRail: z.array(z.object({ paymentType: z.string().nullable(), ...Percentiles })),
  histogram: z.array(z.object({ bucketMs: z.number(), events: z.number().int() })),
  asOf: AsOf,
});
export type Latency = z.infer<typeof Latency>;

export const QuarantineGroup = z.object({
  code: z.string(),
  source: z.string(),
  stage: z.string(),
  field: z.string().nullable(),
  records: z.number().int(),
  /** Sums of what could be read of amounts, per currency. */
  amounts: z.array(MoneyValue),
  /** Records whose amount could not be read. */
  withoutAmount: z.number().int(),
  firstAt: InstantText,
  lastAt: InstantText,
  sampleId: z.string(),
  remedy: z.string().nullable(),
});
export type QuarantineGroup = z.infer<typeof QuarantineGroup>;
export const QuarantineGroups = z.object({
  groups: z.array(QuarantineGroup),
  records: z.number().int(),
  asOf: AsOf,
});
export type QuarantineGroups = z.infer<typeof QuarantineGroups>;

export const QuarantineQuery = z.object({
  code: z.string().max(100).nullable().default(null),
  source: z.string().max(200).nullable().default(null),
  /** Part of an id, of the message or of the coordinates. */
  text: FilterText.nullable().default(null),
  from: InstantText.nullable().default(null),
  until: InstantText.nullable().default(null),
  cursor: Cursor,
  limit: PageLimit,
});
export type QuarantineQuery = z.infer<typeof QuarantineQuery>;

export const QuarantineRow = z.object({
  quarantineId: z.string(),
  code: z.string(),
  stage: z.string(),
  field: z.string().nullable(),
  message: z.string(),
  rawBytes: z.number().int(),
  transactionId: z.string().nullable(),
  userId: z.string().nullable(),
  amount: MoneyValue.nullable(),
  eventTime: InstantText.nullable(),
  ingestedAt: InstantText,
  coordinates: SourceCoordinates,
});
export type QuarantineRow = z.infer<typeof QuarantineRow>;
export const QuarantinePage = z.object({
  rows: z.array(QuarantineRow),
  nextCursor: z.string().nullable(),
  total: z.number().int(),
  asOf: AsOf,
});
export type QuarantinePage = z.infer<typeof QuarantinePage>;

export const QuarantineRowQuery = z.object({ quarantineId: z.string().min(1).max(100) });
export const QuarantineDetail = z.object({
  row: QuarantineRow,
  remedy: z.string().nullable(),
  /** As received, card numbers masked, at most 64 KiB; null where nothing was kept. */
  raw: z
    .object({
      text: z.string(),
      /** The bytes are not UTF-8: `text` shows them as hexadecimal. */
      binary: z.boolean(),
      truncated: z.boolean(),
    })
    .nullable(),
  /** What could be read of it, by canonical field; null marks the one at fault. */
  decoded: z.array(z.object({ field: z.string(), value: z.string().nullable(), atFault: z.boolean() })),
  file: z.object({ path: z.string(), tableVersion: z.number().int() }).nullable(),
  asOf: AsOf,
});
export type QuarantineDetail = z.infer<typeof QuarantineDetail>;

export const TableFacts = z.object({
  name: z.string(),
  kind: z.enum(["raw", "partial", "dimension", "final"]),
  description: z.string(),
  /** What a foreign Delta reader opens. */
  path: z.string(),
  version: z.number().int(),
  committedAt: InstantText.nullable(),
  rows: z.number().int(),
  files: z.number().int(),
  bytes: z.number().int(),
  /** Files under 16 MiB. */
  smallFiles: z.number().int(),
  averageFileBytes: z.number().nullable(),
  logDays: z.number().int(),
  dataDays: z.number().int().nullable(),
  columns: z.array(z.object({ name: z.string(), type: z.string(), nullable: z.boolean(), comment: z.string() })),
  marks: z.array(z.object({ appId: z.string(), version: z.bigint() })),
});
export type TableFacts = z.infer<typeof TableFacts>;
export const Tables = z.object({ tables: z.array(TableFacts), asOf: AsOf });
export type Tables = z.infer<typeof Tables>;

export const Process = z.object({
  process: z.string(),
  instance: z.string(),
  pid: z.number().int(),
  startedAt: InstantText,
  beatAt: InstantText,
  /** As the process said; "lost" where its heart has not beaten for 15 s. */
  state: z.enum(["starting", "running", "waiting", "stopping", "stopped", "restarting", "failed", "lost"]),
  code: z.string().nullable(),
  message: z.string().nullable(),
  remedy: z.string().nullable(),
  restarts: z.number().int().nullable(),
  memoryBytes: z.number().int().nullable(),
  /** Whatever else it reported: name -> text. */
  facts: z.array(z.object({ name: z.string(), value: z.string() })),
});
export type Process = z.infer<typeof Process>;

/** A promise of PRODUCT.md section 6, measured now. */
export const PromiseFigure = z.object({
  id: z.enum(["event_to_visible", "throughput", "queries", "balance", "freshness"]),
  title: z.string(),
  promised: z.string(),
  /** Null where nothing could be measured in the window. */
  measured: z.string().nullable(),
  met: z.boolean().nullable(),
  window: z.string(),
  detail: z.string().nullable(),
});
export type PromiseFigure = z.infer<typeof PromiseFigure>;

export const PartHealth = z.object({
  part: z.enum(["lake", "postgres", "workers"]),
  ok: z.boolean(),
  code: z.string().nullable(),
  message: z.string().nullable(),
  remedy: z.string().nullable(),
});
export type PartHealth = z.infer<typeof PartHealth>;

export const Health = z.object({
  parts: z.array(PartHealth),
  processes: z.array(Process),
  promises: z.array(PromiseFigure),
  asOf: AsOf,
});
export type Health = z.infer<typeof Health>;
