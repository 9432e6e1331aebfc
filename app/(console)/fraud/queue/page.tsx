import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { openDefaultView } from "@/app/_server/saved-view";
import { HydrateClient, prefetchInfinite, trpc } from "@/app/_server/trpc";
import { QueuePage } from "./_components/queue-page";
import { queryOf, queueParsers } from "./_components/queue-state";

export const metadata: Metadata = { title: "Fraud queue" };

const load = createLoader(queueParsers);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  await openDefaultView("fraud-queue", "/fraud/queue", searchParams);
  const state = await load(searchParams);
  await prefetchInfinite(
    trpc.fraud.queue.infiniteQueryOptions(queryOf(state), { getNextPageParam: ({ nextCursor }) => nextCursor }),
  );
  return (
    <HydrateClient>
      <QueuePage />
    </HydrateClient>
  );
}
