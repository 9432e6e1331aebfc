"use client";

import { parseAsString, useQueryState } from "nuqs";
import { useEffect, useSyncExternalStore } from "react";
import { instantOf, PAST_PARAMETER } from "@/components/console/past-instant";

export interface PastHere {
  /** The page is shown as it was at this instant; null: as it is now, live. */
  readonly at: string | null;
  change(at: string | null): void;
}

let pages = 0;
const listeners = new Set<() => void>();

function register(): () => void {
  const tell = (by: 1 | -1) => {
    pages += by;
    for (const listener of listeners) listener();
  };
  tell(1);
  return () => tell(-1);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function useAddress(): PastHere {
  const [text, setText] = useQueryState(PAST_PARAMETER, parseAsString.withOptions({ history: "push" }));
  return { at: instantOf(text), change: (at) => void setText(at) };
}

/** For a page that can be shown as it was: the instant of the address. While it is shown the top bar offers to set one. */
export function usePast(): PastHere {
  useEffect(register, []);
  return useAddress();
}

/** For what stands around a page: whether it can be shown as it was, and of when it is. */
export function usePastOfPage(): PastHere & { readonly offered: boolean } {
  const offered = useSyncExternalStore(
    subscribe,
    () => pages > 0,
    () => false,
  );
  const { at, change } = useAddress();
  return { offered, at: offered ? at : null, change };
}
