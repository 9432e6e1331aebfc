import type { CutOff } from "../calendar/cut-off";
import type { BusinessDate } from "../time";
import { businessDays, calendarDays, type Rail, type RailTerms, type ReturnWindow, type Window } from "./rail";

const ZONE = "America/New_York";
const date = (text: string) => text as BusinessDate;

/** The FedACH processing day ends in the night after its date. */
const ACH_CUT_OFF: CutOff = { time: "02:15", zone: ZONE, dayOffset: 1 };
const ACH_SETTLES_AT = "08:30";
const FEDACH = "Federal Reserve Financial Services, FedACH Processing Schedule";

const ACH_RETURNS: readonly ReturnWindow[] = [
  {
    kind: "return",
    codes: null,
    lags: [businessDays(2, "the originating bank has a return by opening of business of the second banking day")],
    source: "Nacha Operating Rules, Section 3.8 (return entries)",
  },
  {
    kind: "unauthorised",
    codes: ["R05", "R07", "R10", "R11", "R33", "R37", "R38", "R51", "R52", "R53"],
    lags: [
      calendarDays(60, "the receiver may dispute a debit"),
      businessDays(1, "the originating bank has the extended return by opening of business of the next banking day"),
    ],
    source: "Nacha Operating Rules, Section 3.13 (extended return entries)",
  },
  {
    kind: "return",
    codes: ["R06", "R23", "R31"],
    lags: null,
    source:
      "Nacha Operating Rules, Section 3.8: returns at the originating bank's request (R06), with its agreement (R31) or after the receiver's refusal (R23)",
  },
];

/** Debits of corporate accounts (R29) keep to two days; a notification of change (C codes) too. */
const achTerms = (days: number, why: string): readonly [RailTerms] => [
  {
    since: null,
    cutOff: ACH_CUT_OFF,
    cutOffSetBy: "scheme",
    settle: businessDays(days, why),
    settlesAt: ACH_SETTLES_AT,
    source: `${FEDACH} (2:15 a.m. ET deadline, 8:30 a.m. ET settlement); Nacha Operating Rules, Appendix Three (effective entry date)`,
  },
];

const MORNING: Window = { until: "10:30", settlesAt: "13:00" };
const AFTERNOON: Window = { until: "14:45", settlesAt: "17:00" };
const LATE_AFTERNOON: Window = { until: "16:45", settlesAt: "18:00" };

const sameDay = (since: string | null, windows: readonly Window[], limitDollars: bigint, rule: string): RailTerms => ({
  since: since === null ? null : date(since),
  cutOff: ACH_CUT_OFF,
  cutOffSetBy: "scheme",
  settle: businessDays(1, "settles at the opening of the next banking day"),
  settlesAt: ACH_SETTLES_AT,
  windows,
  windowLimitMinor: limitDollars * 100n,
  source: `${FEDACH}; Nacha, ${rule}`,
});

const check: RailTerms = {
  since: null,
  cutOff: { time: "14:00", zone: ZONE },
  cutOffSetBy: "bank",
  settle: businessDays(2, "a deposited check is available on the second business day"),
  source: "Regulation CC, 12 CFR 229.12(b) (availability) and 229.19(a)(5)(ii) (cut-off not before 2 p.m.)",
};

const instant = (cutOffTime: string, instantSeconds: number, source: string): readonly [RailTerms] => [
  {
    since: null,
    cutOff: { time: cutOffTime, zone: ZONE },
    cutOffSetBy: "scheme",
    settle: businessDays(0, "at once"),
    instantSeconds,
    source,
  },
];

const us = { currency: "USD", calendar: "fed", zone: ZONE } as const;

export const US_RAILS = {
  ach_credit: {
    ...us,
    id: "ach_credit",
    name: "ACH credit",
    terms: achTerms(2, "credits settle one or two banking days after processing, as the originator asks"),
    returns: ACH_RETURNS,
  },
  ach_debit: {
    ...us,
    id: "ach_debit",
    name: "ACH debit",
    terms: achTerms(1, "debits settle one banking day after processing"),
    returns: ACH_RETURNS,
  },
  ach_same_day: {
    ...us,
    id: "ach_same_day",
    name: "Same Day ACH",
    terms: [
      sameDay(null, [], 0n, "before Same Day ACH: next-day settlement"),
      sameDay("2016-09-23", [MORNING, AFTERNOON], 25_000n, "Same Day ACH: Moving Payments Faster, phase 1"),
      sameDay("2020-03-20", [MORNING, AFTERNOON], 100_000n, "Increasing the Same Day ACH Dollar Limit ($100,000)"),
      sameDay("2021-03-19", [MORNING, AFTERNOON, LATE_AFTERNOON], 100_000n, "Expanding Same Day ACH (third window)"),
      sameDay(
        "2022-03-18",
        [MORNING, AFTERNOON, LATE_AFTERNOON],
        1_000_000n,
        "Increasing the Same Day ACH Dollar Limit ($1,000,000)",
      ),
    ],
    returns: ACH_RETURNS,
  },
  fedwire: {
    ...us,
    id: "fedwire",
    name: "Fedwire",
    terms: [
      {
        since: null,
        cutOff: { time: "18:00", zone: ZONE },
        cutOffSetBy: "scheme",
        settle: businessDays(0, "on the day of processing"),
        source: "Federal Reserve Board, Fedwire Funds Services (third-party deadline 6:00 p.m. ET)",
      },
      {
        since: date("2021-03-08"),
        cutOff: { time: "18:45", zone: ZONE },
        cutOffSetBy: "scheme",
        settle: businessDays(0, "on the day of processing"),
        source:
          "Federal Reserve Financial Services, Fedwire Funds Service Operating Hours (third-party deadline 6:45 p.m. ET)",
      },
    ],
    returns: [],
  },
  rtp: {
    ...us,
    id: "rtp",
    name: "RTP",
    calendar: "always",
    bankCalendar: "fed",
    terms: instant(
      "24:00",
      15,
      "The Clearing House, RTP Operating Rules (receiver's answer within 15 seconds, every day)",
    ),
    returns: [],
  },
  fednow: {
    ...us,
    id: "fednow",
    name: "FedNow",
    calendar: "always",
    bankCalendar: "fed",
    terms: instant(
      "19:00",
      20,
      "Federal Reserve Banks, Operating Circular 8 and FedNow Service Operating Procedures (business day ends 7 p.m. ET, payment timeout)",
    ),
    returns: [],
  },
  check_us: {
    ...us,
    id: "check_us",
    name: "Check",
    terms: [check],
    returns: [
      {
        kind: "return",
        codes: null,
        lags: [businessDays(1, "two business days after presentment, itself one after the deposit")],
        until: "14:00",
        source: "Regulation CC, 12 CFR 229.31(b)(1) (expeditious return by 2 p.m. of the second business day)",
      },
    ],
  },
} as const satisfies Record<string, Rail>;
