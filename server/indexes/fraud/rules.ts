/** What repeated_declines knows of one user or card around a decline, by event time in microseconds since the epoch. */
export interface DeclineHistory {
  /** The declines stored so far. */
  readonly times: bigint[];
  /** The declines the rule fired at. */
  readonly fired: bigint[];
}

/**
 * Adds a decline. Returns the number in the window that ends with it where the rule fires: at `declines` or more, and not
 * within one window of another time it fired (one alert per episode; PRODUCT.md section 2). What it answers follows from
 * the declines stored and the alerts written, however long ago that was, so a restart changes nothing.
 */
export function addDecline(
  history: DeclineHistory,
  atMicros: bigint,
  declines: number,
  windowMicros: bigint,
): number | null {
  history.times.push(atMicros);
  const count = history.times.filter((time) => time > atMicros - windowMicros && time <= atMicros).length;
  if (count < declines) return null;
  if (history.fired.some((fired) => fired > atMicros - windowMicros && fired < atMicros + windowMicros)) return null;
  history.fired.push(atMicros);
  return count;
}
