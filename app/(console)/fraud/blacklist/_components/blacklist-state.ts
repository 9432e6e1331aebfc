import { type inferParserType, parseAsString, parseAsStringLiteral } from "nuqs/server";
import type { BlacklistQuery } from "@/server/indexes/fraud/contract";

const PAGE_ROWS = 100;
export const BLACKLIST_RULES = ["velocity", "acceleration", "manual"] as const;
export const BLACKLIST_ROLES = ["originator", "beneficiary"] as const;
export const BLACKLIST_STATES = ["active", "removed", "all"] as const;

export const blacklistParsers = {
  search: parseAsString,
  rule: parseAsStringLiteral(BLACKLIST_RULES),
  role: parseAsStringLiteral(BLACKLIST_ROLES),
  state: parseAsStringLiteral(BLACKLIST_STATES).withDefault("active"),
};
export type BlacklistState = inferParserType<typeof blacklistParsers>;

export const blacklistQueryOf = (state: BlacklistState): Omit<BlacklistQuery, "cursor"> => ({
  ...state,
  limit: PAGE_ROWS,
});
