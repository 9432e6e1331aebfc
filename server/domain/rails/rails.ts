import { CARD_RAILS } from "./cards";
import { EURO_RAILS } from "./euro";
import type { Rail } from "./rail";
import { UK_RAILS } from "./uk";
import { US_RAILS } from "./us";

const BY_ID = { ...US_RAILS, ...EURO_RAILS, ...UK_RAILS, ...CARD_RAILS };

export type RailId = keyof typeof BY_ID;

/** Every rail known here, by its stable id. Raise `RAILS_VERSION` with any change: finals keep it. */
export const RAILS: Readonly<Record<RailId, Rail>> = BY_ID;
export const RAILS_VERSION = "rails/1";

/** The payment types of a transaction event (PRODUCT.md section 1). */
export type PaymentKind =
  | "CARD"
  | "ACH"
  | "WIRE"
  | "RTP"
  | "SEPA"
  | "DIRECT_DEBIT"
  | "CHECK"
  | "STANDING_ORDER"
  | "P2P";

const BY_CURRENCY: Readonly<Record<string, Partial<Record<PaymentKind, RailId>>>> = {
  USD: {
    CARD: "card_us",
    ACH: "ach_credit",
    WIRE: "fedwire",
    RTP: "rtp",
    DIRECT_DEBIT: "ach_debit",
    CHECK: "check_us",
    STANDING_ORDER: "ach_credit",
    P2P: "rtp",
  },
  EUR: {
    CARD: "card_eu",
    WIRE: "target2",
    RTP: "sepa_instant",
    SEPA: "sepa_credit_transfer",
    DIRECT_DEBIT: "sepa_direct_debit_core",
    STANDING_ORDER: "sepa_credit_transfer",
    P2P: "sepa_instant",
  },
  GBP: {
    CARD: "card_uk",
    ACH: "bacs_credit",
    WIRE: "chaps",
    RTP: "faster_payments",
    DIRECT_DEBIT: "bacs_direct_debit",
    CHECK: "cheque_uk",
    STANDING_ORDER: "standing_order_uk",
    P2P: "faster_payments",
  },
};

/**
 * The rail a payment of this type and currency takes where nothing says otherwise. Null where no rail here carries it
 * (a type that is not used in that currency, or a currency other than USD, EUR and GBP): the caller says so, or uses a
 * rail of its own.
 */
export function railOf(paymentType: PaymentKind, currency: string): Rail | null {
  const id = Object.hasOwn(BY_CURRENCY, currency) ? BY_CURRENCY[currency]?.[paymentType] : undefined;
  return id === undefined ? null : RAILS[id];
}
