import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { HydrateClient, prefetch, prefetchInfinite, trpc } from "@/app/_server/trpc";
import { StatementsPage } from "./_components/statements-page";
import { queryOf, statementsParsers } from "./_components/statements-state";

export const metadata: Metadata = { title: "Statements" };

const load = createLoader(statementsParsers);

export default async function Page({ searchParams }: { readonly searchParams: Promise<SearchParams> }) {
  const state = await load(searchParams);
  await Promise.all([
    prefetchInfinite(
      trpc.statements.files.infiniteQueryOptions(queryOf(state), { getNextPageParam: ({ nextCursor }) => nextCursor }),
    ),
    prefetch(trpc.statements.limits.queryOptions()),
  ]);
  return (
    <HydrateClient>
      <StatementsPage />
    </HydrateClient>
  );
}
