import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { CalendarPage } from "./_components/calendar-page";
import { calendarParsers, queryOf } from "./_components/calendar-state";

export const metadata: Metadata = { title: "Payout calendar" };

const load = createLoader(calendarParsers);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  await prefetch(trpc.settlement.calendar.queryOptions(queryOf(await load(searchParams))));
  return (
    <HydrateClient>
      <CalendarPage />
    </HydrateClient>
  );
}
