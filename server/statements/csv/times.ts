import { type BusinessDate, createZoneClock, isZone, type Micros, parseInstant, parseLocal } from "../../domain/time";
import { type FaultPlace, refuse } from "../faults";

/** Zone abbreviations provider reports use, as offsets: an abbreviation says whether summer time was on. */
const OFFSETS: Readonly<Record<string, string>> = {
  UTC: "Z",
  GMT: "Z",
  WET: "Z",
  WEST: "+01:00",
  BST: "+01:00",
  CET: "+01:00",
  CEST: "+02:00",
  EET: "+02:00",
  EEST: "+03:00",
  MSK: "+03:00",
  GST: "+04:00",
  SGT: "+08:00",
  HKT: "+08:00",
  JST: "+09:00",
  AEST: "+10:00",
  AEDT: "+11:00",
  NZST: "+12:00",
  NZDT: "+13:00",
  EST: "-05:00",
  EDT: "-04:00",
  CST: "-06:00",
  CDT: "-05:00",
  MST: "-07:00",
  MDT: "-06:00",
  PST: "-08:00",
  PDT: "-07:00",
  BRT: "-03:00",
};

/**
 * Reads a provider's local time, "2026-03-29 01:30:00", in a zone given by IANA name, offset or abbreviation. The date
 * is the one written.
 */
export function readReportTime(
  text: string,
  zone: string,
  where: FaultPlace,
): { readonly date: BusinessDate; readonly at: Micros } {
  const instant = parseInstant(text);
  if (instant.ok) return { date: text.slice(0, 10) as BusinessDate, at: instant.value };
  const local = parseLocal(text);
  if (!local.ok) return refuse("bad_date", `"${text}" ${local.error}.`, where, { found: text });
  const date = text.slice(0, 10) as BusinessDate;
  const offset = Object.hasOwn(OFFSETS, zone) ? OFFSETS[zone] : /^[+-]\d{2}:\d{2}$/.test(zone) ? zone : undefined;
  if (offset !== undefined) {
    const at = parseInstant(`${text.length === 10 ? `${text} 00:00` : text}${offset}`);
    if (at.ok) return { date, at: at.value };
  }
  const at = isZone(zone) ? createZoneClock(zone).toInstant(local.value) : null;
  return at === null
    ? refuse("bad_zone", `"${zone}" is no time zone that is known.`, where, { found: zone })
    : { date, at };
}
