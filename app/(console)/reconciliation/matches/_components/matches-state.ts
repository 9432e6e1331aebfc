import { type inferParserType, parseAsArrayOf, parseAsInteger, parseAsString } from "nuqs/server";
import { closeOf, closeParsers, exportHref } from "../../_components/close-state";

const PAGE_ROWS = 100;
export const STAGES = [0, 1, 2, 3, 4, 5, 6] as const;

export const matchesParsers = {
  ...closeParsers,
  stage: parseAsArrayOf(parseAsInteger).withDefault([]),
  currency: parseAsString,
  account: parseAsString,
  q: parseAsString,
  /** The match whose panel is open. */
  match: parseAsString,
};
export type MatchesState = inferParserType<typeof matchesParsers>;

export const MATCH_VIEW_KEYS = ["stage", "currency", "account", "q"] as const satisfies readonly (keyof MatchesState)[];

export const queryOf = (state: MatchesState) => ({
  close: closeOf(state),
  stage: STAGES.filter((stage) => state.stage.includes(stage)),
  currency: state.currency?.length === 3 ? state.currency : null,
  account: state.account,
  text: state.q,
  limit: PAGE_ROWS,
});

export function exportHrefOf(state: MatchesState): string {
  const { limit: _limit, ...filter } = queryOf(state);
  return exportHref("matches", filter);
}
