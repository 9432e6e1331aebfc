/** Characters a person must give at least to let a run begin before its inputs are complete. */
export const OVERRIDE_CHARS_MIN = 8;
/** Dates one act may ask runs for. */
export const DATES_PER_ACT_MAX = 366;
