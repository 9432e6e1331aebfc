import { fullTime, shortTime } from "@/components/ui/format-time";

/** "day": figures per business date, which have no zone. */
export type ChartAxis = "time" | "day";

const DAY = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "2-digit", month: "short" });
const WHOLE_DAY = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", dateStyle: "full" });

const isoOf = (at: string | number): string => (typeof at === "number" ? new Date(at).toISOString() : at);

/** As short as an axis needs it: "14:03", "20 Nov, 14:03" of another day, "20 Nov" per day. */
export function tickText(at: string | number, axis: ChartAxis, zone: string): string {
  const iso = isoOf(at);
  if (axis === "day") return DAY.format(new Date(iso));
  return shortTime(iso, zone, new Date()).replace(/:\d\d$/, "");
}

/** In full, for the tooltip. */
export function wholeText(at: string | number, axis: ChartAxis, zone: string): string {
  const iso = isoOf(at);
  return axis === "day" ? WHOLE_DAY.format(new Date(iso)) : fullTime(iso, zone);
}
