import { type inferParserType, parseAsInteger, parseAsString, parseAsStringLiteral } from "nuqs/server";
import type { ChartPeriod } from "@/components/charts/series";
import { namesOf } from "@/components/ui/names";
import type { Latency } from "@/server/indexes/ops/contract";

export const MEASURES = ["accepted", "quarantined", "duplicates", "late", "errorRate"] as const;
export type Measure = (typeof MEASURES)[number];

export const LATENCY_METRICS = namesOf<Latency["metric"]>({
  processing: true,
  event_to_ingested: true,
  ingested_to_visible: true,
});

/** As the server wants an instant: UTC, to microseconds at most. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/;
const MINUTE_MS = 60_000;
const MINUTES_DEFAULT = 60;
const MINUTES_MIN = 5;
const MINUTES_MAX = 10_080;

export const flowParsers = {
  minutes: parseAsInteger.withDefault(MINUTES_DEFAULT),
  /** Where the period ends; now where left out. */
  until: parseAsString,
  by: parseAsStringLiteral(["source", "rail"] as const).withDefault("source"),
  measure: parseAsStringLiteral(MEASURES).withDefault("accepted"),
  metric: parseAsStringLiteral(LATENCY_METRICS).withDefault("ingested_to_visible"),
};
export type FlowState = inferParserType<typeof flowParsers>;

/** The period the charts ask for; what the address says wrongly is left out. */
export function spanOf({ minutes, until }: Pick<FlowState, "minutes" | "until">) {
  return {
    minutes: Math.min(MINUTES_MAX, Math.max(MINUTES_MIN, minutes)),
    until: until !== null && INSTANT.test(until) && !Number.isNaN(Date.parse(until)) ? until : null,
  };
}

/** The period somebody dragged over, widened to the least that can be asked for. */
export function spanOfBrush({ from, until }: ChartPeriod): { minutes: number; until: string } {
  const minutes = Math.round((Date.parse(until) - Date.parse(from)) / MINUTE_MS) + 1;
  return { minutes: Math.min(MINUTES_MAX, Math.max(MINUTES_MIN, minutes)), until };
}
