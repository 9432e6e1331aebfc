import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { flowParsers, LATENCY_METRICS, spanOf } from "./_components/flow-state";
import { StreamsPage } from "./_components/streams-page";

export const metadata: Metadata = { title: "Streams" };

const load = createLoader(flowParsers);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const state = await load(searchParams);
  const span = spanOf(state);
  await Promise.all([
    prefetch(trpc.ops.streams.queryOptions()),
    prefetch(trpc.ops.throughput.queryOptions({ ...span, by: state.by })),
    ...LATENCY_METRICS.map((metric) => prefetch(trpc.ops.latency.queryOptions({ ...span, metric }))),
  ]);
  return (
    <HydrateClient>
      <StreamsPage />
    </HydrateClient>
  );
}
