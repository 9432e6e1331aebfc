import type { BusinessCalendar } from "../calendar/calendar";
import { CALENDARS } from "../calendar/calendars";
import { acceptanceDate, type CutOff, cutOffInstant, endOfDate, localDate } from "../calendar/cut-off";
import { addLags, type Lag, rollWithReasons, type Shift, type Shifted } from "../calendar/shift";
import { invariant } from "../errors";
import type { BusinessDate, Micros } from "../time";
import type { Rail, RailTerms, Window } from "./rail";

export interface ExpectedOptions {
  readonly rail: Rail;
  /** When the payment was handed in: an instant, or a date where no more is known, which counts as in time that day. */
  readonly accepted: Micros | BusinessDate;
  /** Minor units of the rail's currency; without it a service's limit is not looked at. */
  readonly amountMinor?: bigint;
  /** Execution or due date asked for, where it is later than the rail could settle. */
  readonly requestedOn?: BusinessDate;
  /** In place of the rail's own: a bank's cut-off, a contract's days, a calendar with amendments or of two markets. */
  readonly cutOff?: CutOff;
  readonly settle?: Lag;
  readonly calendar?: BusinessCalendar;
  /** Business days until a statement that shows the money must be here; 0 by default. */
  readonly statement?: Lag;
}

/** By when money must be seen, and how that was arrived at. */
export interface Expected {
  readonly railId: string;
  /** Business date the payment counts for. */
  readonly acceptedOn: BusinessDate;
  readonly settlesOn: BusinessDate;
  /** Null where the rules name only a date. */
  readonly settlesAt: Micros | null;
  /** The last date on which it may be seen: `settlesOn`, and what `statement` adds. */
  readonly date: BusinessDate;
  /** From this instant on it is overdue: the end of `date` in the rail's zone. */
  readonly overdueFrom: Micros;
  /** From the date on the clock to `date`, joined end to end. */
  readonly shifts: readonly Shift[];
  readonly calendarVersion: string;
  readonly source: string;
}

/** The terms in force on a date. */
export function termsOn(rail: Rail, date: BusinessDate): RailTerms {
  return rail.terms.filter(({ since }) => since === null || since <= date).at(-1) ?? rail.terms[0];
}

/** By when the money of a payment must be seen; past it, and not before, a missing booking is a break. */
export function expectedBy(options: ExpectedOptions): Expected {
  const { rail, accepted } = options;
  const calendar = options.calendar ?? CALENDARS[rail.calendar];
  const clockDate = typeof accepted === "string" ? accepted : localDate(accepted, rail.zone);
  const terms = termsOn(rail, clockDate);
  const acceptance = accept(options, terms, calendar);
  const earliest = settle(options, terms, calendar, acceptance.date);
  const settlement = waitFor(options.requestedOn, earliest, { rail, terms, calendar });
  const seen = addLags(calendar, settlement.date, options.statement === undefined ? [] : [options.statement]);
  return {
    railId: rail.id,
    acceptedOn: acceptance.date,
    settlesOn: settlement.date,
    settlesAt: settlement.at,
    date: seen.date,
    overdueFrom: endOfDate(seen.date, rail.zone),
    shifts: [...acceptance.shifts, ...settlement.shifts, ...seen.shifts],
    calendarVersion: calendar.version,
    source: terms.source,
  };
}

function accept({ accepted, cutOff }: ExpectedOptions, terms: RailTerms, calendar: BusinessCalendar): Shifted {
  if (typeof accepted === "string") return rollWithReasons(calendar, accepted);
  return acceptanceDate(accepted, cutOff ?? terms.cutOff, calendar);
}

interface Settlement extends Shifted {
  readonly at: Micros | null;
}

function settle(
  options: ExpectedOptions,
  terms: RailTerms,
  calendar: BusinessCalendar,
  acceptedOn: BusinessDate,
): Settlement {
  const { zone } = options.rail;
  if (terms.instantSeconds !== undefined) return settleAtOnce(options, terms.instantSeconds, acceptedOn);
  const window = windowFor(options, terms, acceptedOn);
  if (window.found !== null) {
    return { date: acceptedOn, at: cutOffInstant({ time: window.found.settlesAt, zone }, acceptedOn), shifts: [] };
  }
  const lagged = addLags(calendar, acceptedOn, [options.settle ?? terms.settle]);
  const shifts = lagged.shifts.map((shift) =>
    window.missed === null
      ? shift
      : { ...shift, kind: window.missed.kind, reason: `${window.missed.reason}: ${shift.reason}` },
  );
  return { date: lagged.date, at: settlesAtOn(options.rail, terms, lagged.date), shifts };
}

/** A payment with a later date of its own waits for it, and moves on to the next business day where it is none. */
function waitFor(
  requestedOn: BusinessDate | undefined,
  earliest: Settlement,
  { rail, terms, calendar }: { rail: Rail; terms: RailTerms; calendar: BusinessCalendar },
): Settlement {
  if (requestedOn === undefined || requestedOn <= earliest.date) return earliest;
  const wait: Shift = {
    kind: "schedule",
    from: earliest.date,
    to: requestedOn,
    reason: "not before the date asked for",
    closed: [],
  };
  const { date, shifts } = rollWithReasons(calendar, requestedOn);
  return { date, at: settlesAtOn(rail, terms, date), shifts: [...earliest.shifts, wait, ...shifts] };
}

function settlesAtOn(rail: Rail, terms: RailTerms, date: BusinessDate): Micros | null {
  return terms.settlesAt === undefined ? null : cutOffInstant({ time: terms.settlesAt, zone: rail.zone }, date);
}

/** An instant payment may take its few seconds over midnight, or over the end of the rail's business day. */
function settleAtOnce({ rail, accepted }: ExpectedOptions, seconds: number, acceptedOn: BusinessDate): Settlement {
  if (typeof accepted === "string") return { date: acceptedOn, at: null, shifts: [] };
  const at = accepted + BigInt(seconds) * 1_000_000n;
  const clockDate = localDate(at, rail.zone);
  if (clockDate <= acceptedOn) return { date: acceptedOn, at, shifts: [] };
  const reason = `may take ${seconds} seconds, past midnight`;
  return { date: clockDate, at, shifts: [{ kind: "lag", from: acceptedOn, to: clockDate, reason, closed: [] }] };
}

interface WindowChoice {
  readonly found: Window | null;
  /** Why none of the windows there are took the payment; null where there are none. */
  readonly missed: { readonly kind: "cut_off" | "limit"; readonly reason: string } | null;
}

function windowFor(options: ExpectedOptions, terms: RailTerms, acceptedOn: BusinessDate): WindowChoice {
  const { rail, accepted, amountMinor } = options;
  const last = terms.windows?.at(-1);
  if (last === undefined) return { found: null, missed: null };
  invariant(terms.windowLimitMinor !== undefined, `The windows of ${rail.id} have no limit.`);
  if (amountMinor !== undefined && amountMinor > terms.windowLimitMinor) {
    return { found: null, missed: { kind: "limit", reason: "over the limit of a same-day payment" } };
  }
  if (typeof accepted === "string") return { found: last, missed: null };
  const found = terms.windows?.find(
    ({ until }) => accepted < cutOffInstant({ time: until, zone: rail.zone }, acceptedOn),
  );
  if (found !== undefined) return { found, missed: null };
  return {
    found: null,
    missed: { kind: "cut_off", reason: `after the last same-day window at ${last.until} ${rail.zone}` },
  };
}
