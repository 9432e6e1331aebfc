import { invariant } from "../domain/errors";
import { exponentOf } from "../domain/money";
import { businessDate, dayNumber } from "../domain/time";
import {
  CATEGORIES,
  type Category,
  COUNTRIES,
  type Country,
  FAMILY_NAMES,
  GIVEN_NAMES_F,
  GIVEN_NAMES_M,
  MERCHANT_WORDS,
  STREETS,
  UNITS_PER_DOLLAR,
} from "./catalog";
import { hash32, hashText, type Prng } from "./prng";

export interface WorldOptions {
  readonly seed: string;
  readonly customers: number;
  readonly merchants: number;
  /** Exponent of the Zipf law over merchants; 0 makes them equal. */
  readonly zipf: number;
  /** Share of cards on the stolen list. */
  readonly stolenRate: number;
}

export interface Merchant {
  readonly id: string;
  readonly name: string;
  readonly country: Country;
  readonly category: Category;
  readonly exponent: number;
  readonly risk: "LOW" | "MEDIUM" | "HIGH";
  /** The beneficiary block of its events, as JSON. */
  readonly block: string;
}

export interface Customer {
  readonly id: string;
  readonly name: string;
  readonly gender: string;
  readonly country: Country;
  readonly exponent: number;
  readonly account: string;
  /** The originator or beneficiary block of its events, as JSON. */
  readonly block: string;
  /** The customer block of its events, as JSON. */
  readonly attributes: string;
}

const EPOCH_DAY_BORN = dayNumber("1950-01-01");
const BORN_DAYS = 20_000;
const ONBOARDED_FROM = dayNumber("2015-01-01");
const KYC = ["VERIFIED", "VERIFIED", "VERIFIED", "VERIFIED", "PENDING", "EXPIRED"];
const RISK = ["LOW", "LOW", "LOW", "LOW", "MEDIUM", "MEDIUM", "HIGH"];
/** Ranges reserved by the schemes for testing, or long used in examples. */
const BINS = ["411111", "545454", "400000", "555555"];
const FEE_PLANS = ["standard", "standard", "blended", "interchange_plus"];
/** Plan, payment type, percent, fixed minor units. */
const FEE_RULES = [
  ["standard", "CARD", "1.9", 20],
  ["standard", "*", "0.8", 10],
  ["blended", "*", "1.5", 15],
  ["interchange_plus", "CARD", "0.95", 8],
  ["interchange_plus", "*", "0.5", 5],
] as const;

/**
 * The synthetic payment world of one seed. Customers and cards are functions of their number, so a world of millions
 * costs no memory; merchants are kept.
 */
export class World {
  readonly merchants: readonly Merchant[];
  private readonly seed: number;
  private readonly shares: Float64Array;
  private readonly countryShares: Float64Array;
  private readonly categoryShares: Float64Array;

  constructor(readonly options: WorldOptions) {
    this.seed = hashText(options.seed);
    this.countryShares = cumulative(COUNTRIES.map(({ weight }) => weight));
    this.categoryShares = cumulative(CATEGORIES.map(({ weight }) => weight));
    this.merchants = Array.from({ length: options.merchants }, (_, index) => this.merchantAt(index));
    this.shares = cumulative(this.merchants.map((_, index) => 1 / (index + 1) ** options.zipf));
  }

  customerId(index: number): string {
    return `C${String(index).padStart(7, "0")}`;
  }

  customer(index: number): Customer {
    const pick = (salt: number) => hash32(this.seed, index, salt);
    const gender = pick(1) % 100 < 49 ? "F" : pick(1) % 100 < 98 ? "M" : "X";
    const given = gender === "F" ? GIVEN_NAMES_F : GIVEN_NAMES_M;
    const name = `${at(given, pick(2))} ${at(FAMILY_NAMES, pick(3))}`;
    const country = atShare(COUNTRIES, this.countryShares, pick(4));
    const account = `A${9_000_000_000 - index}`;
    return {
      id: this.customerId(index),
      name,
      gender,
      country,
      exponent: exponent(country.currency),
      account,
      block: block(name, account, country, pick(5)),
      attributes: `{"gender":"${gender}","kyc_status":"${at(KYC, pick(6))}","risk_rating":"${at(RISK, pick(7))}"}`,
    };
  }

  /** The customer's card: 16 digits with their check digit. */
  cardNumber(index: number): string {
    const digits = `${at(BINS, hash32(this.seed, index, 8))}${String(index).padStart(9, "0")}`;
    return `${digits}${checkDigit(digits)}`;
  }

  isStolen(index: number): boolean {
    return hash32(this.seed, index, 9) < this.options.stolenRate * 2 ** 32;
  }

  pickMerchant(prng: Prng): Merchant {
    const merchant = this.merchants[search(this.shares, prng.float())];
    invariant(merchant !== undefined, "a share without a merchant");
    return merchant;
  }

  /** `merchants.csv` of the lake's reference folder. */
  merchantsCsv(): string {
    const rows = this.merchants.map(({ id, name, risk, category, country }, index) => {
      const pick = (salt: number) => hash32(this.seed, index, salt);
      const onboarded = businessDate(ONBOARDED_FROM + (pick(24) % 3_600));
      const reserve = risk === "HIGH" ? 10 : risk === "MEDIUM" ? 5 : 0;
      const plan = at(FEE_PLANS, pick(25));
      return `${id},${name},${risk},${category.mcc},${onboarded},${country.code},${1 + (pick(26) % 3)},17:00,${country.zone},${plan},${reserve},${pick(27) % 100 === 0}`;
    });
    const header =
      "merchant_id,name,risk_level,mcc,onboarded_on,country,payout_delay_days,payout_cutoff,payout_zone,fee_plan,reserve_percent,payout_hold";
    return `${[header, ...rows].join("\n")}\n`;
  }

  /** `fee_plans.csv`: what the plans of the merchants cost, in the smallest amounts that make sense in every currency. */
  feePlansCsv(): string {
    const header = "fee_plan,currency,payment_type,effective_from,percent,fixed_minor,minimum_minor,maximum_minor";
    const rows = FEE_RULES.map(([plan, type, percent, fixed]) => `${plan},*,${type},2020-01-01,${percent},${fixed},,`);
    return `${[header, ...rows].join("\n")}\n`;
  }

  /** `customers.csv`: the first `count` customers. Some lack a field, as real files do. */
  customersCsv(count: number): string {
    const rows = [
      "user_id,name,gender,birth_date,address,country,identification_number,kyc_status,risk_rating",
      ...Array.from({ length: Math.min(count, this.options.customers) }, (_, index) => {
        const { id, name, gender, country } = this.customer(index);
        const pick = (salt: number) => hash32(this.seed, index, salt);
        const born = pick(30) % 50 === 0 ? "" : businessDate(EPOCH_DAY_BORN + (pick(30) % BORN_DAYS));
        const address = pick(31) % 60 === 0 ? "" : `${1 + (pick(31) % 200)} ${at(STREETS, pick(32))} Street`;
        const document = pick(33) % 40 === 0 ? "" : `${country.code}${pick(33).toString(36).toUpperCase()}`;
        return `${id},${name},${gender},${born},${address},${country.code},${document},${at(KYC, pick(6))},${at(RISK, pick(7))}`;
      }),
    ];
    return `${rows.join("\n")}\n`;
  }

  /** `stolen_cards.csv`: every stolen card of the world. */
  stolenCardsCsv(): string {
    const rows = ["card_number,reported_at"];
    for (let index = 0; index < this.options.customers; index++) {
      if (this.isStolen(index)) rows.push(`${this.cardNumber(index)},2025-01-01T00:00:00Z`);
    }
    return `${rows.join("\n")}\n`;
  }

  private merchantAt(index: number): Merchant {
    const pick = (salt: number) => hash32(this.seed, index, salt);
    const country = atShare(COUNTRIES, this.countryShares, pick(20));
    const category = atShare(CATEGORIES, this.categoryShares, pick(21));
    const words = `${at(MERCHANT_WORDS, pick(22))} ${at(MERCHANT_WORDS, pick(23))}`;
    const name = `${words} ${category.name.charAt(0).toUpperCase()}${category.name.slice(1)}`;
    const risk = pick(28) % 20 === 0 ? "HIGH" : pick(28) % 5 === 0 ? "MEDIUM" : "LOW";
    return {
      id: `M${String(index).padStart(5, "0")}`,
      name,
      country,
      category,
      exponent: exponent(country.currency),
      risk,
      block: block(name, `B${8_000_000_000 - index}`, country, pick(29)),
    };
  }
}

/** An amount of about `medianDollars` in minor units of the currency; at least one. */
export function amountMinor(prng: Prng, medianDollars: number, currency: string, places: number): number {
  const worth = medianDollars * Math.exp(prng.normal() * 0.7) * (UNITS_PER_DOLLAR[currency] ?? 1);
  return Math.max(1, Math.round(worth * 10 ** places));
}

function exponent(currency: string): number {
  const places = exponentOf(currency);
  invariant(places !== null, `the catalogue has no currency ${currency}`);
  return places;
}

const block = (name: string, account: string, country: Country, random: number): string =>
  `{"name":"${name}","account":"${account}","routing_type":"${country.routingType}","routing_value":"${country.code}${random % 1_000_000}"}`;

const at = (items: readonly string[], random: number): string => items[random % items.length] ?? "";

function atShare<T>(items: readonly [T, ...T[]], shares: Float64Array, random: number): T {
  return items[search(shares, random / 2 ** 32)] ?? items[0];
}

/** Running shares of the total, for `search`. */
export function cumulative(weights: readonly number[]): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let running = 0;
  return Float64Array.from(weights, (weight) => {
    running += weight / total;
    return running;
  });
}

/** The first index whose running share is above `at`. */
export function search(shares: Float64Array, at: number): number {
  let low = 0;
  let high = shares.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((shares[middle] ?? 1) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** ISO/IEC 7812-1. */
function checkDigit(digits: string): number {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    const doubled = index % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return (10 - (sum % 10)) % 10;
}
