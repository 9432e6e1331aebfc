import { setTimeout as wait } from "node:timers/promises";

/** Resolves after the time, milliseconds, or at once when the signal is aborted. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  wait(ms, undefined, { signal }).catch(() => undefined);
