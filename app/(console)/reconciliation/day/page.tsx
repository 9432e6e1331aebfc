import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { closeOf, closeParsers } from "../_components/close-state";
import { DayPage } from "./_components/day-page";

export const metadata: Metadata = { title: "Reconciliation" };

const load = createLoader(closeParsers);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const state = await load(searchParams);
  await prefetch(trpc.reconciliation.day.queryOptions(closeOf(state)));
  return (
    <HydrateClient>
      <DayPage />
    </HydrateClient>
  );
}
