/** A decline, as repeated_declines sees it. */
export interface Decline {
  readonly entityType: "party" | "card";
  readonly entityId: string;
  /** Microseconds since the epoch. */
  readonly atMicros: bigint;
}

/** What repeated_declines remembers of one user or card. */
export interface DeclineMemory {
  /** Declines within the window of the last one, in order of arrival, microseconds since the epoch. */
  times: bigint[];
  /** The decline the rule last fired at; null where it has not. */
  firedMicros: bigint | null;
}

/**
 * Adds a decline. Returns the number within the window where the rule fires: at `declines` or more, and not again for the
 * same user or card within one window of the last time (one alert per episode; PRODUCT.md section 2).
 */
export function addDecline(
  memory: DeclineMemory,
  atMicros: bigint,
  declines: number,
  windowMicros: bigint,
): number | null {
  memory.times = memory.times.filter((time) => time > atMicros - windowMicros);
  memory.times.push(atMicros);
  if (memory.times.length < declines) return null;
  if (memory.firedMicros !== null && atMicros - memory.firedMicros < windowMicros) return null;
  memory.firedMicros = atMicros;
  return memory.times.length;
}
