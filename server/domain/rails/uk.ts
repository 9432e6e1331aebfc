import type { BusinessDate } from "../time";
import { businessDays, type Rail, type RailTerms } from "./rail";

const ZONE = "Europe/London";
const date = (text: string) => text as BusinessDate;
const uk = { currency: "GBP", calendar: "uk", zone: ZONE } as const;

const BACS_TERMS: RailTerms = {
  since: null,
  cutOff: { time: "22:30", zone: ZONE },
  cutOffSetBy: "scheme",
  settle: businessDays(2, "input day, processing day, entry day"),
  settlesAt: "09:30",
  source:
    "Pay.UK, Bacs processing calendar (three-day cycle, input until 22:30); Bank of England, RTGS daily timetable (Bacs settlement 9.30am)",
};

const chaps = (since: string | null, time: string, source: string): RailTerms => ({
  since: since === null ? null : date(since),
  cutOff: { time, zone: ZONE },
  cutOffSetBy: "scheme",
  settle: businessDays(0, "on the day of processing"),
  source,
});

export const UK_RAILS = {
  bacs_credit: {
    ...uk,
    id: "bacs_credit",
    name: "Bacs direct credit",
    terms: [BACS_TERMS],
    returns: [
      {
        kind: "return",
        codes: null,
        lags: null,
        source:
          "Pay.UK, Automated Return of Unapplied Credits Service (ARUCS): returned as a new credit, no limit published to service users",
      },
    ],
  },
  bacs_direct_debit: {
    ...uk,
    id: "bacs_direct_debit",
    name: "Bacs direct debit",
    terms: [BACS_TERMS],
    returns: [
      {
        kind: "return",
        codes: null,
        lags: [businessDays(3, "the paying bank returns it unpaid; taken back by day 6 of the cycle at the latest")],
        source: "Pay.UK, Service User's Guide and Rules to the Direct Debit Scheme (unpaid Direct Debits, ARUDD)",
      },
      {
        kind: "refund",
        codes: ["DDICA"],
        lags: null,
        source: "Direct Debit Guarantee: an indemnity claim may be made at any time",
      },
    ],
  },
  faster_payments: {
    ...uk,
    id: "faster_payments",
    name: "Faster Payments",
    calendar: "always",
    bankCalendar: "uk",
    terms: [
      {
        since: null,
        cutOff: { time: "24:00", zone: ZONE },
        cutOffSetBy: "scheme",
        settle: businessDays(0, "at once"),
        instantSeconds: 7_200,
        source: "Pay.UK, Faster Payment System: how it works (usually at once, two hours at most, every day)",
      },
    ],
    returns: [],
  },
  standing_order_uk: {
    ...uk,
    id: "standing_order_uk",
    name: "UK standing order",
    terms: [
      {
        since: null,
        cutOff: { time: "24:00", zone: ZONE },
        cutOffSetBy: "scheme",
        settle: businessDays(0, "by Faster Payments on its due date"),
        source: "Pay.UK, Faster Payment System (standing orders are sent on working days only)",
      },
    ],
    returns: [],
  },
  chaps: {
    ...uk,
    id: "chaps",
    name: "CHAPS",
    terms: [
      chaps(null, "16:00", "CHAPS Co, Extending CHAPS' Operating Hours (2016): close at 16:20 until then"),
      chaps("2016-06-20", "17:40", "Bank of England, RTGS daily timetable (end of CHAPS for customer payments 5.40pm)"),
    ],
    returns: [],
  },
  cheque_uk: {
    ...uk,
    id: "cheque_uk",
    name: "UK cheque",
    terms: [
      {
        since: null,
        cutOff: { time: "15:30", zone: ZONE },
        cutOffSetBy: "bank",
        settle: businessDays(1, "cleared by 23:59 of the next weekday"),
        source: "Cheque and Credit Clearing Company, Image Clearing System (all cheques since 2019)",
      },
    ],
    returns: [
      {
        kind: "return",
        codes: null,
        lags: [],
        source:
          "Cheque and Credit Clearing Company, Image Clearing System (paid or unpaid by 23:59 of the next weekday)",
      },
    ],
  },
} as const satisfies Record<string, Rail>;
