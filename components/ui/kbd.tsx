"use client";

import { useSyncExternalStore } from "react";
import classes from "./kbd.module.css";

const never = () => () => undefined;
const onApple = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform);

/** One key. "mod" is ⌘ on Apple's machines and Ctrl elsewhere. */
export function Kbd({ children }: { children: string }) {
  const apple = useSyncExternalStore(never, onApple, () => false);
  return <kbd className={classes.kbd}>{children === "mod" ? (apple ? "⌘" : "Ctrl") : children}</kbd>;
}
