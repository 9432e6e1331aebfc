import type { Metadata } from "next";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { HoldsPage } from "./_components/holds-page";

export const metadata: Metadata = { title: "Holds" };

export default async function Page() {
  await prefetch(trpc.settlement.holds.queryOptions());
  return (
    <HydrateClient>
      <HoldsPage />
    </HydrateClient>
  );
}
