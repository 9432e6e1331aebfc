import { type inferParserType, parseAsString, parseAsStringLiteral } from "nuqs/server";

export const STATES = ["all", "accepted", "refused"] as const;
const WAYS = ["landing", "upload", "command_line", "rest"] as const;
const PAGE_ROWS = 100;

export const statementsParsers = {
  state: parseAsStringLiteral(STATES).withDefault("all"),
  way: parseAsStringLiteral(WAYS),
  q: parseAsString,
};
export type StatementsState = inferParserType<typeof statementsParsers>;

/** What a saved view of the table keeps. */
export const STATEMENT_VIEW_KEYS = ["state", "way", "q"] as const;

export const queryOf = ({ state, way, q }: StatementsState) => ({ state, way, text: q, limit: PAGE_ROWS });
