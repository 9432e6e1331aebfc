"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useState } from "react";
import { useTRPC } from "@/components/trpc/client";
import type { NewAlerts } from "@/server/indexes/fraud/contract";
import { type QueueState, queryOf } from "./queue-state";

/** The queue under a filter, page by page, and how many alerts have come since it was read. */
export function useQueue(state: QueueState) {
  const trpc = useTRPC();
  const [paused, setPaused] = useState(false);
  const [arrived, setArrived] = useState({ sinceVersion: -1, count: 0 });
  const query = useInfiniteQuery(
    trpc.fraud.queue.infiniteQueryOptions(queryOf(state), {
      getNextPageParam: ({ nextCursor }) => nextCursor,
      placeholderData: (before) => before,
    }),
  );
  const first = query.data?.pages[0];
  const version = first?.asOf.lakeVersions.alerts ?? null;
  useSubscription(
    trpc.fraud.onAlert.subscriptionOptions(
      { sinceVersion: version },
      {
        enabled: version !== null && !paused,
        onData: ({ data }) =>
          setArrived((before) => ({
            sinceVersion: version ?? -1,
            count: (before.sinceVersion === version ? before.count : 0) + matching(data, state),
          })),
      },
    ),
  );
  return {
    query,
    first,
    rows: query.data?.pages.flatMap(({ rows }) => rows),
    waiting: arrived.sinceVersion === version ? arrived.count : 0,
    paused,
    setPaused,
  };
}

/** New alerts are told by rule and severity: a filter on both is met by at most the smaller of the two. */
function matching({ count, byRule, bySeverity }: NewAlerts, { rule, severity, status }: QueueState): number {
  if (status.length > 0 && !status.includes("new")) return 0;
  const sum = (counts: Readonly<Record<string, number>>, wanted: readonly string[]) =>
    wanted.length === 0 ? count : wanted.reduce((total, name) => total + (counts[name] ?? 0), 0);
  return Math.min(sum(byRule, rule), sum(bySeverity, severity));
}
