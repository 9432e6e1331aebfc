import type { AuxiliaryTable } from "../../batch/definition";
import { addBusinessDays, addDays, calendarRows, roll } from "../../domain/calendar/business-days";
import type { BusinessCalendar } from "../../domain/calendar/calendar";
import { CALENDARS } from "../../domain/calendar/calendars";
import { endOfDate } from "../../domain/calendar/cut-off";
import { ISO_4217_EXPONENTS } from "../../domain/iso4217";
import { exponentOf, formatMinor, parseDecimal } from "../../domain/money";
import { type DueRow, dueTable } from "../../domain/rails/due-table";
import { type PaymentKind, RAILS_VERSION, railOf } from "../../domain/rails/rails";
import { type BusinessDate, dayNumber } from "../../domain/time";
import type { CellValue } from "../../lake/table-buffer";
import { optional, required } from "../../lake/types";
import type { ReconciliationSettings } from "./settings";

/** Raise with any change of stages, kinds or their order. */
export const RULE_VERSION = `reconciliation/2+${RAILS_VERSION}`;

const PAYMENT_TYPES: readonly PaymentKind[] = [
  "CARD",
  "ACH",
  "WIRE",
  "RTP",
  "SEPA",
  "DIRECT_DEBIT",
  "CHECK",
  "STANDING_ORDER",
  "P2P",
];

/** The calendar on which items of a currency grow old; weekdays where none is known. */
export const CALENDAR_OF: Readonly<Record<string, BusinessCalendar>> = {
  USD: CALENDARS.fed,
  EUR: CALENDARS.target,
  GBP: CALENDARS.uk,
  "*": CALENDARS.weekends,
};

/** Key of `CALENDAR_OF` in SQL. */
export const calendarKey = (currency: string): string =>
  `CASE WHEN ${currency} IN ('USD', 'EUR', 'GBP') THEN ${currency} ELSE '*' END`;

/** Lines that are no payment, by format and code; every other line is one. Stripe: reporting categories. Adyen: journal types. */
const ROLES: readonly (readonly [format: string, code: string, role: string])[] = [
  ["stripe", "payout", "payout"],
  ["stripe", "payout_reversal", "payout"],
  ["stripe", "fee", "fee"],
  ["stripe", "network_cost", "fee"],
  ["stripe", "tax", "fee"],
  ["stripe", "risk_reserved_funds", "reserve"],
  ["adyen", "MerchantPayout", "payout"],
  ["adyen", "Fee", "fee"],
  ["adyen", "InvoiceDeduction", "fee"],
  ["adyen", "ReserveAdjustment", "reserve"],
  ["adyen", "DepositCorrection", "reserve"],
  ["mt940", "NCHG", "fee"],
  ["mt940", "NCHG/808", "fee"],
  ["bai2", "698", "fee"],
  ["camt053", "CHRG", "fee"],
];

const string = (name: string) => required(name, "string", name);
const date = (name: string) => required(name, "date", name);
const whole = (name: string) => required(name, "int", name);
const instant = (name: string) => required(name, "timestamp", name);

export interface Dates {
  /** First day items are read of, first day they are told of, the close. */
  readonly readFrom: BusinessDate;
  readonly tellFrom: BusinessDate;
  readonly close: BusinessDate;
}

export function datesOf(close: BusinessDate, settings: ReconciliationSettings): Dates {
  const tellFrom = addDays(close, -settings.lookbackDays);
  return { readFrom: addDays(tellFrom, -settings.marginDays), tellFrom, close };
}

/** The small tables the SQL joins: due dates by rail, calendars, roles, fee rules, rates. */
export const auxiliaryTables = (dates: Dates, settings: ReconciliationSettings): AuxiliaryTable[] => [
  dueDates(dates, settings),
  otherDueDates(dates, settings),
  calendarDays(dates),
  { name: "aux_roles", columns: [string("format"), string("code"), string("role")], rows: ROLES },
  {
    name: "aux_exponents",
    columns: [string("currency"), whole("exponent"), required("factor", "bigint", "factor")],
    rows: Object.entries(ISO_4217_EXPONENTS).map(([currency, exponent]) => [
      currency,
      exponent,
      10n ** BigInt(exponent),
    ]),
  },
  feeRules(settings),
  rates(settings),
];

/** Per payment type, currency and business date the spans of instants with one due date (`expectedBy`, docs/calendars.md). */
function dueDates({ readFrom, close }: Dates, { settlesIn }: ReconciliationSettings): AuxiliaryTable {
  const rows: CellValue[][] = [];
  const tables = new Map<string, DueRow[]>();
  const currencies = [...new Set(["USD", "EUR", "GBP", ...Object.keys(settlesIn)])];
  for (const type of PAYMENT_TYPES) {
    for (const currency of currencies) {
      const rail = railOf(type, type === "CARD" ? (settlesIn[currency] ?? currency) : currency);
      if (rail === null) continue;
      const table = tables.get(rail.id) ?? dueTable({ rail }, addDays(readFrom, -2), addDays(close, 2));
      tables.set(rail.id, table);
      for (let day = readFrom; day <= close; day = addDays(day, 1)) {
        // A business date in any zone lies within these instants.
        const [from, until] = [endOfDate(addDays(day, -2), "UTC"), endOfDate(addDays(day, 1), "UTC")];
        for (const due of table) {
          if (due.until <= from || due.from >= until) continue;
          rows.push([type, currency, dayNumber(day), due.from, due.until, dayNumber(due.date), due.overdueFrom]);
        }
      }
    }
  }
  return {
    name: "aux_due",
    columns: [
      string("payment_type"),
      string("currency"),
      date("business_date"),
      instant("due_from"),
      instant("due_until"),
      date("due_on"),
      instant("overdue_from"),
    ],
    rows,
  };
}

/** Due dates that no rail gives: of returns, of payments without a rail, of payouts. By calendar and day. */
function otherDueDates({ readFrom, close }: Dates, settings: ReconciliationSettings): AuxiliaryTable {
  const rows: CellValue[][] = [];
  for (const [key, calendar] of Object.entries(CALENDAR_OF)) {
    for (let day = readFrom; day <= close; day = addDays(day, 1)) {
      const start = roll(calendar, day, "following");
      const cells = [settings.noRailDays, settings.returnDays, settings.payoutDays].flatMap((days): CellValue[] => {
        const due = addBusinessDays(calendar, start, days);
        return [dayNumber(due), endOfDate(due, "UTC")];
      });
      rows.push([key, dayNumber(day), ...cells]);
    }
  }
  const columns = ["plain", "return", "payout"].flatMap((name) => [
    date(`${name}_due_on`),
    instant(`${name}_overdue_from`),
  ]);
  return { name: "aux_other_due", columns: [string("calendar"), date("day"), ...columns], rows };
}

function calendarDays({ readFrom, close }: Dates): AuxiliaryTable {
  const rows = Object.entries(CALENDAR_OF).flatMap(([key, calendar]) =>
    calendarRows(calendar, addDays(readFrom, -30), addDays(close, 30)).map((row) => [
      key,
      dayNumber(row.date),
      row.businessDayNumber,
    ]),
  );
  return { name: "aux_calendar", columns: [string("calendar"), date("day"), whole("number")], rows };
}

/** The rule of a plan that holds for a payment type on a day, each as a row with its span of days. */
function feeRules({ feePlans }: ReconciliationSettings): AuxiliaryTable {
  const rows: CellValue[][] = [];
  for (const { source, currency, terms } of feePlans) {
    for (const [index, { since, rules }] of terms.entries()) {
      for (const type of PAYMENT_TYPES) {
        const rule = rules.find(({ paymentTypes }) => paymentTypes === null || paymentTypes.includes(type));
        if (rule === undefined) continue;
        rows.push([
          source,
          currency,
          type,
          dayNumber(since ?? "1970-01-01"),
          dayNumber(terms[index + 1]?.since ?? "9999-12-31"),
          scaled(rule.percent, -2),
          BigInt(rule.fixedMinor),
          rule.minimumMinor === null ? null : BigInt(rule.minimumMinor),
          rule.maximumMinor === null ? null : BigInt(rule.maximumMinor),
        ]);
      }
    }
  }
  const columns = [
    string("format"),
    string("currency"),
    string("payment_type"),
    date("since"),
    date("until"),
    string("share"),
    required("fixed_minor", "bigint", "fixed_minor"),
    optional("minimum_minor", "bigint", "minimum_minor"),
    optional("maximum_minor", "bigint", "maximum_minor"),
  ];
  return { name: "aux_fees", columns, rows };
}

/** `multiplier` turns minor units of one currency into minor units of the other. */
function rates({ rates: given }: ReconciliationSettings): AuxiliaryTable {
  const rows = given.map(({ date: day, from, to, rate }) => {
    const places = (exponentOf(to) ?? 2) - (exponentOf(from) ?? 2);
    return [dayNumber(day), from, to, rate, scaled(rate, places)];
  });
  const columns = [date("day"), string("from_currency"), string("to_currency"), string("rate"), string("multiplier")];
  return { name: "aux_rates", columns, rows };
}

/** A decimal times ten to the power of `places`, as text. */
function scaled(text: string, places: number): string {
  const parsed = parseDecimal(text);
  if (!parsed.ok) return text;
  const { unscaled, scale } = parsed.value;
  return scale >= places
    ? formatMinor(unscaled, scale - places)
    : formatMinor(unscaled * 10n ** BigInt(places - scale), 0);
}
