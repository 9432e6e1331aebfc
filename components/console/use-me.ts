"use client";

import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import type { Me } from "@/server/console/contract";
import type { IndexName } from "@/server/indexes/names";

const FRESH_MS = 60_000;

export interface MeHere {
  /** Null until the session is known. */
  readonly person: Me | null;
  /** Whether the roles of the person allow it; false until they are known. The server decides again on every call. */
  can(index: IndexName, action: "read" | "write"): boolean;
}

/** Who is signed in, and what the page may offer. */
export function useMe(): MeHere {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.session.me.queryOptions(undefined, { staleTime: FRESH_MS }));
  return {
    person: data ?? null,
    can: (index, action) =>
      data?.indexes.some((entry) => entry.name === index && (action === "read" || entry.canWrite)) ?? false,
  };
}
