import { type inferParserType, parseAsString } from "nuqs/server";

export const overviewParsers = {
  /** The business date of the money table; the newest with events where left out. */
  date: parseAsString,
};

export const businessDateOf = ({ date }: inferParserType<typeof overviewParsers>): string | null =>
  date !== null && /^\d{4}-\d{2}-\d{2}$/.test(date) ? date : null;
