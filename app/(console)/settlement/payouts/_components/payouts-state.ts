import { type inferParserType, parseAsArrayOf, parseAsString, parseAsStringLiteral } from "nuqs/server";
import { PAYOUT_SORTS, PAYOUT_STATUSES, SHIFT_KINDS } from "@/server/indexes/settlement/contract";
import { closeOf, closeParsers, exportHref } from "../../_components/close-state";

const PAGE_ROWS = 100;

export const payoutsParsers = {
  ...closeParsers,
  from: parseAsString,
  to: parseAsString,
  status: parseAsArrayOf(parseAsStringLiteral(PAYOUT_STATUSES)).withDefault([]),
  movedBy: parseAsStringLiteral(SHIFT_KINDS),
  currency: parseAsString,
  merchant: parseAsString,
  q: parseAsString,
  sort: parseAsStringLiteral(PAYOUT_SORTS).withDefault("date"),
  /** The payout whose panel is open. */
  payout: parseAsString,
};
export type PayoutsState = inferParserType<typeof payoutsParsers>;

export const PAYOUT_VIEW_KEYS = [
  "from",
  "to",
  "status",
  "movedBy",
  "currency",
  "merchant",
  "q",
  "sort",
] as const satisfies readonly (keyof PayoutsState)[];

const dateOf = (text: string | null): string | null =>
  text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : null;

export const queryOf = (state: PayoutsState) => ({
  close: closeOf(state),
  from: dateOf(state.from),
  to: dateOf(state.to),
  status: [...state.status],
  movedBy: state.movedBy,
  currency: state.currency?.length === 3 ? state.currency : null,
  merchantId: state.merchant,
  text: state.q,
  sort: state.sort,
  limit: PAGE_ROWS,
});

export function exportHrefOf(state: PayoutsState): string {
  const { limit: _limit, ...filter } = queryOf(state);
  return exportHref("payouts", filter);
}
