import { z } from "zod";
import { AsOf, Cursor, DateText, FilterText, InstantText, PageLimit } from "../../domain/answer";

export const STATEMENT_STATES = ["all", "accepted", "refused"] as const;
export const STATEMENT_WAYS = ["landing", "upload", "command_line", "rest"] as const;

export const StatementFilesQuery = z.object({
  state: z.enum(STATEMENT_STATES).default("all"),
  way: z.enum(STATEMENT_WAYS).nullable().default(null),
  /** In the name, an account or the hash. */
  text: FilterText.nullable().default(null),
  cursor: Cursor,
  limit: PageLimit,
});
export type StatementFilesQuery = z.infer<typeof StatementFilesQuery>;

/** Why a file was refused: what stands there, what should, and what to do. */
export const StatementFault = z.object({
  code: z.string(),
  what: z.string(),
  where: z.string(),
  expected: z.string().nullable(),
  found: z.string().nullable(),
  remedy: z.string(),
});
export type StatementFault = z.infer<typeof StatementFault>;

export const StatementBalance = z.object({
  account: z.string(),
  currency: z.string(),
  exponent: z.number().int(),
  openingMinor: z.bigint().nullable(),
  closingMinor: z.bigint().nullable(),
});

/** One delivery of a file. */
export const StatementFile = z.object({
  intake: z.number().int(),
  fileHash: z.string(),
  name: z.string(),
  outcome: z.enum(["accepted", "refused"]),
  format: z.string().nullable(),
  version: z.string().nullable(),
  bytes: z.bigint(),
  accounts: z.string().nullable(),
  statements: z.number().int(),
  statementsNew: z.number().int(),
  entries: z.number().int(),
  entriesNew: z.number().int(),
  /** Statements no total of which the file states. */
  uncontrolled: z.number().int(),
  /** Control totals stated and found right; null where the statements were known before. */
  controls: z.number().int().nullable(),
  balance: StatementBalance.nullable(),
  fault: StatementFault.nullable(),
  /** The later delivery by which a refused file, or its name, was accepted. */
  resolvedBy: z.number().int().nullable(),
  takenAt: InstantText,
  way: z.string().nullable(),
  source: z.string().nullable(),
});
export type StatementFile = z.infer<typeof StatementFile>;

export const StatementFilesPage = z.object({
  rows: z.array(StatementFile),
  nextCursor: z.string().nullable(),
  total: z.number().int(),
  asOf: AsOf,
});
export type StatementFilesPage = z.infer<typeof StatementFilesPage>;

export const StatementOfFile = StatementBalance.extend({
  statementKey: z.string(),
  accountName: z.string().nullable(),
  institution: z.string().nullable(),
  sequence: z.string().nullable(),
  from: DateText.nullable(),
  to: DateText.nullable(),
  entries: z.number().int(),
  creditMinor: z.bigint(),
  debitMinor: z.bigint(),
  controls: z.number().int(),
  relation: z.string(),
});

export const StatementLine = z.object({
  lineKey: z.string(),
  kind: z.enum(["entry", "detail"]),
  place: z.string(),
  account: z.string(),
  bookingDate: DateText,
  valueDate: DateText.nullable(),
  amountMinor: z.bigint().nullable(),
  currency: z.string(),
  exponent: z.number().int(),
  status: z.string(),
  code: z.string().nullable(),
  reversal: z.boolean(),
  reference: z.string().nullable(),
  counterparty: z.string().nullable(),
  remittance: z.string().nullable(),
});
export type StatementLine = z.infer<typeof StatementLine>;

export const StatementFileQuery = z.object({ intake: z.number().int().min(0) });
export const StatementFileDetail = z.object({
  file: StatementFile,
  /** Who brought it; null where nobody signed in did. */
  by: z.string().nullable(),
  statements: z.array(StatementOfFile),
  /** Other deliveries of the same bytes, newest first. */
  deliveries: z.array(z.object({ intake: z.number().int(), outcome: z.string(), takenAt: InstantText })),
  asOf: AsOf,
});
export type StatementFileDetail = z.infer<typeof StatementFileDetail>;

export const StatementLinesQuery = z.object({ intake: z.number().int().min(0), cursor: Cursor, limit: PageLimit });
export type StatementLinesQuery = z.infer<typeof StatementLinesQuery>;
export const StatementLinesPage = z.object({
  rows: z.array(StatementLine),
  nextCursor: z.string().nullable(),
  total: z.number().int(),
  asOf: AsOf,
});
export type StatementLinesPage = z.infer<typeof StatementLinesPage>;

/** What an upload must keep to, and who may make one. */
export const StatementLimits = z.object({
  bytesMax: z.number(),
  /** Sources something is said of. */
  sources: z.array(z.string()),
  mayDeliver: z.boolean(),
});
export type StatementLimits = z.infer<typeof StatementLimits>;

export const TicketQuery = z.object({ ticket: z.uuid() });

/** What became of an upload. */
export const TicketAnswer = z.discriminatedUnion("state", [
  z.object({ state: z.literal("waiting"), ticket: z.string() }),
  z.object({
    state: z.literal("taken"),
    ticket: z.string(),
    intake: z.number().int(),
    fileHash: z.string(),
    outcome: z.enum(["accepted", "refused"]),
    /** Its bytes were accepted before: nothing is booked. */
    known: z.boolean(),
    format: z.string().nullable(),
    statements: z.number().int(),
    statementsNew: z.number().int(),
    entries: z.number().int(),
    entriesNew: z.number().int(),
    fault: StatementFault.nullable(),
  }),
  z.object({
    state: z.literal("failed"),
    ticket: z.string(),
    code: z.string(),
    message: z.string(),
    remedy: z.string().nullable(),
  }),
]);
export type TicketAnswer = z.infer<typeof TicketAnswer>;

export const TakeAgainCommand = z.object({
  intake: z.number().int().min(0),
  /** Source whose settings it is read by; null for what the file says itself. */
  source: z.string().nullable().default(null),
});
export type TakeAgainCommand = z.infer<typeof TakeAgainCommand>;
