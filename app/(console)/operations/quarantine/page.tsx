import type { Metadata } from "next";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { QuarantinePage } from "./_components/quarantine-page";

export const metadata: Metadata = { title: "Quarantine" };

export default async function Page() {
  await prefetch(trpc.ops.quarantineGroups.queryOptions());
  return (
    <HydrateClient>
      <QuarantinePage />
    </HydrateClient>
  );
}
