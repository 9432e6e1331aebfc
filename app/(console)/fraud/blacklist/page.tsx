import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { HydrateClient, prefetchInfinite, trpc } from "@/app/_server/trpc";
import { BlacklistPage } from "./_components/blacklist-page";
import { blacklistParsers, blacklistQueryOf } from "./_components/blacklist-state";

export const metadata: Metadata = { title: "Blacklist" };

const load = createLoader(blacklistParsers);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const state = await load(searchParams);
  await prefetchInfinite(
    trpc.fraud.blacklist.infiniteQueryOptions(blacklistQueryOf(state), {
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  );
  return (
    <HydrateClient>
      <BlacklistPage />
    </HydrateClient>
  );
}
