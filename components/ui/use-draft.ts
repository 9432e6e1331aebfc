"use client";

import { useState } from "react";

const STORED_UNDER = "concordance.draft.";

function read(key: string): string {
  try {
    return window.sessionStorage.getItem(STORED_UNDER + key) ?? "";
  } catch {
    return "";
  }
}

/** A text somebody types, kept in this tab until it is emptied: a session that ends before it is sent loses nothing. */
export function useDraft(key: string): readonly [string, (text: string) => void] {
  const [text, setText] = useState(() => read(key));
  const write = (next: string): void => {
    setText(next);
    try {
      if (next === "") window.sessionStorage.removeItem(STORED_UNDER + key);
      else window.sessionStorage.setItem(STORED_UNDER + key, next);
    } catch {
      // Storage may be forbidden: the text is kept while the page stands.
    }
  };
  return [text, write];
}
