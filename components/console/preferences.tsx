"use client";

import { createContext, type ReactNode, use, useSyncExternalStore } from "react";

const STORED_AT = "concordance.preferences";

export const TIME_ZONE_MODES = ["utc", "local", "business"] as const;

export interface Preferences {
  /** In which zone instants are shown. */
  readonly timeZoneMode: (typeof TIME_ZONE_MODES)[number];
  /** IANA zone meant by "business". */
  readonly businessZone: string;
  /** The navigation shows icons only. */
  readonly navigationNarrow: boolean;
}

const DEFAULTS: Preferences = { timeZoneMode: "utc", businessZone: "Europe/London", navigationNarrow: false };

/** What was stored, with the default wherever it is not what it should be. */
function preferencesOf(stored: unknown): Preferences {
  const { timeZoneMode, businessZone, navigationNarrow }: Partial<Record<keyof Preferences, unknown>> =
    typeof stored === "object" && stored !== null ? stored : {};
  return {
    timeZoneMode: TIME_ZONE_MODES.find((mode) => mode === timeZoneMode) ?? DEFAULTS.timeZoneMode,
    businessZone: typeof businessZone === "string" ? businessZone : DEFAULTS.businessZone,
    navigationNarrow: typeof navigationNarrow === "boolean" ? navigationNarrow : DEFAULTS.navigationNarrow,
  };
}

const listeners = new Set<() => void>();
let known: Preferences | null = null;

function read(): Preferences {
  if (known !== null) return known;
  try {
    known = preferencesOf(JSON.parse(window.localStorage.getItem(STORED_AT) ?? "{}"));
  } catch {
    // Storage may be forbidden or hold something else: the defaults are always right.
    known = DEFAULTS;
  }
  return known;
}

function write(change: Partial<Preferences>): void {
  known = { ...read(), ...change };
  try {
    window.localStorage.setItem(STORED_AT, JSON.stringify(known));
  } catch {
    // Kept for this tab only.
  }
  for (const tell of listeners) tell();
}

function subscribe(listener: () => void): () => void {
  const fromOtherTab = (event: StorageEvent): void => {
    if (event.key !== STORED_AT) return;
    known = null;
    listener();
  };
  listeners.add(listener);
  window.addEventListener("storage", fromOtherTab);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", fromOtherTab);
  };
}

export interface PreferencesHere extends Preferences {
  /** IANA name of the zone to show instants in. */
  readonly zone: string;
  change(change: Partial<Preferences>): void;
}

const PreferencesContext = createContext<PreferencesHere>({ ...DEFAULTS, zone: "UTC", change: write });

const zoneOf = ({ timeZoneMode, businessZone }: Preferences): string => {
  if (timeZoneMode === "business") return businessZone;
  return timeZoneMode === "local" ? Intl.DateTimeFormat().resolvedOptions().timeZone : "UTC";
};

/** Remembers how this person likes the console, in this browser. */
export function PreferencesProvider({ children }: { children: ReactNode }) {
  const preferences = useSyncExternalStore(subscribe, read, () => DEFAULTS);
  return (
    <PreferencesContext value={{ ...preferences, zone: zoneOf(preferences), change: write }}>
      {children}
    </PreferencesContext>
  );
}

export const usePreferences = (): PreferencesHere => use(PreferencesContext);
