import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { HydrateClient, prefetchInfinite, trpc } from "@/app/_server/trpc";
import { BreaksPage } from "./_components/breaks-page";
import { breaksParsers, queryOf } from "./_components/breaks-state";

export const metadata: Metadata = { title: "Breaks" };

const load = createLoader(breaksParsers);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const state = await load(searchParams);
  await prefetchInfinite(
    trpc.reconciliation.breaks.infiniteQueryOptions(queryOf(state), {
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  );
  return (
    <HydrateClient>
      <BreaksPage />
    </HydrateClient>
  );
}
