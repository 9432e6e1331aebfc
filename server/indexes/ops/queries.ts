import type { DuckDBValue } from "@duckdb/node-api";
import type { z } from "zod";
import { formatInstant } from "../../domain/time";
import { INGEST_BALANCE } from "../../pipeline/tables";
import { asOfOf, type LakeReader, type LakeView } from "../../query/reader";
import { type Row, realOrNull, text, textOrNull, whole } from "../../query/values";
import type { Latency, LatencyQuery, Throughput, ThroughputQuery } from "./contract";
import { OPS_LATENCY, OPS_MINUTES } from "./tables";

const MINUTE_MS = 60_000;

export const asOfOps = (view: LakeView, tables: readonly string[]) =>
  asOfOf(view, tables, INGEST_BALANCE.name, "newest_event_time");

interface Window {
  readonly from: string;
  readonly until: string;
}

function windowOf({ minutes, until }: { minutes: number; until: string | null }): Window {
  const untilMs = until === null ? Date.now() : Date.parse(until);
  const fromMs = Math.floor(untilMs / MINUTE_MS) * MINUTE_MS - (minutes - 1) * MINUTE_MS;
  return { from: formatInstant(BigInt(fromMs) * 1000n), until: formatInstant(BigInt(untilMs) * 1000n) };
}

/** The filter of a series: its rows' condition and parameters. */
function filterOf(query: { source: string | null; paymentType: string | null }, { from, until }: Window) {
  const parts = ["minute BETWEEN $from::TIMESTAMPTZ AND $until::TIMESTAMPTZ"];
  const parameters: Record<string, DuckDBValue> = { from, until };
  if (query.source !== null) {
    parts.push("source = $source");
    parameters.source = query.source;
  }
  if (query.paymentType !== null) {
    parts.push("payment_type = $rail");
    parameters.rail = query.paymentType;
  }
  return { where: parts.join(" AND "), parameters };
}

const GROUPS: Readonly<Record<z.infer<typeof ThroughputQuery>["by"], string>> = {
  total: "'total'",
  source: "source",
  rail: "coalesce(payment_type, 'no rail')",
};

/** Records per minute of ingestion. */
export async function readThroughput(
  reader: LakeReader,
  query: z.infer<typeof ThroughputQuery>,
  signal?: AbortSignal,
): Promise<Throughput> {
  const window = windowOf(query);
  const { where, parameters } = filterOf(query, window);
  return reader.read({ name: "ops.throughput", signal }, async (view) => {
    const scan = await view.scan(OPS_MINUTES.name, { column: "minute", min: window.from, max: window.until });
    const rows = await view.rows(
      `SELECT minute, ${GROUPS[query.by]} AS grouped, sum(accepted)::BIGINT AS accepted, sum(errors)::BIGINT AS errors,
              sum(quarantined)::BIGINT AS quarantined, sum(duplicates)::BIGINT AS duplicates, sum(late)::BIGINT AS late,
              sum(bytes_in)::BIGINT AS bytes_in, CASE WHEN sum(accepted) > 0 THEN sum(errors) / sum(accepted) END AS error_rate
         FROM ${scan} WHERE ${where} GROUP BY ALL ORDER BY minute, grouped`,
      parameters,
    );
    return {
      ...window,
      minutes: rows.map((row) => ({
        minute: text(row, "minute"),
        group: text(row, "grouped"),
        accepted: whole(row, "accepted"),
        errors: whole(row, "errors"),
        quarantined: whole(row, "quarantined"),
        duplicates: whole(row, "duplicates"),
        late: whole(row, "late"),
        bytesIn: whole(row, "bytes_in"),
        errorRate: realOrNull(row, "error_rate"),
      })),
      asOf: asOfOps(view, [OPS_MINUTES.name]),
    };
  });
}

/** Percentiles of a summed histogram: the upper bound of the bucket in which the rank lies. */
export function percentilesOf(buckets: readonly { bucketMs: number; events: number }[]) {
  const sorted = [...buckets].sort((a, b) => a.bucketMs - b.bucketMs);
  const events = sorted.reduce((sum, bucket) => sum + bucket.events, 0);
  const at = (share: number): number | null => {
    const rank = Math.ceil(events * share);
    let seen = 0;
    for (const bucket of sorted) {
      seen += bucket.events;
      if (events > 0 && seen >= rank) return bucket.bucketMs;
    }
    return null;
  };
  return { events, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}

const bucketOf = (row: Row) => ({ bucketMs: whole(row, "bucket_ms"), events: whole(row, "events") });

function grouped<K extends string | null>(rows: readonly Row[], key: (row: Row) => K) {
  const groups = new Map<K, { bucketMs: number; events: number }[]>();
  for (const row of rows) {
    const list = groups.get(key(row)) ?? [];
    list.push(bucketOf(row));
    groups.set(key(row), list);
  }
  return groups;
}

/** Latency of one metric: overall, per minute and per rail, from the mergeable histogram. */
export async function readLatency(
  reader: LakeReader,
  query: z.infer<typeof LatencyQuery>,
  signal?: AbortSignal,
): Promise<Latency> {
  const window = windowOf(query);
  const { where, parameters } = filterOf(query, window);
  return reader.read({ name: "ops.latency", signal }, async (view) => {
    const scan = await view.scan(OPS_LATENCY.name, { column: "minute", min: window.from, max: window.until });
    const rows = await view.rows(
      `SELECT minute, payment_type, bucket_ms, sum(events)::BIGINT AS events
         FROM ${scan} WHERE ${where} AND metric = $metric GROUP BY ALL ORDER BY minute, bucket_ms`,
      { ...parameters, metric: query.metric },
    );
    const byBucket = new Map<number, number>();
    for (const row of rows) {
      const { bucketMs, events } = bucketOf(row);
      byBucket.set(bucketMs, (byBucket.get(bucketMs) ?? 0) + events);
    }
    const histogram = [...byBucket].map(([bucketMs, events]) => ({ bucketMs, events }));
    histogram.sort((a, b) => a.bucketMs - b.bucketMs);
    return {
      metric: query.metric,
      ...window,
      overall: percentilesOf(histogram),
      minutes: [...grouped(rows, (row) => text(row, "minute"))].map(([minute, buckets]) => ({
        minute,
        ...percentilesOf(buckets),
      })),
      byRail: [...grouped(rows, (row) => textOrNull(row, "payment_type"))].map(([paymentType, buckets]) => ({
        paymentType,
        ...percentilesOf(buckets),
      })),
      histogram,
      asOf: asOfOps(view, [OPS_LATENCY.name]),
    };
  });
}
