"use client";

import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "next/navigation";
import { useTRPC } from "@/components/trpc/client";
import type { SavedView } from "@/server/console/views-contract";
import { MADE, VIEW_PARAMETER, viewQueryOf } from "./view-address";

const FRESH_MS = 60_000;

export interface ViewHere {
  /** What the address names; null: the table as it was made. */
  readonly id: string | null;
  /** Null without one, while it is on its way, and where it was removed or is no longer shared. */
  readonly view: SavedView | null;
  /** The address names a view that is not there for this person. */
  readonly gone: boolean;
  /** What would be kept now. */
  readonly query: string;
  /** The filters and the sort are no longer the view's. */
  readonly changed: boolean;
}

/** The saved view the address names. `keys` are the parameters of the address a view of this table keeps. */
export function useView(table: string, keys: readonly string[] | undefined): ViewHere {
  const trpc = useTRPC();
  const address = useSearchParams();
  const named = keys === undefined ? null : address.get(VIEW_PARAMETER);
  const id = named === MADE ? null : named;
  const { data } = useQuery(trpc.views.list.queryOptions({ table }, { enabled: id !== null, staleTime: FRESH_MS }));
  const view = data?.views.find((saved) => saved.id === id) ?? null;
  const query = viewQueryOf(new URLSearchParams(address), keys ?? []);
  return {
    id,
    view,
    gone: id !== null && data !== undefined && view === null,
    query,
    changed: view !== null && viewQueryOf(new URLSearchParams(view.query), keys ?? []) !== query,
  };
}
