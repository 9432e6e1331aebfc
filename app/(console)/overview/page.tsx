import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { OverviewPage } from "./_components/overview-page";
import { businessDateOf, overviewParsers } from "./_components/overview-state";

export const metadata: Metadata = { title: "Overview" };

const load = createLoader(overviewParsers);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const businessDate = businessDateOf(await load(searchParams));
  await prefetch(trpc.overview.get.queryOptions({ businessDate }));
  return (
    <HydrateClient>
      <OverviewPage />
    </HydrateClient>
  );
}
