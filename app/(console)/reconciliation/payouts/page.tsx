import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { HydrateClient, prefetchInfinite, trpc } from "@/app/_server/trpc";
import { PayoutsPage } from "./_components/payouts-page";
import { payoutsParsers, queryOf } from "./_components/payouts-state";

export const metadata: Metadata = { title: "Payouts explained" };

const load = createLoader(payoutsParsers);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const state = await load(searchParams);
  await prefetchInfinite(
    trpc.reconciliation.payouts.infiniteQueryOptions(queryOf(state), {
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  );
  return (
    <HydrateClient>
      <PayoutsPage />
    </HydrateClient>
  );
}
