/** Where the address says of which instant a page is shown. */
export const PAST_PARAMETER = "asOf";

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?Z$/;

const LOCAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

/** An instant of an address as the procedures take it; null for now, and for what is no instant. */
export function instantOf(text: string | null): string | null {
  if (text === null || !INSTANT.test(text)) return null;
  const whole = /T\d{2}:\d{2}Z$/.test(text) ? text.replace("Z", ":00Z") : text;
  return Number.isNaN(Date.parse(whole)) ? null : whole;
}

/** What a date and time of a clock in a zone are as an instant; null where they are none. A time a clock shows twice is the first. */
export function instantInZone(local: string, zone: string): string | null {
  const wanted = LOCAL.test(local) ? Date.parse(`${local.slice(0, 16)}:00Z`) : Number.NaN;
  if (Number.isNaN(wanted)) return null;
  // The difference of the zone at the instant found with it: one step more settles days on which it changes.
  let found = wanted - offsetMs(wanted, zone);
  found = wanted - offsetMs(found, zone);
  return new Date(found).toISOString().replace(/\.\d+Z$/, "Z");
}

/** What a clock in the zone shows at an instant, as a date-time field takes it. */
export function localInZone(instant: string, zone: string): string {
  const at = Date.parse(instant);
  return new Date(at + offsetMs(at, zone)).toISOString().slice(0, 16);
}

function offsetMs(atMs: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(new Date(atMs));
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const shown = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return shown - Math.floor(atMs / 1_000) * 1_000;
}
