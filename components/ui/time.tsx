"use client";

import { useEffect, useState } from "react";
import { ago, fullTime, shortTime } from "./format-time";
import { useTimeZone } from "./time-zone";

const AGE_EVERY_MS = 10_000;

export interface TimeProps {
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** Leaves the age away. */
  readonly short?: boolean;
}

/** An instant in the zone the person chose: short in the line, in full with zone on hover. */
export function Time({ at, short = false }: TimeProps) {
  const zone = useTimeZone();
  const now = useNow(!short);
  return (
    <time dateTime={at} title={fullTime(at, zone)} suppressHydrationWarning>
      <span className="tabular" suppressHydrationWarning>
        {shortTime(at, zone, now)}
      </span>
      {!short && (
        <span className="dim" suppressHydrationWarning>
          {" "}
          {ago(at, now)}
        </span>
      )}
    </time>
  );
}

function useNow(moving: boolean): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    if (!moving) return;
    const timer = setInterval(() => setNow(new Date()), AGE_EVERY_MS);
    return () => clearInterval(timer);
  }, [moving]);
  return now;
}
