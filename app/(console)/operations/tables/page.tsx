import type { Metadata } from "next";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { TablesPage } from "./_components/tables-page";

export const metadata: Metadata = { title: "Tables" };

export default async function Page() {
  await prefetch(trpc.ops.tables.queryOptions());
  return (
    <HydrateClient>
      <TablesPage />
    </HydrateClient>
  );
}
