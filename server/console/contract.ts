import { z } from "zod";
import { AsOf, DateText, InstantText, MoneyValue, SourceCoordinates } from "../domain/answer";
import { INDEX_NAMES, ROLES } from "../indexes/names";

export const Me = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  roles: z.array(z.enum(ROLES)),
  /** What the roles may read and change, in the order of the navigation. */
  indexes: z.array(z.object({ name: z.enum(INDEX_NAMES), title: z.string(), key: z.string(), canWrite: z.boolean() })),
  pages: z.array(z.object({ path: z.string(), title: z.string(), section: z.string() })),
  /** The page this person works in. */
  home: z.string(),
  /** Names and accounts are shown. */
  seesNames: z.boolean(),
});
export type Me = z.infer<typeof Me>;

/** How true an index is now. `behindMs` is the age of the oldest stored event that is not in it: 0 when nothing waits. */
export const IndexFreshness = z.object({
  index: z.enum(INDEX_NAMES),
  watermark: InstantText.nullable(),
  lakeVersion: z.number().int(),
  committedAt: InstantText.nullable(),
  behindMs: z.number().int(),
  promiseMs: z.number().int(),
  missed: z.boolean(),
});
export type IndexFreshness = z.infer<typeof IndexFreshness>;

export const Freshness = z.object({ indexes: z.array(IndexFreshness), at: InstantText });
export type Freshness = z.infer<typeof Freshness>;

export const ControlTotal = z.object({
  /** What is compared, e.g. "records in = accepted + quarantined + duplicates". */
  name: z.string(),
  /** The page with the rows behind it. */
  href: z.string(),
  left: z.number().int(),
  right: z.number().int(),
  equal: z.boolean(),
});
export type ControlTotal = z.infer<typeof ControlTotal>;

export const OverviewRow = z.object({
  index: z.enum(INDEX_NAMES),
  title: z.string(),
  question: z.string(),
  href: z.string(),
  freshness: IndexFreshness,
  controls: z.array(ControlTotal),
  /** What wants a person now, most urgent first. */
  wants: z.array(z.object({ label: z.string(), count: z.number().int(), href: z.string(), urgent: z.boolean() })),
  /** One figure per five minutes over the last two hours, oldest first. */
  trend: z.object({ label: z.string(), points: z.array(z.object({ at: InstantText, value: z.number() })) }),
});
export type OverviewRow = z.infer<typeof OverviewRow>;

export const OverviewQuery = z.object({
  /** Null: the newest business date that has events. */
  businessDate: DateText.nullable().default(null),
});

export const Overview = z.object({
  rows: z.array(OverviewRow),
  businessDate: DateText.nullable(),
  /**
   * Per currency on the business date. In = settled; out = refunded, returned and charged back; in flight = payments whose
   * newest step that day is RECEIVED, PENDING or APPROVED.
   */
  money: z.array(
    z.object({
      currency: z.string(),
      exponent: z.number().int(),
      inMinor: z.bigint(),
      outMinor: z.bigint(),
      inFlightMinor: z.bigint(),
      paymentsIn: z.number().int(),
      paymentsOut: z.number().int(),
      paymentsInFlight: z.number().int(),
    }),
  ),
  /** When `money` was read: of a day in motion that may be some seconds ago. Null without a business date. */
  moneyReadAt: InstantText.nullable(),
  /** Decisions that wait for somebody. */
  openDecisions: z.array(
    z.object({ title: z.string(), count: z.number().int(), oldestAt: InstantText.nullable(), href: z.string() }),
  ),
  asOf: AsOf,
});
export type Overview = z.infer<typeof Overview>;

export const SEARCH_KINDS = [
  "transaction",
  "event",
  "alert",
  "merchant",
  "user",
  "counterparty",
  "card",
  "signal",
  "quarantine",
  "coordinates",
] as const;
export const SearchQuery = z.object({ text: z.string().trim().min(2).max(300) });
export const SearchHit = z.object({
  kind: z.enum(SEARCH_KINDS),
  id: z.string(),
  title: z.string(),
  detail: z.string(),
  at: InstantText.nullable(),
  /** The page of the console that shows it. */
  href: z.string(),
  coordinates: SourceCoordinates.nullable(),
});
export type SearchHit = z.infer<typeof SearchHit>;
export const SearchResult = z.object({ hits: z.array(SearchHit), asOf: AsOf });
export type SearchResult = z.infer<typeof SearchResult>;

export const TraceQuery = SourceCoordinates;

/** One row on the way, with where it is stored. */
export const TraceRow = z.object({
  table: z.string(),
  /** Column -> value as text, in the table's order; columns without a value are left out. */
  fields: z.array(z.object({ name: z.string(), value: z.string(), masked: z.boolean() })),
  file: z
    .object({
      path: z.string(),
      rows: z.number().int(),
      bytes: z.number().int(),
      /** Version of the table that added the file, where the log still says. */
      addedInVersion: z.number().int().nullable(),
      addedAt: InstantText,
    })
    .nullable(),
});
export type TraceRow = z.infer<typeof TraceRow>;

export const Trace = z.object({
  coordinates: SourceCoordinates,
  /** "not_stored": read and counted as a duplicate. "unread": no batch has covered the position. */
  outcome: z.enum(["accepted", "quarantined", "not_stored", "unread"]),
  explanation: z.string(),
  /** The micro-batches that read the position (more than one where a landing file spans business dates). */
  batches: z.array(
    z.object({
      batchId: z.string(),
      offsetFrom: z.bigint(),
      offsetTo: z.bigint(),
      recordsIn: z.number().int(),
      accepted: z.number().int(),
      quarantined: z.number().int(),
      duplicates: z.number().int(),
      ingestedAt: InstantText,
    }),
  ),
  /** The raw or quarantined row. */
  row: TraceRow.nullable(),
  /** Rows of indexes that this event feeds, each with a link to its page. */
  indexRows: z.array(
    z.object({
      index: z.enum(INDEX_NAMES),
      table: z.string(),
      title: z.string(),
      detail: z.string(),
      href: z.string(),
    }),
  ),
  alerts: z.array(
    z.object({
      alertId: z.string(),
      rule: z.string(),
      severity: z.string(),
      detectedAt: InstantText,
      href: z.string(),
    }),
  ),
  /** The other steps of the same payment, oldest first. */
  siblings: z.array(
    z.object({
      status: z.string(),
      eventTime: InstantText,
      amount: MoneyValue.nullable(),
      coordinates: SourceCoordinates,
    }),
  ),
  asOf: AsOf,
});
export type Trace = z.infer<typeof Trace>;
