import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { HydrateClient, prefetchInfinite, trpc } from "@/app/_server/trpc";
import { PaymentsPage } from "./_components/payments-page";
import { paymentsParsers, paymentsQueryOf } from "./_components/payments-state";

export const metadata: Metadata = { title: "Payments" };

const load = createLoader(paymentsParsers);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const query = paymentsQueryOf(await load(searchParams));
  if (query !== null) {
    await prefetchInfinite(
      trpc.overview.payments.infiniteQueryOptions(query, { getNextPageParam: ({ nextCursor }) => nextCursor }),
    );
  }
  return (
    <HydrateClient>
      <PaymentsPage />
    </HydrateClient>
  );
}
