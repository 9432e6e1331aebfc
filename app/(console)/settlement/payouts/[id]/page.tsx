import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { readable } from "@/components/console/places";
import { closeOf, closeParsers } from "../../_components/close-state";
import { PayoutPage } from "./_components/payout-page";

interface PayoutPageProps {
  readonly params: Promise<{ id: string }>;
  readonly searchParams: Promise<SearchParams>;
}

const load = createLoader(closeParsers);

export async function generateMetadata({ params }: PayoutPageProps): Promise<Metadata> {
  return { title: `Payout ${readable((await params).id)}` };
}

export default async function Page({ params, searchParams }: PayoutPageProps) {
  const payoutId = readable((await params).id);
  await prefetch(trpc.settlement.payout.queryOptions({ close: closeOf(await load(searchParams)), payoutId }));
  return (
    <HydrateClient>
      <PayoutPage payoutId={payoutId} />
    </HydrateClient>
  );
}
