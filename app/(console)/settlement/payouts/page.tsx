import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { openDefaultView } from "@/app/_server/saved-view";
import { HydrateClient, prefetchInfinite, trpc } from "@/app/_server/trpc";
import { PayoutsPage } from "./_components/payouts-page";
import { payoutsParsers, queryOf } from "./_components/payouts-state";

export const metadata: Metadata = { title: "Payouts" };

const load = createLoader(payoutsParsers);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  await openDefaultView("settlement-payouts", "/settlement/payouts", searchParams);
  const state = await load(searchParams);
  await prefetchInfinite(
    trpc.settlement.payouts.infiniteQueryOptions(queryOf(state), {
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  );
  return (
    <HydrateClient>
      <PayoutsPage />
    </HydrateClient>
  );
}
