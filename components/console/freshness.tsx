"use client";

import { useDocumentVisibility } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { createContext, type ReactNode, use, useState } from "react";
import { useTRPC } from "@/components/trpc/client";
import type { Freshness, IndexFreshness } from "@/server/console/contract";
import type { IndexName } from "@/server/indexes/names";

export interface FreshnessHere {
  /** Null until the first word of the server. */
  readonly freshness: Freshness | null;
  /** Since when the server says nothing, in epoch milliseconds; null while it does. */
  readonly silentSinceMs: number | null;
}

const FreshnessContext = createContext<FreshnessHere>({ freshness: null, silentSinceMs: null });

/** Follows how true every index is, while the page is looked at: a browser gives few lasting connections to one server. */
export function FreshnessProvider({ children }: { children: ReactNode }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const visible = useDocumentVisibility() === "visible";
  const [freshness, setFreshness] = useState<Freshness | null>(
    () => queryClient.getQueryData(trpc.freshness.get.queryKey()) ?? null,
  );
  const [silentSinceMs, setSilentSinceMs] = useState<number | null>(null);
  useSubscription(
    trpc.freshness.on.subscriptionOptions(undefined, {
      enabled: visible,
      onData: (data) => {
        setFreshness(data);
        setSilentSinceMs(null);
      },
      onConnectionStateChange: ({ state }) => {
        if (state === "connecting") setSilentSinceMs((since) => since ?? Date.now());
        if (state === "pending") setSilentSinceMs(null);
      },
      onError: () => setSilentSinceMs((since) => since ?? Date.now()),
    }),
  );
  return <FreshnessContext value={{ freshness, silentSinceMs }}>{children}</FreshnessContext>;
}

export const useFreshness = (): FreshnessHere => use(FreshnessContext);

/** The state of one index; null while unknown. */
export function useIndexFreshness(index: IndexName | null): IndexFreshness | null {
  return useFreshness().freshness?.indexes.find((entry) => entry.index === index) ?? null;
}

/** "840 ms", "12 s", "4 min": how long, short. */
export function shortDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}
