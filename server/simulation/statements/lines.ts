import type { BusinessDate } from "../../domain/time";

/** One booking on a bank account, as the bank is meant to tell it. */
export interface BankLine {
  /** The bank's own, different for every booking. */
  readonly bankReference: string;
  /** Our end-to-end or PSP reference; null where it got lost on the way. */
  readonly reference: string | null;
  /** Our transaction id, for formats whose reference has at most 16 characters. */
  readonly shortReference: string | null;
  /** Positive for a credit. */
  readonly signedMinor: bigint;
  readonly kind: string;
  readonly reversal: boolean;
  readonly returnCode: string | null;
  readonly party: string;
  readonly partyAccount: string | null;
  readonly text: string;
}

/** One row of a processor's report. */
export interface PspLine {
  readonly category: "charge" | "refund" | "dispute";
  /** Different for every row. */
  readonly row: string;
  readonly pspReference: string;
  readonly order: string;
  readonly createdMs: number;
  /** Signed, in the currency the customer paid in. */
  readonly facingMinor: bigint;
  readonly facingCurrency: string;
  readonly rate: string;
  /** Signed, in the currency settled in. */
  readonly grossMinor: bigint;
  readonly feeMinor: bigint;
  readonly country: string;
}

/** One entry of a file of ACH returns. */
export interface AchReturn {
  readonly code: string;
  readonly amountMinor: bigint;
  readonly originalTrace: string;
  readonly trace: string;
  readonly individualId: string;
  readonly name: string;
  readonly account: string;
}

/** What a statement says of itself before its bookings. */
export interface StatementHeader {
  readonly number: string;
  readonly institution: string;
  readonly currency: string;
  readonly exponent: number;
  readonly date: BusinessDate;
  readonly sequence: number;
  readonly openingMinor: bigint;
  readonly totals: LineTotals;
  /** Bookings grouped into one entry at its end; none where null. */
  readonly batch: BatchTotals | null;
  /** Added to a stated total: anything but 0 makes a faulty statement. */
  readonly faultMinor: bigint;
}

export interface BatchTotals {
  readonly id: string;
  readonly count: number;
  readonly amountMinor: bigint;
}

/** Sums of the entries of a statement, a batch counting as one. */
export interface LineTotals {
  readonly credits: number;
  readonly creditMinor: bigint;
  readonly debits: number;
  readonly debitMinor: bigint;
}

export const closingOf = ({ openingMinor, totals, faultMinor }: StatementHeader): bigint =>
  openingMinor + totals.creditMinor - totals.debitMinor + faultMinor;

/** Letters a SWIFT or ACH message can carry: accents dropped, what is left in ASCII. */
export const plainText = (text: string): string =>
  text
    .replaceAll("ß", "ss")
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^\x20-\x7e]/g, "?");

export const magnitude = (minor: bigint): bigint => (minor < 0n ? -minor : minor);

const encode = (value: object): string =>
  JSON.stringify(value, (_key, one) => (typeof one === "bigint" ? `#${one}` : one));

/** One line of a spool file; amounts stay exact. */
export const encodeLine = (line: BankLine | PspLine | AchReturn): string => encode(line);

export function decodeLine<T extends BankLine | PspLine | AchReturn>(text: string): T {
  const minor = /^#-?\d+$/;
  return JSON.parse(text, (key, one) =>
    key.endsWith("Minor") && typeof one === "string" && minor.test(one) ? BigInt(one.slice(1)) : one,
  );
}
