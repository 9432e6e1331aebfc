import { type inferParserType, parseAsInteger, parseAsString, parseAsStringLiteral } from "nuqs/server";
import { instantOf, PAST_PARAMETER } from "@/components/console/past-instant";
import { namesOf } from "@/components/ui/names";
import type { MerchantsQuery } from "@/server/indexes/merchants/contract";

const PAGE_ROWS = 100;

export const MERCHANT_SORTS = namesOf<MerchantsQuery["sort"]>({
  gross: true,
  net: true,
  events: true,
  settled: true,
  averageTicket: true,
  approvalRate: true,
  refundRate: true,
  chargebackRate: true,
  customers: true,
  denied: true,
  merchantId: true,
});

export const merchantsParsers = {
  /** Business dates; today's in UTC where left out. */
  from: parseAsString,
  to: parseAsString,
  currency: parseAsString,
  search: parseAsString,
  sort: parseAsStringLiteral(MERCHANT_SORTS).withDefault("gross"),
  direction: parseAsStringLiteral(["asc", "desc"] as const).withDefault("desc"),
  page: parseAsInteger.withDefault(0),
  /** The index as it was then; now where left out. */
  [PAST_PARAMETER]: parseAsString,
};
/** What a saved view of the list keeps: not the period, which would soon lie in the past, and not the page. */
export const MERCHANT_VIEW_KEYS = [
  "currency",
  "search",
  "sort",
  "direction",
] as const satisfies readonly (keyof typeof merchantsParsers)[];
export type MerchantsState = inferParserType<typeof merchantsParsers>;

const isDate = (text: string | null): text is string => text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text);

/** The period of the address, else the day it is: today, or that of the instant the page is as of. */
export function periodOf({ from, to, asOf }: Pick<MerchantsState, "from" | "to" | "asOf">): {
  from: string;
  to: string;
} {
  const today = (instantOf(asOf) ?? new Date().toISOString()).slice(0, 10);
  const last = isDate(to) ? to : isDate(from) && from > today ? from : today;
  const first = isDate(from) && from <= last ? from : last;
  return { from: first, to: last };
}

export const merchantsQueryOf = (state: MerchantsState): MerchantsQuery => ({
  ...periodOf(state),
  at: instantOf(state.asOf),
  currency: state.currency?.length === 3 ? state.currency : null,
  search: state.search,
  sort: state.sort,
  direction: state.direction,
  page: Math.max(0, state.page),
  pageSize: PAGE_ROWS,
});
