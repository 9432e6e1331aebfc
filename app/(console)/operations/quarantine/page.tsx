import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { openDefaultView } from "@/app/_server/saved-view";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { QuarantinePage } from "./_components/quarantine-page";

export const metadata: Metadata = { title: "Quarantine" };

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  await openDefaultView("quarantine", "/operations/quarantine", searchParams);
  await prefetch(trpc.ops.quarantineGroups.queryOptions());
  return (
    <HydrateClient>
      <QuarantinePage />
    </HydrateClient>
  );
}
