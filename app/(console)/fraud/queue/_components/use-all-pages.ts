"use client";

import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { useTRPCClient } from "@/components/trpc/client";
import type { Selection } from "@/server/indexes/fraud/contract-selection";
import { type QueueState, queryOf } from "./queue-state";

export interface AllPagesHere {
  readonly chosen: boolean;
  readonly onChange: (chosen: boolean) => void;
  /** What was under the filter when all of it was chosen; undefined until it is known. */
  readonly selection: Selection | undefined;
  readonly error: unknown;
  readonly filter: ReturnType<typeof filterOf>;
}

const filterOf = (state: QueueState) => {
  const { limit: _limit, sort: _sort, ...filter } = queryOf(state);
  return filter;
};

/** Every case under the filter, counted and pinned at the moment it is chosen: later alerts are not meant. */
export function useAllPages(state: QueueState): AllPagesHere {
  const client = useTRPCClient();
  const [chosenAt, setChosenAt] = useState<number | null>(null);
  const filter = filterOf(state);
  // Read once for each choice and never again: what is done later is done to what was counted then.
  const { data, error } = useQuery({
    queryKey: ["fraud.selection", chosenAt, filter],
    queryFn: ({ signal }) => client.fraud.selection.query(filter, { signal }),
    enabled: chosenAt !== null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const onChange = useCallback((chosen: boolean) => setChosenAt(chosen ? Date.now() : null), []);
  return {
    chosen: chosenAt !== null,
    onChange,
    selection: chosenAt === null ? undefined : data,
    error,
    filter,
  };
}
