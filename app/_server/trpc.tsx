import "server-only";
import {
  dehydrate,
  type FetchInfiniteQueryOptions,
  type FetchQueryOptions,
  HydrationBoundary,
  type QueryKey,
} from "@tanstack/react-query";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { headers } from "next/headers";
import { cache, type ReactNode } from "react";
import { makeQueryClient } from "@/components/trpc/query-client";
import { appRouter } from "@/server/trpc/root";
import { createContext } from "@/server/web/context";

/** Longer than this the first paint does not wait for data: the browser asks for it. */
const FIRST_PAINT_WAIT_MS = 300;

const queryClientOfRequest = cache(() => makeQueryClient());
export const contextOfRequest = cache(async () => createContext(await headers()));

/** The same procedures as in the browser, called in process. */
export const trpc = createTRPCOptionsProxy({
  ctx: contextOfRequest,
  router: appRouter,
  queryClient: queryClientOfRequest,
});

/** Starts a query for the first paint; a failure is left to the browser, which tells it in place. */
export async function prefetch<Data, Failure, Shown, Key extends QueryKey>(
  options: FetchQueryOptions<Data, Failure, Shown, Key>,
): Promise<void> {
  await firstPaint(queryClientOfRequest().prefetchQuery({ ...options, retry: false }));
}

/** The same for a query that comes page by page: its first page. */
export async function prefetchInfinite<Data, Failure, Shown, Key extends QueryKey, Page>(
  options: FetchInfiniteQueryOptions<Data, Failure, Shown, Key, Page>,
): Promise<void> {
  await firstPaint(queryClientOfRequest().prefetchInfiniteQuery({ ...options, retry: false }));
}

async function firstPaint(work: Promise<void>): Promise<void> {
  await Promise.race([work, new Promise<void>((resolve) => setTimeout(resolve, FIRST_PAINT_WAIT_MS))]);
}

/** Hands what was prefetched to the components below. */
export function HydrateClient({ children }: { children: ReactNode }) {
  return <HydrationBoundary state={dehydrate(queryClientOfRequest())}>{children}</HydrationBoundary>;
}
