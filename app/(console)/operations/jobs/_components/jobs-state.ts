import { type inferParserType, parseAsInteger, parseAsString } from "nuqs/server";

export const DAYS_SHOWN = 14;

export const jobsParsers = {
  /** The newest date shown; null is the newest there is. */
  until: parseAsString,
  days: parseAsInteger.withDefault(DAYS_SHOWN),
  index: parseAsString,
  date: parseAsString,
  /** The run whose figures are open. */
  run: parseAsString,
};
export type JobsState = inferParserType<typeof jobsParsers>;
