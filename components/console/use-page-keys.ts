"use client";

import { useEffect, useEffectEvent } from "react";

export interface PageKey {
  /** As `KeyboardEvent.key` in lower case: "j", "enter", "?", "arrowdown"; "shift+x" with shift. */
  readonly key: string;
  /** What it does, for the list of keys. */
  readonly label: string;
  readonly run: () => void;
  /** Also works while a dialog is open. */
  readonly inDialogs?: boolean;
}

const registered: { readonly keys: () => readonly PageKey[] }[] = [];
const listeners = new Set<() => void>();
let shown: readonly PageKey[] = [];

/** The keys of the page in view, the newest first; stable between changes. */
export const keysInView = (): readonly PageKey[] => shown;
export function onKeysChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  const seen = new Set<string>();
  shown = [...registered]
    .reverse()
    .flatMap(({ keys }) => keys())
    .filter(({ key }) => !seen.has(key) && seen.add(key));
  for (const listener of listeners) listener();
}

/** The page's own key, the one registered last winning. */
export function findPageKey(key: string): PageKey | undefined {
  for (let place = registered.length - 1; place >= 0; place--) {
    const found = registered[place]?.keys().find((entry) => entry.key === key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Registers the keys of a page while it is shown. They are listed under `?` and ignored while somebody types. */
export function usePageKeys(keys: readonly PageKey[]): void {
  const current = useEffectEvent(() => keys);
  const names = keys.map(({ key, label }) => `${key}\u001f${label}`).join("\u001e");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list is told again when a name or label changes.
  useEffect(() => {
    const entry = { keys: () => current() };
    registered.push(entry);
    tell();
    return () => {
      registered.splice(registered.indexOf(entry), 1);
      tell();
    };
  }, [names]);
}
