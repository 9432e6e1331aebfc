const formats = new Map<string, Intl.DateTimeFormat>();

/** A formatter costs far more to make than to use: one per zone and form. */
function formatOf(zone: string, form: "short" | "day" | "full"): Intl.DateTimeFormat {
  const key = `${zone}/${form}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    ...(form === "short" ? {} : { day: "2-digit", month: "short" }),
    ...(form === "full" ? { year: "numeric", weekday: "short", fractionalSecondDigits: 3, timeZoneName: "short" } : {}),
  });
  formats.set(key, format);
  return format;
}

/** Microseconds are cut: `Date` knows milliseconds only. */
const instant = (at: string): Date => new Date(at.replace(/(\.\d{3})\d+Z$/, "$1Z"));

/** "14:03:22" of the day of `now`, else "20 Nov, 14:03:22". */
export function shortTime(at: string, zone: string, now: Date): string {
  const date = instant(at);
  if (Number.isNaN(date.getTime())) return at;
  const dayOf = (value: Date) => value.toLocaleDateString("en-CA", { timeZone: zone });
  return formatOf(zone, dayOf(date) === dayOf(now) ? "short" : "day").format(date);
}

/** Everything there is to say of an instant, with its zone. */
export function fullTime(at: string, zone: string): string {
  const date = instant(at);
  return Number.isNaN(date.getTime()) ? at : formatOf(zone, "full").format(date);
}

const NOW_SECONDS = 15;
const STEPS = [
  { seconds: 86_400, word: "d" },
  { seconds: 3_600, word: "h" },
  { seconds: 60, word: "min" },
] as const;

/** "3 min ago", coarse: it only ever stands beside the real time. */
export function ago(at: string, now: Date): string {
  const seconds = Math.round((now.getTime() - instant(at).getTime()) / 1_000);
  // Clocks differ a little, and `now` is only looked at now and then.
  if (seconds <= 0 && seconds > -NOW_SECONDS) return "now";
  const step = STEPS.find((candidate) => Math.abs(seconds) >= candidate.seconds);
  const amount =
    step === undefined ? `${Math.abs(seconds)} s` : `${Math.floor(Math.abs(seconds) / step.seconds)} ${step.word}`;
  return seconds < 0 ? `in ${amount}` : `${amount} ago`;
}
