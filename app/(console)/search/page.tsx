import type { Metadata } from "next";
import { createLoader, parseAsString, type SearchParams } from "nuqs/server";
import { HydrateClient, prefetch, trpc } from "@/app/_server/trpc";
import { SearchPage } from "./_components/search-page";

export const metadata: Metadata = { title: "Search" };

const load = createLoader({ q: parseAsString });
const CHARS_MIN = 2;

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const text = (await load(searchParams)).q?.trim() ?? "";
  if (text.length >= CHARS_MIN) await prefetch(trpc.search.find.queryOptions({ text }));
  return (
    <HydrateClient>
      <SearchPage />
    </HydrateClient>
  );
}
