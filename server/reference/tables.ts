import { optional, required, type TableSpec } from "../lake/types";

const RETENTION = { logDays: 2555, dataDays: null } as const;

export const DIM_MERCHANTS: TableSpec = {
  name: "dim_merchants",
  kind: "dimension",
  description: "Merchants; each load replaces all rows in one version",
  columns: [
    required("merchant_id", "string", "Merchant"),
    required("name", "string", "Name"),
    optional("risk_level", "string", "LOW, MEDIUM or HIGH"),
    optional("mcc", "string", "Merchant category code (ISO 18245)"),
    optional("onboarded_on", "date", "Onboarding date"),
    optional("country", "string", "ISO 3166 alpha-2 code"),
    optional("payout_delay_days", "int", "Business days from capture to payout"),
    optional("payout_cutoff", "string", "Cut-off, local time HH:MM"),
    optional("payout_zone", "string", "IANA zone of the cut-off"),
    optional("fee_plan", "string", "Fee plan"),
    optional("reserve_percent", "double", "Rolling reserve, percent of gross"),
    optional("payout_hold", "boolean", "Payouts are held"),
  ],
  partitionBy: [],
  key: ["merchant_id"],
  sortBy: ["merchant_id"],
  retention: RETENTION,
};

export const DIM_CUSTOMERS: TableSpec = {
  name: "dim_customers",
  kind: "dimension",
  description: "Customers with their KYC fields; each load replaces all rows in one version",
  columns: [
    required("user_id", "string", "Customer"),
    optional("name", "string", "Name"),
    optional("gender", "string", "F, M or another value"),
    optional("birth_date", "date", "Date of birth"),
    optional("address", "string", "Address"),
    optional("country", "string", "ISO 3166 alpha-2 code"),
    optional("identification_number", "string", "Identification number"),
    optional("kyc_status", "string", "KYC status"),
    optional("risk_rating", "string", "Risk rating"),
  ],
  partitionBy: [],
  key: ["user_id"],
  sortBy: ["user_id"],
  retention: RETENTION,
};

export const DIM_STOLEN_CARDS: TableSpec = {
  name: "dim_stolen_cards",
  kind: "dimension",
  description: "Cards reported stolen, by token; each load replaces all rows in one version",
  columns: [
    required("card_token", "string", "Keyed HMAC of the card number"),
    optional("card_last4", "string", "Last four digits"),
    optional("reported_at", "timestamp", "When it was reported stolen"),
  ],
  partitionBy: [],
  key: ["card_token"],
  sortBy: ["card_token"],
  retention: RETENTION,
};

/** What a merchant is paid and when, from a date on; the most exact row holds: merchant and currency, merchant, currency, everyone. */
export const DIM_PAYOUT_TERMS: TableSpec = {
  name: "dim_payout_terms",
  kind: "dimension",
  description: "Payout terms by merchant, currency and first day; each load replaces all rows in one version",
  columns: [
    required("merchant_id", "string", "Merchant, or * for every one"),
    required("currency", "string", "ISO 4217 code, or * for every one"),
    required("effective_from", "date", "First business date; the oldest hold for all that came before too"),
    required("delay_days", "int", "Business days from the date of the sale until it may be paid out: N of T+N"),
    required(
      "cutoff",
      "string",
      "Until when a sale counts for its date: local time HH:MM, 24:00 for the end of the day",
    ),
    required("zone", "string", "IANA zone of the cut-off"),
    optional("calendar", "string", "fed, target, uk, weekends or always; null: that of the currency"),
    required("schedule", "string", "business_day, week or month"),
    optional("schedule_days", "string", "Weekdays 1 (Monday) to 7, or days of the month, separated by spaces"),
    optional("fee_plan", "string", "Fee plan; null: no fee is agreed"),
    optional("reserve_percent", "double", "Rolling reserve, percent of a payout's gross"),
    optional("reserve_days", "int", "Calendar days the reserve is kept"),
    optional("minimum_minor", "bigint", "Less than this is carried to the next payout, minor units"),
  ],
  partitionBy: [],
  key: ["merchant_id", "currency", "effective_from"],
  sortBy: ["merchant_id", "currency", "effective_from"],
  retention: RETENTION,
};

/** What a payment costs a merchant of a plan, from a date on; the most exact row holds: currency before *, payment type before *. */
export const DIM_FEE_PLANS: TableSpec = {
  name: "dim_fee_plans",
  kind: "dimension",
  description: "Fee rules by plan, currency, payment type and first day; each load replaces all rows in one version",
  columns: [
    required("fee_plan", "string", "Plan"),
    required("currency", "string", "ISO 4217 code, or * for every one"),
    required("payment_type", "string", "Payment type, or * for every one"),
    required("effective_from", "date", "First business date; the oldest hold for all that came before too"),
    required("percent", "double", "Percent of the amount"),
    required("fixed_minor", "bigint", "Added to it, minor units"),
    optional("minimum_minor", "bigint", "At least, minor units"),
    optional("maximum_minor", "bigint", "At most, minor units"),
  ],
  partitionBy: [],
  key: ["fee_plan", "currency", "payment_type", "effective_from"],
  sortBy: ["fee_plan", "currency", "payment_type", "effective_from"],
  retention: RETENTION,
};
