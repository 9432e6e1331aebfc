import { invariant } from "../../domain/errors";
import { type Decimal, exponentOf } from "../../domain/money";
import type { FeePlan } from "../../domain/terms/fees";

export type BankFormat = "camt053" | "mt940" | "bai2";
/** How field 86 of an MT940 statement is written. */
export type Mt940Dialect = "codewords" | "subfields" | "free";

/** An account of the simulated company, and how its bank tells of it. */
export interface BankAccount {
  /** Names its files: "bank-eur". */
  readonly slug: string;
  readonly number: string;
  readonly institution: string;
  readonly currency: string;
  readonly exponent: number;
  readonly format: BankFormat;
  readonly dialect: Mt940Dialect;
  readonly openingMinor: bigint;
}

export type PspName = "stripe" | "adyen";

const account = (
  currency: string,
  format: BankFormat,
  number: string,
  institution: string,
  dialect: Mt940Dialect = "codewords",
): BankAccount => {
  const exponent = exponentOf(currency);
  invariant(exponent !== null, `no currency ${currency}`);
  const openingMinor = 250_000n * 10n ** BigInt(exponent);
  return {
    slug: `bank-${currency.toLowerCase()}`,
    number,
    institution,
    currency,
    exponent,
    format,
    dialect,
    openingMinor,
  };
};

/** One bank account a currency; between them every format and every dialect. */
export const ACCOUNTS: Readonly<Record<string, BankAccount>> = Object.fromEntries(
  [
    account("USD", "bai2", "000123456789", "121000358"),
    account("EUR", "camt053", "DE89370400440532013000", "COBADEFFXXX"),
    account("GBP", "mt940", "GB29NWBK60161331926819", "NWBKGB2LXXX"),
    account("INR", "camt053", "INR0001234567", "HDFCINBBXXX"),
    account("JPY", "mt940", "JPY0001234567", "MHCBJPJTXXX", "subfields"),
    account("HUF", "mt940", "HU42117730161111101800000000", "OTPVHUHBXXX", "subfields"),
    account("KWD", "mt940", "KWD0001234567", "NBOKKWKWXXX", "free"),
    account("CHF", "camt053", "CH9300762011623852957", "UBSWCHZHXXX"),
  ].map((one) => [one.currency, one]),
);

export function accountOf(currency: string): BankAccount {
  const found = Object.hasOwn(ACCOUNTS, currency) ? ACCOUNTS[currency] : undefined;
  invariant(found !== undefined, `The simulated company has no account in ${currency}.`);
  return found;
}

/** Currencies a card is charged in to those its processor settles in; others are settled as they are. */
const SETTLED_IN: Readonly<Record<string, string>> = { INR: "USD", JPY: "USD", KWD: "USD", HUF: "EUR", CHF: "EUR" };

export const settlementCurrency = (currency: string): string =>
  Object.hasOwn(SETTLED_IN, currency) ? (SETTLED_IN[currency] ?? currency) : currency;

/** Currencies in which both processors pay out, in the order of their files. */
export const PAYOUT_CURRENCIES = ["EUR", "GBP", "USD"] as const;

/** Every other merchant is with the other processor. */
export const pspOf = (merchantId: string): PspName => (Number(merchantId.slice(1)) % 2 === 0 ? "stripe" : "adyen");

const decimal = (unscaled: bigint, scale: number): Decimal => ({ unscaled, scale });
const FEES: Readonly<Record<PspName, { readonly percent: Decimal; readonly fixedMinor: bigint }>> = {
  stripe: { percent: decimal(140n, 2), fixedMinor: 25n },
  adyen: { percent: decimal(95n, 2), fixedMinor: 11n },
};

/** What a processor takes for a card payment, in the currency it settles in. */
export function feePlanOf(psp: PspName, currency: string): FeePlan {
  const { percent, fixedMinor } = FEES[psp];
  const rule = { paymentTypes: ["CARD"], percent, fixedMinor, minimumMinor: null, maximumMinor: null };
  return {
    id: `${psp}-${currency.toLowerCase()}`,
    currency,
    rounding: "half_up",
    terms: [{ since: null, rules: [rule] }],
  };
}

/** Taken once from every payout, as a row of its own without a payment. */
export const PAYOUT_FEE_MINOR: Readonly<Record<PspName, bigint>> = { stripe: 150n, adyen: 220n };
