import { type inferParserType, parseAsArrayOf, parseAsInteger, parseAsString, parseAsStringLiteral } from "nuqs/server";
import { namesOf } from "@/components/ui/names";
import type { BreaksQuery } from "@/server/indexes/reconciliation/contract";
import { closeOf, closeParsers, exportHref } from "../../_components/close-state";
import { BREAK_KINDS, BREAK_STATUSES } from "../../_components/words";

const PAGE_ROWS = 100;
export const BREAK_SORTS = namesOf<BreaksQuery["sort"]>({ oldest: true, newest: true, value: true });

/** What the address of the work list says: copying it shares the view. */
export const breaksParsers = {
  ...closeParsers,
  status: parseAsArrayOf(parseAsStringLiteral(BREAK_STATUSES)).withDefault(["open"]),
  kind: parseAsArrayOf(parseAsStringLiteral(BREAK_KINDS)).withDefault([]),
  account: parseAsString,
  rail: parseAsString,
  currency: parseAsString,
  merchant: parseAsString,
  payout: parseAsString,
  assignee: parseAsString,
  ageMin: parseAsInteger,
  ageMax: parseAsInteger,
  q: parseAsString,
  sort: parseAsStringLiteral(BREAK_SORTS).withDefault("oldest"),
  /** The break whose panel is open. */
  break: parseAsString,
  /** Decisions that wait, or were answered, above the list. */
  inbox: parseAsStringLiteral(["pending", "answered"] as const),
};
export type BreaksState = inferParserType<typeof breaksParsers>;

/** What a saved view keeps: not the close, which would soon be an old one. */
export const BREAK_VIEW_KEYS = [
  "status",
  "kind",
  "account",
  "rail",
  "currency",
  "merchant",
  "assignee",
  "ageMin",
  "ageMax",
  "q",
  "sort",
] as const satisfies readonly (keyof typeof breaksParsers)[];

const atLeastZero = (value: number | null): number | null => (value === null || value < 0 ? null : value);

export const queryOf = (state: BreaksState) => ({
  close: closeOf(state),
  status: state.status,
  kind: [...state.kind],
  account: state.account,
  rail: state.rail,
  currency: state.currency?.length === 3 ? state.currency : null,
  merchant: state.merchant,
  payout: state.payout,
  assignee: state.assignee,
  ageMin: atLeastZero(state.ageMin),
  ageMax: atLeastZero(state.ageMax),
  valueMin: null,
  text: state.q,
  sort: state.sort,
  limit: PAGE_ROWS,
});

export function exportHrefOf(state: BreaksState): string {
  const { limit: _limit, ...filter } = queryOf(state);
  return exportHref("breaks", filter);
}

export const NO_FILTER: Partial<BreaksState> = {
  kind: [],
  account: null,
  rail: null,
  currency: null,
  merchant: null,
  payout: null,
  assignee: null,
  ageMin: null,
  ageMax: null,
  q: null,
};
