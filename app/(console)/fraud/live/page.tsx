import type { Metadata } from "next";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { LivePage } from "./_components/live-page";

export const metadata: Metadata = { title: "Fraud live" };

export default async function Page() {
  await prefetch(trpc.fraud.live.queryOptions({ minutes: 60 }));
  return (
    <HydrateClient>
      <LivePage />
    </HydrateClient>
  );
}
