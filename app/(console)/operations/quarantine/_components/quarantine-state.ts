import { type inferParserType, parseAsString } from "nuqs/server";

export const quarantineParsers = {
  code: parseAsString,
  source: parseAsString,
  q: parseAsString,
  /** The record whose bytes are shown. */
  record: parseAsString,
};
/** What a saved view of the records keeps. */
export const QUARANTINE_VIEW_KEYS = [
  "code",
  "source",
  "q",
] as const satisfies readonly (keyof typeof quarantineParsers)[];
export type QuarantineState = inferParserType<typeof quarantineParsers>;
