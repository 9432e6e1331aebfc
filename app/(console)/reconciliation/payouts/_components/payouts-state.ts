import { type inferParserType, parseAsBoolean, parseAsString, parseAsStringLiteral } from "nuqs/server";
import { closeOf, closeParsers, exportHref } from "../../_components/close-state";

const PAGE_ROWS = 100;

export const payoutsParsers = {
  ...closeParsers,
  of: parseAsStringLiteral(["payouts", "accounts"] as const).withDefault("payouts"),
  currency: parseAsString,
  unexplained: parseAsBoolean.withDefault(false),
  q: parseAsString,
  /** The waterfall that is open. */
  payout: parseAsString,
};
export type PayoutsState = inferParserType<typeof payoutsParsers>;

export const PAYOUT_VIEW_KEYS = [
  "of",
  "currency",
  "unexplained",
  "q",
] as const satisfies readonly (keyof PayoutsState)[];

export const queryOf = (state: PayoutsState) => ({
  close: closeOf(state),
  of: state.of,
  currency: state.currency?.length === 3 ? state.currency : null,
  onlyUnexplained: state.unexplained,
  text: state.q,
  limit: PAGE_ROWS,
});

export function exportHrefOf(state: PayoutsState): string {
  const { limit: _limit, ...filter } = queryOf(state);
  return exportHref("payouts", filter);
}
