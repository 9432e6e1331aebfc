"use client";

import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createTRPCClient, httpBatchStreamLink, httpSubscriptionLink, splitLink } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import superjson from "superjson";
import { makeQueryClient } from "@/components/trpc/query-client";
import type { AppRouter } from "@/server/trpc/root";

const URL_OF_TRPC = "/api/trpc";
const CALLS_PER_BATCH_MAX = 12;

const context = createTRPCContext<AppRouter>();

/** The typed procedures: `useQuery(trpc.fraud.queue.queryOptions(input))`. */
export const useTRPC = context.useTRPC;
export const useTRPCClient = context.useTRPCClient;

/** Opens the sign-in page and comes back to the present address afterwards. */
export function goToSignIn(): void {
  const { pathname, search } = window.location;
  if (pathname.startsWith("/sign-in")) return;
  window.location.assign(`/sign-in?expired=1&next=${encodeURIComponent(pathname + search)}`);
}

let browserClient: QueryClient | undefined;
const queryClientHere = (): QueryClient => {
  // On the server every request has its own; in the browser one outlives suspended renders.
  if (typeof window === "undefined") return makeQueryClient();
  browserClient ??= makeQueryClient(goToSignIn);
  return browserClient;
};

const makeClient = () =>
  createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === "subscription",
        true: httpSubscriptionLink({ url: URL_OF_TRPC, transformer: superjson }),
        false: httpBatchStreamLink({ url: URL_OF_TRPC, transformer: superjson, maxItems: CALLS_PER_BATCH_MAX }),
      }),
    ],
  });

/** Gives every component below the procedures and the cache. */
export function TrpcProvider({ children }: { children: ReactNode }) {
  const queryClient = queryClientHere();
  const [trpcClient] = useState(makeClient);
  return (
    <QueryClientProvider client={queryClient}>
      <context.TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
        {children}
      </context.TRPCProvider>
    </QueryClientProvider>
  );
}
