import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { instantOf } from "@/components/console/past-instant";
import { readable } from "@/components/console/places";
import { merchantsParsers, periodOf } from "../_components/merchants-state";
import { MerchantPage } from "./_components/merchant-page";

interface MerchantPageProps {
  readonly params: Promise<{ id: string }>;
  readonly searchParams: Promise<SearchParams>;
}

const load = createLoader(merchantsParsers);

export async function generateMetadata({ params }: MerchantPageProps): Promise<Metadata> {
  return { title: `Merchant ${readable((await params).id)}` };
}

export default async function Page({ params, searchParams }: MerchantPageProps) {
  const merchantId = readable((await params).id);
  const state = await load(searchParams);
  await prefetch(trpc.merchants.get.queryOptions({ merchantId, ...periodOf(state), at: instantOf(state.asOf) }));
  return (
    <HydrateClient>
      <MerchantPage merchantId={merchantId} />
    </HydrateClient>
  );
}
