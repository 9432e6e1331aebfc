"use client";

import { useEffect, useEffectEvent } from "react";
import { findPageKey } from "@/components/console/use-page-keys";

/** After `g` the letter of a page is waited for this long, milliseconds. */
const SEQUENCE_MS = 1_500;

export interface ShellKeys {
  readonly onPalette: () => void;
  readonly onKeyList: () => void;
  /** `g` then this letter. */
  readonly onGo: (letter: string) => void;
}

/** The keys that work on every page, and those of the page in view. */
export function useShellKeys(keys: ShellKeys): void {
  const handle = useEffectEvent((event: KeyboardEvent, goPending: boolean): boolean => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      keys.onPalette();
      return false;
    }
    if ((event.metaKey || event.ctrlKey) && !event.altKey) return pressWithMod(event);
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target))
      return false;
    if (event.key.startsWith("Arrow") && keepsArrows(event.target)) return false;
    const name = nameOf(event);
    const inDialog = isDialogOpen();
    if (goPending && !inDialog) {
      keys.onGo(name);
      return false;
    }
    const own = isActivation(event) ? undefined : findPageKey(name);
    if (own !== undefined && (!inDialog || own.inDialogs === true)) {
      event.preventDefault();
      own.run();
      return false;
    }
    if (inDialog) return false;
    if (name === "?") keys.onKeyList();
    if (name === "/" && focusFilter()) event.preventDefault();
    return name === "g";
  });
  useEffect(() => {
    let goUntilMs = 0;
    const listen = (event: KeyboardEvent): void => {
      if (["Shift", "Control", "Meta", "Alt"].includes(event.key)) return;
      goUntilMs = handle(event, performance.now() < goUntilMs) ? performance.now() + SEQUENCE_MS : 0;
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}

const nameOf = (event: KeyboardEvent): string => {
  const key = event.key.toLowerCase();
  // The shift that makes a sign ("?") is part of the sign.
  return event.shiftKey && /^([a-z]|\w{2,})$/.test(key) ? `shift+${key}` : key;
};

const isDialogOpen = (): boolean =>
  document.querySelector('[role="dialog"][aria-modal="true"], [aria-modal="true"]') !== null;

/** A page's key with mod; selected text and fields keep the browser's own. */
function pressWithMod(event: KeyboardEvent): false {
  const own = findPageKey(`mod+${event.key.toLowerCase()}`);
  const selecting = window.getSelection()?.isCollapsed === false;
  if (own === undefined || event.defaultPrevented || selecting || isTyping(event.target) || isDialogOpen())
    return false;
  event.preventDefault();
  own.run();
  return false;
}

/** Arrows are the page's where nothing else has the focus, and in its table; anything else may scroll or choose by them. */
const keepsArrows = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target !== document.body &&
  target.id !== "page" &&
  target.closest("[data-cells]") === null;

/** True while keys mean letters. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit"].includes(target.type);
}

/** Enter and space belong to the button or link that has the focus. */
function isActivation(event: KeyboardEvent): boolean {
  if (event.key !== "Enter" && event.key !== " ") return false;
  return event.target instanceof HTMLElement && event.target.closest("a, button, summary, [role=menuitem]") !== null;
}

const FILTERS = ["main [data-page-filter]", "main input[type=search]", "main input[type=text]"] as const;

function focusFilter(): boolean {
  for (const selector of FILTERS) {
    const found = document.querySelector(selector);
    const field = found instanceof HTMLInputElement ? found : found?.querySelector("input");
    if (!(field instanceof HTMLInputElement)) continue;
    field.focus();
    field.select();
    return true;
  }
  return false;
}
