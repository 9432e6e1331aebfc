import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { HydrateClient, prefetchInfinite, trpc } from "@/app/_server/trpc";
import { MatchesPage } from "./_components/matches-page";
import { matchesParsers, queryOf } from "./_components/matches-state";

export const metadata: Metadata = { title: "Matches" };

const load = createLoader(matchesParsers);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const state = await load(searchParams);
  await prefetchInfinite(
    trpc.reconciliation.matches.infiniteQueryOptions(queryOf(state), {
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  );
  return (
    <HydrateClient>
      <MatchesPage />
    </HydrateClient>
  );
}
