import { readHeartbeats } from "../db/heartbeats";
import { readStreams } from "../indexes/ops/queries-streams";
import type { GaugeSample } from "../observability/metrics";
import { readFreshness } from "./freshness";
import type { Services } from "./services";

const MS = 1_000;

/** What the parts of the system report, as gauges. A part that cannot be read is missing and told by `concordance_scrape_ok`. */
export async function readGauges(services: Services): Promise<GaugeSample[]> {
  const parts = { freshness: freshnessGauges, streams: streamGauges, processes: processGauges };
  const read = Object.entries(parts).map(async ([part, gauges]) => {
    try {
      return [...(await gauges(services)), scraped(part, 1)];
    } catch (error) {
      services.log.warn({ err: error, part }, "a part of the metrics cannot be read now");
      return [scraped(part, 0)];
    }
  });
  return (await Promise.all(read)).flat();
}

const scraped = (part: string, value: number): GaugeSample => ({
  name: "concordance_scrape_ok",
  help: "Whether this part of the metrics could be read",
  labels: { part },
  value,
});

async function freshnessGauges({ reader }: Services): Promise<GaugeSample[]> {
  const { indexes } = await readFreshness(reader);
  return indexes.flatMap(({ index, behindMs, promiseMs }) => [
    {
      name: "concordance_index_behind_seconds",
      help: "Age of the oldest stored event that is not in the index yet",
      labels: { index },
      value: behindMs / MS,
    },
    {
      name: "concordance_index_promise_seconds",
      help: "How far behind the index may be",
      labels: { index },
      value: promiseMs / MS,
    },
  ]);
}

async function streamGauges(services: Services): Promise<GaugeSample[]> {
  const { streams } = await readStreams(services);
  return streams.flatMap(({ source, balance, partitions }) => {
    const records = (outcome: string, value: number): GaugeSample => ({
      name: "concordance_records",
      help: "Records of the source in the lake by outcome; in = accepted + quarantined + duplicates",
      labels: { source, outcome },
      value,
    });
    return [
      records("in", balance.recordsIn),
      records("accepted", balance.accepted),
      records("quarantined", balance.quarantined),
      records("duplicate", balance.duplicates),
      {
        name: "concordance_balance_holds",
        help: "1 where the source's balance adds up and agrees with the tables",
        labels: { source },
        value: balance.balanced ? 1 : 0,
      },
      ...partitions.flatMap(({ partition, lagMessages, lagSeconds }) => [
        ...gauge("concordance_lag_messages", "Records waiting in the partition", { source, partition }, lagMessages),
        ...gauge(
          "concordance_lag_seconds",
          "How long the oldest of them has waited",
          { source, partition },
          lagSeconds,
        ),
      ]),
    ];
  });
}

async function processGauges({ database }: Services): Promise<GaugeSample[]> {
  const beats = await readHeartbeats(database.db);
  return beats.flatMap(({ process, instance, state, beatAtMs, detail }) => [
    {
      name: "concordance_process_up",
      help: "1 while the process reports that it runs",
      labels: { process, instance },
      value: state === "running" ? 1 : 0,
    },
    {
      name: "concordance_process_heartbeat_age_seconds",
      help: "Time since the last heartbeat",
      labels: { process, instance },
      value: (Date.now() - beatAtMs) / MS,
    },
    ...gauge("concordance_process_memory_bytes", "Resident memory", { process, instance }, detail.memoryBytes ?? null),
  ]);
}

/** Nothing where the figure is not known: an absent series is honest, a zero is not. */
const gauge = (
  name: string,
  help: string,
  labels: Readonly<Record<string, string>>,
  value: number | bigint | null,
): GaugeSample[] => (value === null ? [] : [{ name, help, labels, value: Number(value) }]);
