import type { Database } from "../../db/connect";
import { type Heartbeat, readHeartbeats, type SourceBeat } from "../../db/heartbeats";
import { type LagSample, readLagSamples } from "../../db/lag-samples";
import { formatInstant } from "../../domain/time";
import { FRAUD_SIGNALS, INGEST_BALANCE, QUARANTINE, TRANSACTIONS } from "../../pipeline/tables";
import { type FileCounts, openFileCounts, sameBatches } from "../../query/file-counts";
import type { LakeReader, LakeView } from "../../query/reader";
import { realOrNull, text, textOrNull, whole } from "../../query/values";
import { type Balance, PARTITION_STATES, type Stream, type StreamPartition, type Streams } from "./contract";
import { asOfOps } from "./queries";

const TREND_MS = 15 * 60_000;
const TREND_POINTS = 60;
const RATE_MS = 60_000;
const LANDING = "*";

interface StreamSources {
  readonly reader: LakeReader;
  readonly database: Database;
}

interface LakePartition {
  readonly source: string;
  readonly partition: string;
  readonly lastCommitAt: string | null;
  readonly newestEventTime: string | null;
  readonly perSecond: number | null;
}

/** Every source that is configured or has ever been read, with its partitions, lag and balance. */
export async function readStreams({ reader, database }: StreamSources, signal?: AbortSignal): Promise<Streams> {
  const nowMs = Date.now();
  const [beats, samples, lake] = await Promise.all([
    readHeartbeats(database.db),
    readLagSamples(database.db, nowMs - TREND_MS),
    reader.read({ name: "ops.streams", signal }, async (view) => ({
      balances: await readBalances(reader, view),
      partitions: await readPartitions(view),
      asOf: asOfOps(view, [INGEST_BALANCE.name]),
    })),
  ]);
  const reported = sourcesOf(beats);
  const names = [...new Set([...reported.keys(), ...lake.balances.keys()])].sort();
  return {
    streams: names.map((source) =>
      streamOf(source, {
        reported: reported.get(source) ?? null,
        samples: samples.filter((sample) => sample.source === source),
        partitions: lake.partitions.filter((partition) => partition.source === source),
        balance: lake.balances.get(source) ?? NOTHING_READ,
      }),
    ),
    asOf: lake.asOf,
  };
}

const NOTHING_READ: Balance = {
  recordsIn: 0,
  accepted: 0,
  quarantined: 0,
  duplicates: 0,
  late: 0,
  bytesIn: 0,
  rowsStored: 0,
  rowsQuarantined: 0,
  balanced: true,
};

/** What the living indexers last said of each source; of two that own parts of one, their partitions together. */
function sourcesOf(beats: readonly Heartbeat[]): Map<string, SourceBeat> {
  const sources = new Map<string, SourceBeat>();
  for (const beat of beats) {
    const lost = beat.state === "lost" || beat.state === "stopped";
    for (const source of beat.detail.sources ?? []) {
      const known = sources.get(source.name);
      const told: SourceBeat = lost ? { ...source, state: "stopped", partitions: [] } : source;
      if (known === undefined) sources.set(source.name, told);
      else if (!lost) sources.set(source.name, { ...told, partitions: [...known.partitions, ...told.partitions] });
    }
  }
  return sources;
}

interface StreamParts {
  readonly reported: SourceBeat | null;
  readonly samples: readonly LagSample[];
  readonly partitions: readonly LakePartition[];
  readonly balance: Balance;
}

function streamOf(source: string, { reported, samples, partitions, balance }: StreamParts): Stream {
  const names = new Set([
    ...partitions.map((p) => p.partition),
    ...(reported?.partitions ?? []).map((p) => p.partition),
  ]);
  if (names.size === 0) names.add(LANDING);
  const rows = [...names].sort(byNumber).map((partition) => {
    const beat = reported?.partitions.find((p) => p.partition === partition);
    return partitionOf(partition, {
      beat: beat ?? null,
      samples: samples.filter((sample) => sample.partition === partition),
      lake: partitions.find((p) => p.partition === partition) ?? null,
    });
  });
  const rates = rows.flatMap((row) => row.rateOut ?? []);
  return {
    source,
    transport: reported?.transport ?? (names.has(LANDING) ? "landing" : "unknown"),
    state: PARTITION_STATES.find((state) => state === reported?.state) ?? "unknown",
    code: reported?.code ?? null,
    message: reported?.message ?? null,
    remedy: reported?.remedy ?? null,
    partitions: rows,
    balance,
    lastCommitAt: newest(rows.map((row) => row.lastCommitAt)),
    recordsPerSecond: rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0),
  };
}

const byNumber = (a: string, b: string) => Number(a) - Number(b) || (a < b ? -1 : a > b ? 1 : 0);
const newest = (instants: readonly (string | null)[]): string | null =>
  instants.reduce((latest, at) => (at !== null && (latest === null || at > latest) ? at : latest), null);

interface PartitionParts {
  readonly beat: SourceBeat["partitions"][number] | null;
  readonly samples: readonly LagSample[];
  readonly lake: LakePartition | null;
}

const bigOf = (text: string | null | undefined): bigint | null =>
  text !== null && text !== undefined && /^-?\d+$/.test(text) ? BigInt(text) : null;

function partitionOf(partition: string, { beat, samples, lake }: PartitionParts): StreamPartition {
  const lagMessages = bigOf(beat?.lagMessages);
  const { rateIn, rateOut } =
    partition === LANDING ? { rateIn: null, rateOut: lake?.perSecond ?? null } : ratesOf(samples, lake);
  const gaining = rateIn === null || rateOut === null ? null : rateOut - rateIn;
  const drain = lagMessages === 0n ? 0 : gaining === null || gaining <= 0 ? null : Number(lagMessages) / gaining;
  const step = Math.max(1, Math.ceil(samples.length / TREND_POINTS));
  return {
    partition,
    position: bigOf(beat?.position),
    low: bigOf(beat?.low),
    high: bigOf(beat?.high),
    lagMessages,
    lagSeconds: beat?.lagSeconds ?? null,
    trend: samples
      .filter((_, index) => (samples.length - 1 - index) % step === 0)
      .map((sample) => ({
        at: formatInstant(BigInt(sample.atMs) * 1000n),
        lagMessages: sample.lagMessages === null ? null : Number(sample.lagMessages),
        lagSeconds: sample.lagSeconds,
      })),
    rateIn,
    rateOut,
    drainSeconds: lagMessages === null ? null : drain,
    lastCommitAt: lake?.lastCommitAt ?? null,
    newestEventTime: lake?.newestEventTime ?? null,
  };
}

/**
 * Records produced and taken per second over the last minute of samples; what was committed where the source gives no
 * positions. A landing zone's positions count files: there only what was committed is known in records.
 */
function ratesOf(samples: readonly LagSample[], lake: LakePartition | null) {
  const recent = samples.filter((sample) => sample.atMs >= Date.now() - RATE_MS - 5_000);
  const [first, last] = [recent[0], recent.at(-1)];
  const rate = (from: bigint | null | undefined, to: bigint | null | undefined): number | null => {
    if (first === undefined || last === undefined || last.atMs - first.atMs < 2_000) return null;
    if (from === null || from === undefined || to === null || to === undefined) return null;
    return (Number(to - from) * 1000) / (last.atMs - first.atMs);
  };
  const rateIn = rate(first?.high, last?.high);
  return { rateIn, rateOut: rate(first?.position, last?.position) ?? lake?.perSecond ?? null };
}

/** Per source: what the balance rows say, and what the tables hold. */
export async function readBalances(reader: LakeReader, view: LakeView): Promise<Map<string, Balance>> {
  const rows = await view.rows(
    `SELECT source, sum(records_in)::BIGINT AS records_in, sum(accepted)::BIGINT AS accepted,
            sum(quarantined)::BIGINT AS quarantined, sum(duplicates)::BIGINT AS duplicates, sum(late)::BIGINT AS late,
            sum(bytes_in)::BIGINT AS bytes_in
       FROM ${await view.scan(INGEST_BALANCE.name)} GROUP BY source`,
  );
  const stored = await storedRows(reader, view);
  const raw = [TRANSACTIONS.name, FRAUD_SIGNALS.name, QUARANTINE.name].map((table) => view.snapshot(table));
  const balanceTable = view.snapshot(INGEST_BALANCE.name);
  const settled = raw.every((snapshot) => sameBatches(snapshot, balanceTable));
  return new Map(
    rows.map((row) => {
      const source = text(row, "source");
      const told = {
        recordsIn: whole(row, "records_in"),
        accepted: whole(row, "accepted"),
        quarantined: whole(row, "quarantined"),
        duplicates: whole(row, "duplicates"),
        late: whole(row, "late"),
        bytesIn: whole(row, "bytes_in"),
        rowsStored: stored.accepted.get(source) ?? 0,
        rowsQuarantined: stored.quarantined.get(source) ?? 0,
      };
      const adds = told.recordsIn === told.accepted + told.quarantined + told.duplicates;
      // Rows are committed before their balance: between the two, tables may only hold more.
      const agrees = settled
        ? told.rowsStored === told.accepted && told.rowsQuarantined === told.quarantined
        : told.rowsStored >= told.accepted;
      return [source, { ...told, balanced: adds && agrees }] as const;
    }),
  );
}

interface StoredCounts {
  readonly transactions: FileCounts;
  readonly signals: FileCounts;
  readonly quarantine: FileCounts;
}
const countsOf = new WeakMap<LakeReader, StoredCounts>();

async function storedRows(reader: LakeReader, view: LakeView) {
  const open = (table: string) => openFileCounts(reader.lake, table, { group: "source", condition: "true" });
  const counts = countsOf.get(reader) ?? {
    transactions: open(TRANSACTIONS.name),
    signals: open(FRAUD_SIGNALS.name),
    quarantine: open(QUARANTINE.name),
  };
  countsOf.set(reader, counts);
  const accepted = new Map(await counts.transactions.count(view));
  for (const [source, rows] of await counts.signals.count(view)) {
    accepted.set(source, (accepted.get(source) ?? 0) + rows);
  }
  return { accepted, quarantined: await counts.quarantine.count(view) };
}

/** Per Kafka partition, or per landing source as a whole: a file is not a partition to watch. */
async function readPartitions(view: LakeView): Promise<LakePartition[]> {
  const rows = await view.rows(
    `SELECT source, CASE WHEN regexp_full_match(source_partition, '[0-9]+') THEN source_partition ELSE '${LANDING}' END AS part,
            max(ingested_at) AS last_commit_at, max(newest_event_time) AS newest_event_time,
            sum(records_in) FILTER (ingested_at >= now() - INTERVAL 60 SECOND) / 60.0 AS per_second
       FROM ${await view.scan(INGEST_BALANCE.name)} GROUP BY ALL`,
  );
  return rows.map((row) => ({
    source: text(row, "source"),
    partition: text(row, "part"),
    lastCommitAt: textOrNull(row, "last_commit_at"),
    newestEventTime: textOrNull(row, "newest_event_time"),
    perSecond: realOrNull(row, "per_second") ?? 0,
  }));
}
