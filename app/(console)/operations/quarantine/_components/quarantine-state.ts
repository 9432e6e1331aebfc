import { type inferParserType, parseAsString } from "nuqs/server";

export const quarantineParsers = {
  code: parseAsString,
  source: parseAsString,
  q: parseAsString,
  /** The record whose bytes are shown. */
  record: parseAsString,
};
export type QuarantineState = inferParserType<typeof quarantineParsers>;
