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
