import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { openDefaultView } from "@/app/_server/saved-view";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { TablesPage } from "./_components/tables-page";

export const metadata: Metadata = { title: "Tables" };

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  await openDefaultView("lake-tables", "/operations/tables", searchParams);
  await prefetch(trpc.ops.tables.queryOptions());
  return (
    <HydrateClient>
      <TablesPage />
    </HydrateClient>
  );
}
