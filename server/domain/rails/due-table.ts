import { addDays } from "../calendar/business-days";
import { cutOffInstant, endOfDate } from "../calendar/cut-off";
import { ConcordanceError } from "../errors";
import { type BusinessDate, dayNumber, type Micros } from "../time";
import { type ExpectedOptions, expectedBy, termsOn } from "./expected";

/** All payments handed in within [from, until) have the same answer. */
export interface DueRow {
  readonly railId: string;
  readonly from: Micros;
  readonly until: Micros;
  readonly acceptedOn: BusinessDate;
  readonly settlesOn: BusinessDate;
  readonly date: BusinessDate;
  readonly overdueFrom: Micros;
}

/** More than the century a calendar covers, in days. */
const DAYS_MAX = 40_000;

/**
 * What `expectedBy` answers for every instant from the start of `first` to the end of `last` in the rail's zone, as
 * rows without gap or overlap, in order: a join on the range takes the place of a call per payment.
 */
export function dueTable(
  options: Omit<ExpectedOptions, "accepted" | "requestedOn">,
  first: BusinessDate,
  last: BusinessDate,
): DueRow[] {
  const days = dayNumber(last) - dayNumber(first) + 1;
  if (days < 1 || days > DAYS_MAX) {
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "bad_date_range",
      message: `The range from ${first} to ${last} is empty or longer than ${DAYS_MAX} days.`,
      remedy: "Give the earlier date first.",
    });
  }
  const { zone } = options.rail;
  const start = endOfDate(addDays(first, -1), zone);
  const end = endOfDate(last, zone);
  const changes = new Set<Micros>([start]);
  for (let offset = -1; offset <= days; offset++) {
    for (const instant of changesOn(options, addDays(first, offset))) {
      if (instant > start && instant < end) changes.add(instant);
    }
  }
  const bounds = [...changes].sort((a, b) => (a < b ? -1 : 1));
  const rows: DueRow[] = [];
  for (const [index, from] of bounds.entries()) {
    const until = bounds[index + 1] ?? end;
    const { railId, acceptedOn, settlesOn, date, overdueFrom } = expectedBy({ ...options, accepted: from });
    const before = rows.at(-1);
    if (before?.acceptedOn === acceptedOn && before.settlesOn === settlesOn && before.date === date) {
      rows[rows.length - 1] = { ...before, until };
    } else {
      rows.push({ railId, from, until, acceptedOn, settlesOn, date, overdueFrom });
    }
  }
  return rows;
}

/** The instants about a date at which an answer can change: midnight, the cut-off, a window's end, the last instant that makes it today. */
function changesOn(options: Omit<ExpectedOptions, "accepted" | "requestedOn">, date: BusinessDate): Micros[] {
  const { zone } = options.rail;
  const terms = termsOn(options.rail, date);
  const midnight = endOfDate(date, zone);
  const instantMicros = BigInt(terms.instantSeconds ?? 0) * 1_000_000n;
  const windows = (terms.windows ?? []).map(({ until }) => cutOffInstant({ time: until, zone }, date));
  return [midnight, midnight - instantMicros, cutOffInstant(options.cutOff ?? terms.cutOff, date), ...windows];
}
