import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { openDefaultView } from "@/app/_server/saved-view";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { MerchantsPage } from "./_components/merchants-page";
import { merchantsParsers, merchantsQueryOf } from "./_components/merchants-state";

export const metadata: Metadata = { title: "Merchants" };

const load = createLoader(merchantsParsers);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  await openDefaultView("merchants", "/merchants", searchParams);
  await prefetch(trpc.merchants.list.queryOptions(merchantsQueryOf(await load(searchParams))));
  return (
    <HydrateClient>
      <MerchantsPage />
    </HydrateClient>
  );
}
