import type { PaymentType } from "../pipeline/records";

/** What the synthetic world is made of. Weights are relative. */

export interface Country {
  readonly code: string;
  readonly currency: string;
  readonly zone: string;
  readonly weight: number;
  readonly routingType: string;
}

export const COUNTRIES: readonly [Country, ...Country[]] = [
  { code: "US", currency: "USD", zone: "America/New_York", weight: 42, routingType: "ABA" },
  { code: "GB", currency: "GBP", zone: "Europe/London", weight: 14, routingType: "SORT_CODE" },
  { code: "DE", currency: "EUR", zone: "Europe/Berlin", weight: 12, routingType: "BIC" },
  { code: "FR", currency: "EUR", zone: "Europe/Paris", weight: 9, routingType: "BIC" },
  { code: "IE", currency: "EUR", zone: "Europe/Dublin", weight: 4, routingType: "BIC" },
  { code: "IN", currency: "INR", zone: "Asia/Kolkata", weight: 8, routingType: "IFSC" },
  { code: "JP", currency: "JPY", zone: "Asia/Tokyo", weight: 5, routingType: "ZENGIN" },
  { code: "HU", currency: "HUF", zone: "Europe/Budapest", weight: 3, routingType: "BIC" },
  { code: "KW", currency: "KWD", zone: "Asia/Kuwait", weight: 2, routingType: "BIC" },
  { code: "CH", currency: "CHF", zone: "Europe/Zurich", weight: 1, routingType: "BIC" },
];

/** Rough worth of one US dollar, so that amounts look right; no rate of any day. */
export const UNITS_PER_DOLLAR: Readonly<Record<string, number>> = {
  USD: 1,
  GBP: 0.8,
  EUR: 0.9,
  INR: 85,
  JPY: 150,
  HUF: 370,
  KWD: 0.31,
  CHF: 0.9,
};

export interface Category {
  readonly name: string;
  readonly mcc: string;
  /** Median ticket, US dollars. */
  readonly median: number;
  readonly weight: number;
}

export const CATEGORIES: readonly [Category, ...Category[]] = [
  { name: "grocery", mcc: "5411", median: 38, weight: 18 },
  { name: "restaurant", mcc: "5812", median: 27, weight: 14 },
  { name: "coffee", mcc: "5814", median: 6, weight: 10 },
  { name: "fuel", mcc: "5541", median: 45, weight: 8 },
  { name: "electronics", mcc: "5732", median: 180, weight: 6 },
  { name: "clothing", mcc: "5651", median: 64, weight: 9 },
  { name: "pharmacy", mcc: "5912", median: 22, weight: 7 },
  { name: "travel", mcc: "4722", median: 320, weight: 4 },
  { name: "streaming", mcc: "4899", median: 13, weight: 6 },
  { name: "utilities", mcc: "4900", median: 95, weight: 6 },
  { name: "insurance", mcc: "6300", median: 140, weight: 4 },
  { name: "games", mcc: "5816", median: 17, weight: 5 },
  { name: "hotel", mcc: "7011", median: 210, weight: 3 },
];

export const GIVEN_NAMES_F = [
  ..."Ada Amélie Anna Chloé Clara Elif Emma Fatima Grace Hana Inès Julia Kavya Laura Maya Mei Nora Olivia Priya Rosa Sofía Yuki Zoë".split(
    " ",
  ),
];
export const GIVEN_NAMES_M = [
  ..."Aarav Adam Ali Ben Carlos David Emil Hiro Imre Jack Jürgen Kenji Leo Liam Marco Noah Omar Paul René Sam Tomás Vikram Yusuf".split(
    " ",
  ),
];
export const FAMILY_NAMES = [
  ..."Álvarez Brown Chen Dubois Eriksson Fischer García Haddad Ivanova Jones Kaya Kovács Lee Martin Müller Nakamura Nguyen Okafor Patel Quinn Rossi Schäfer Singh Smith Suzuki Taylor Weber Wilson Yamada Zhang".split(
    " ",
  ),
];
export const MERCHANT_WORDS = [
  ..."Amber Atlas Birch Blue Cedar City Corner Delta Falcon Garden Golden Harbour Iris Juniper Kite Lotus Maple Metro North Oak Orchid Pearl Quartz River Sierra Summit Tulip Union Vista Willow".split(
    " ",
  ),
];
export const STREETS = [..."Bridge Castle Church Garden High Lake Market Mill Park Station".split(" ")];

/** Share of each rail among opened payments. */
export const PAYMENT_TYPE_WEIGHTS: readonly (readonly [PaymentType, number])[] = [
  ["CARD", 55],
  ["P2P", 10],
  ["ACH", 8],
  ["SEPA", 7],
  ["RTP", 6],
  ["DIRECT_DEBIT", 6],
  ["STANDING_ORDER", 3],
  ["WIRE", 3],
  ["CHECK", 2],
];

/** ISO 8583 response codes of declined cards, the frequent ones. */
export const CARD_DECLINES = ["51", "05", "54", "61", "65", "14", "57", "91"] as const;
/** ISO 20022 external status reasons. */
export const TRANSFER_DECLINES = ["AC04", "AM04", "AC06", "AG01"] as const;
/** Nacha return reasons: funds, closed, no account, invalid number, unauthorised, corporate not authorised. */
export const ACH_RETURNS = ["R01", "R02", "R03", "R04", "R10", "R29"] as const;
export const SEPA_RETURNS = ["AC04", "AM04", "MD06", "MS03"] as const;
export const DEBIT_RETURNS = ["AM04", "MD01", "MD06", "AC06"] as const;
export const CHECK_RETURNS = ["NSF", "STOP_PAYMENT", "ACCOUNT_CLOSED"] as const;

export const SIGNAL_REASONS = [
  "DEVICE_MISMATCH",
  "GEO_VELOCITY",
  "NEW_PAYEE",
  "UNUSUAL_AMOUNT",
  "KNOWN_PATTERN",
] as const;
