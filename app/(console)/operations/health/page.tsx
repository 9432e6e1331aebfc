import type { Metadata } from "next";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { HealthPage } from "./_components/health-page";

export const metadata: Metadata = { title: "Health" };

export default async function Page() {
  await prefetch(trpc.ops.health.queryOptions());
  return (
    <HydrateClient>
      <HealthPage />
    </HydrateClient>
  );
}
