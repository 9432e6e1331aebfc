import type { Metadata } from "next";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { StreamsPage } from "./_components/streams-page";

export const metadata: Metadata = { title: "Streams" };

export default async function Page() {
  await prefetch(trpc.ops.streams.queryOptions());
  return (
    <HydrateClient>
      <StreamsPage />
    </HydrateClient>
  );
}
