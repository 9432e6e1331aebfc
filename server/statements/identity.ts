import { createHash, type Hash } from "node:crypto";
import { deterministicId } from "../domain/ids";
import type { BusinessDate } from "../domain/time";
import type { Direction } from "./model";

/**
 * What is the same booking, the same statement, the same file.
 *
 * - A *file* is its bytes: SHA-256, whatever its name.
 * - A *booking* is the digest of everything the bank says about it, with its account and day, and an occurrence number
 *   among equal ones of the same statement day. Its statement is not part of it, so an overlapping statement brings the
 *   same key; two equal bookings of one day are occurrence 1 and 2, in every statement that holds both.
 * - A *statement* is known twice: by account, sequence, period and balances (`statementKey`), and by account, balances
 *   and bookings (`contentKey`), which stays the same under another number, id or file format version.
 */
export interface BookingContent {
  readonly account: string;
  readonly currency: string;
  readonly exponent: number;
  readonly bookingDate: BusinessDate;
  readonly valueDate: BusinessDate | null;
  readonly amountMinor: bigint;
  readonly direction: Direction;
  readonly reversal: boolean;
  readonly status: string;
  /** Codes, references, parties and text as read, before any masking; null where absent. */
  readonly texts: readonly (string | null)[];
  /** Digest of the payments it groups; null where it is one payment. */
  readonly details: string | null;
}

/** Parts are length-prefixed and null differs from empty, so that no two different lists give one digest. */
function feed(hash: Hash, parts: readonly (string | null)[]): Hash {
  let text = "";
  for (const part of parts) text += part === null ? "-" : `${part.length}:${part}`;
  return hash.update(text);
}

/** The digest of a booking without its occurrence. Runs of white space count as one: lines may be wrapped anew. */
export function bookingDigest(content: BookingContent): Buffer {
  return feed(createHash("sha256"), [
    content.account,
    content.currency,
    String(content.exponent),
    content.bookingDate,
    content.valueDate,
    content.amountMinor.toString(),
    content.direction,
    content.reversal ? "R" : "",
    content.status,
    content.details,
    ...content.texts.map((text) => (text === null ? null : text.replace(/\s+/g, " ").trim())),
  ]).digest();
}

/** A running digest of the payments of one grouped entry, in their order. */
export class DetailsDigest {
  private readonly hash = createHash("sha256");

  add(parts: readonly (string | null)[]): void {
    feed(this.hash, parts).update("\n");
  }

  finish(): string {
    return this.hash.digest("hex");
  }
}

/** 32 hexadecimal characters of a booking's digest. */
export const digestText = (digest: Buffer): string => digest.toString("hex", 0, 16);

/** The key of a booking: its digest and which of the equal bookings of its statement day it is. */
export const bookingKey = (contentDigest: string, occurrence: number): string =>
  deterministicId("booking", contentDigest, String(occurrence));

const MODULUS = 2n ** 128n;

/** The digest of a multiset of keys, in whatever order they come: their sum modulo 2^128, and how many. */
export class KeySum {
  private sum = 0n;
  count = 0;

  add(key: string): void {
    this.sum = (this.sum + BigInt(`0x${key}`)) % MODULUS;
    this.count++;
  }

  finish(): string {
    return `${this.count}:${this.sum.toString(16)}`;
  }
}

export interface StatementFacts {
  readonly account: string;
  readonly currency: string;
  readonly sequence: string | null;
  readonly from: BusinessDate | null;
  readonly to: BusinessDate | null;
  readonly openingMinor: bigint | null;
  readonly closingMinor: bigint | null;
  /** Booked credits and debits, which tell apart statements without balances. */
  readonly creditMinor: bigint;
  readonly debitMinor: bigint;
}

/** Account, sequence, period, balances and turnover: the same for a statement that is delivered again, whatever its texts. */
export function statementKey(facts: StatementFacts): string {
  return deterministicId(
    "statement",
    facts.account,
    facts.currency,
    facts.sequence ?? "",
    facts.from ?? "",
    facts.to ?? "",
    String(facts.openingMinor),
    String(facts.closingMinor),
    facts.creditMinor.toString(),
    facts.debitMinor.toString(),
  );
}

/**
 * Account, balances and bookings: the same under another number, message id or file name. Without bookings only the
 * statement itself is its content: quiet days are not each other's copies.
 */
export function contentKey(facts: StatementFacts, bookings: KeySum): string {
  if (bookings.count === 0) return deterministicId("quiet", statementKey(facts));
  return deterministicId(
    "content",
    facts.account,
    facts.currency,
    String(facts.openingMinor),
    String(facts.closingMinor),
    bookings.finish(),
  );
}

/** A statement as it is remembered, to judge the next one by. */
export interface StatementIdentity extends StatementFacts {
  readonly statementKey: string;
  readonly contentKey: string;
}

/**
 * How a new statement stands to one already known.
 * - same: delivered again; nothing of it is new.
 * - same_content: the same bookings under another number or period.
 * - contradicts: the same statement (account, sequence, period) with other balances or bookings: a person decides.
 * - continues: has the next number and begins, on or after its last day, with the balance the known one ended with; equal bookings of a day
 *   both touch are different ones, so occurrences go on counting (`occurrencesBefore` of the reader).
 * - overlaps: the periods meet; bookings both hold have equal keys and are booked once.
 * - apart: nothing in common.
 */
export type StatementRelation = "same" | "same_content" | "contradicts" | "continues" | "overlaps" | "apart";

export function relateStatements(known: StatementIdentity, next: StatementIdentity): StatementRelation {
  if (known.account !== next.account || known.currency !== next.currency) return "apart";
  if (known.contentKey === next.contentKey) return known.statementKey === next.statementKey ? "same" : "same_content";
  const samePeriod = known.from === next.from && known.to === next.to && known.sequence === next.sequence;
  if (samePeriod && known.sequence !== null) return "contradicts";
  if (continues(known, next)) return "continues";
  if (known.from === null || known.to === null || next.from === null || next.to === null) return "apart";
  return known.from <= next.to && next.from <= known.to ? "overlaps" : "apart";
}

function continues(known: StatementFacts, next: StatementFacts): boolean {
  return (
    follows(known, next) &&
    known.closingMinor !== null &&
    known.closingMinor === next.openingMinor &&
    known.to !== null &&
    next.from !== null &&
    next.from >= known.to
  );
}

/**
 * True where a statement may be the one after another: it has the next number, "117/2" after "117/1"; or neither has a
 * number and the first moved the balance, so that its copy would not begin where it ended. Equal balances alone prove no
 * continuation: the days two statements share may add up to nothing.
 */
export function follows(
  known: Pick<StatementFacts, "sequence" | "openingMinor" | "closingMinor">,
  next: Pick<StatementFacts, "sequence">,
): boolean {
  if (known.sequence === null && next.sequence === null) return known.openingMinor !== known.closingMinor;
  const [number, page = 1] = (known.sequence ?? "").split("/").map(Number);
  const [nextNumber, nextPage = 1] = (next.sequence ?? "").split("/").map(Number);
  if (number === undefined || nextNumber === undefined || known.sequence === null || next.sequence === null)
    return false;
  return nextNumber === number + 1 || (nextNumber === number && nextPage === page + 1);
}
