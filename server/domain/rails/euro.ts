import type { BusinessDate } from "../time";
import { businessDays, calendarDays, months, type Rail, type ReturnWindow } from "./rail";

const ZONE = "Europe/Berlin";
const date = (text: string) => text as BusinessDate;
const euro = { currency: "EUR", calendar: "target", zone: ZONE } as const;

/** A recall is answered by a return with code FOCR; for fraud it may be sent for 13 months. */
const recallAnswer = (rulebook: string): ReturnWindow => ({
  kind: "recall",
  codes: ["FOCR"],
  lags: [months(13, "a recall for fraud may be sent"), businessDays(15, "the beneficiary's bank answers it")],
  source: `${rulebook}, "Recall" and "Request for Recall by the Originator"`,
});

const SCT = "EPC125-05 SEPA Credit Transfer Scheme Rulebook";
const SCT_INST = "EPC004-16 SEPA Instant Credit Transfer Scheme Rulebook";
const SDD_CORE = "EPC016-06 SEPA Direct Debit Core Scheme Rulebook";
const SDD_B2B = "EPC222-07 SEPA Direct Debit Business-to-Business Scheme Rulebook";

const collection = (rulebook: string) =>
  [
    {
      since: null,
      cutOff: { time: "12:00", zone: ZONE },
      cutOffSetBy: "bank",
      settle: businessDays(1, "the debtor's bank has a collection one day before its due date"),
      source: `${rulebook}, "Time Cycle of the Processing Flow" (D-1, since November 2016)`,
    },
  ] as const;

export const EURO_RAILS = {
  target2: {
    ...euro,
    id: "target2",
    name: "T2",
    terms: [
      {
        since: null,
        cutOff: { time: "17:00", zone: ZONE },
        cutOffSetBy: "scheme",
        settle: businessDays(0, "on the day of processing"),
        source: "Guideline ECB/2022/8, Annex I, Appendix V (operating schedule: customer payments until 17.00 CET)",
      },
    ],
    returns: [],
  },
  sepa_credit_transfer: {
    ...euro,
    id: "sepa_credit_transfer",
    name: "SEPA credit transfer",
    terms: [
      {
        since: null,
        cutOff: { time: "16:00", zone: ZONE },
        cutOffSetBy: "bank",
        settle: businessDays(3, "the longest execution time that could be agreed until 2012"),
        source: `Directive 2007/64/EC, Article 69(1); ${SCT}, "Maximum Execution Time"`,
      },
      {
        since: date("2012-01-01"),
        cutOff: { time: "16:00", zone: ZONE },
        cutOffSetBy: "bank",
        settle: businessDays(1, "the beneficiary's bank is credited by the end of the next business day"),
        source: `Directive (EU) 2015/2366, Articles 78 and 83(1); ${SCT}, "Maximum Execution Time"`,
      },
    ],
    returns: [
      {
        kind: "return",
        codes: null,
        lags: [businessDays(3, "the beneficiary's bank returns what it cannot credit")],
        source: `${SCT}, "Returns"`,
      },
      recallAnswer(SCT),
    ],
  },
  sepa_instant: {
    ...euro,
    id: "sepa_instant",
    name: "SEPA instant credit transfer",
    calendar: "always",
    bankCalendar: "target",
    terms: [
      {
        since: null,
        cutOff: { time: "24:00", zone: ZONE },
        cutOffSetBy: "scheme",
        settle: businessDays(0, "at once"),
        instantSeconds: 10,
        source: `${SCT_INST}, "Maximum Execution Time"; Regulation (EU) 2024/886 (ten seconds, every day)`,
      },
    ],
    returns: [recallAnswer(SCT_INST)],
  },
  sepa_direct_debit_core: {
    ...euro,
    id: "sepa_direct_debit_core",
    name: "SEPA direct debit Core",
    terms: collection(SDD_CORE),
    returns: [
      {
        kind: "return",
        codes: null,
        lags: [businessDays(5, "the debtor's bank returns what it cannot debit")],
        source: `${SDD_CORE}, "Exception Handling", Returns`,
      },
      {
        kind: "refund",
        codes: ["MD06"],
        lags: [
          calendarDays(56, "the debtor may ask for the money back for eight weeks, giving no reason"),
          businessDays(2, "the refund settles"),
        ],
        source: `${SDD_CORE}, "Exception Handling", Refunds; Directive (EU) 2015/2366, Article 77(1)`,
      },
      {
        kind: "unauthorised",
        codes: ["MD01"],
        lags: [
          months(13, "the debtor may claim that there was no mandate"),
          calendarDays(30, "the claim is looked into"),
          businessDays(4, "the refund settles"),
        ],
        source: `${SDD_CORE}, "Exception Handling", Refunds of unauthorised transactions; Directive (EU) 2015/2366, Article 71(1)`,
      },
    ],
  },
  sepa_direct_debit_b2b: {
    ...euro,
    id: "sepa_direct_debit_b2b",
    name: "SEPA direct debit B2B",
    terms: collection(SDD_B2B),
    returns: [
      {
        kind: "return",
        codes: null,
        lags: [businessDays(3, "the debtor's bank returns what it cannot debit")],
        source: `${SDD_B2B}, "Exception Handling", Returns (there are no refunds of authorised debits)`,
      },
    ],
  },
} as const satisfies Record<string, Rail>;
