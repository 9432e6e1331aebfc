import { z } from "zod";

/** "2026-11-20T08:00:00.123456Z": UTC with microseconds, as `formatInstant` writes it. */
export const InstantText = z.string().regex(/^-?\d{4,6}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/);

/** "2026-11-20": a business date. */
export const DateText = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

/** Which state of the lake an answer shows: every answer carries it, and pages show it. */
export const AsOf = z.object({
  /** Table -> version, for every table the answer was read from. */
  lakeVersions: z.record(z.string(), z.number().int()),
  /** Newest event time among the rows of the index; null where it holds none. */
  watermark: InstantText.nullable(),
  readAt: InstantText,
});
export type AsOf = z.infer<typeof AsOf>;

/** Minor units with their currency and decimal places. */
export const MoneyValue = z.object({ amountMinor: z.bigint(), currency: z.string(), exponent: z.number().int() });
export type MoneyValue = z.infer<typeof MoneyValue>;

/** Where a row came from. Enough to open its trace. */
export const SourceCoordinates = z.object({ source: z.string(), partition: z.string(), offset: z.bigint() });
export type SourceCoordinates = z.infer<typeof SourceCoordinates>;

export const PAGE_ROWS_MAX = 200;
/** Rows of one page. */
export const PageLimit = z.number().int().min(1).max(PAGE_ROWS_MAX).default(50);
/** What the page before gave as `nextCursor`; opaque. */
export const Cursor = z.string().max(500).nullable().default(null);
/** Free text of a filter box. */
export const FilterText = z.string().trim().max(200);
