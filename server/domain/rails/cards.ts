import type { CalendarId } from "../calendar/calendars";
import { businessDays, calendarDays, type Rail } from "./rail";

/** A merchant's own payout terms take the place of the cut-off and the days given here. */
const card = <Id extends string>(id: Id, currency: string, calendar: CalendarId, zone: string) =>
  ({
    id,
    name: `Card settlement, ${currency}`,
    currency,
    calendar,
    zone,
    terms: [
      {
        since: null,
        cutOff: { time: "24:00", zone },
        cutOffSetBy: "bank",
        settle: businessDays(2, "the acquirer pays out after clearing (T+2, where the contract says nothing else)"),
        source: "Acquirer's contract with the merchant; no scheme rule sets this",
      },
    ],
    returns: [
      {
        kind: "chargeback",
        codes: null,
        lags: [
          calendarDays(120, "the issuer may dispute a transaction"),
          businessDays(1, "the dispute settles with the acquirer"),
        ],
        source:
          "Visa Core Rules, Chapter 11 (dispute time limits, 120 days from the processing date); Mastercard Chargeback Guide, Chapter 2 (120 days, 90 for authorisation and most processing errors)",
      },
    ],
  }) as const satisfies Rail;

export const CARD_RAILS = {
  card_us: card("card_us", "USD", "fed", "America/New_York"),
  card_eu: card("card_eu", "EUR", "target", "Europe/Berlin"),
  card_uk: card("card_uk", "GBP", "uk", "Europe/London"),
} as const satisfies Record<string, Rail>;
