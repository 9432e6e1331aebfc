import { optional, required, type TableSpec } from "../../lake/types";

/** Increments: sum every measure per merchant, day, currency and exponent. Names after the statuses of the lifecycle. */
export const MERCHANTS_PARTIAL: TableSpec = {
  name: "merchants_partial",
  kind: "partial",
  description: "Per merchant, business day and currency, in real time, as increments to be summed",
  columns: [
    required("merchant_id", "string", "Merchant"),
    required("business_date", "date", "Business date of the events"),
    optional("currency", "string", "ISO 4217 code; null where the source carries no amounts"),
    optional("exponent", "int", "Decimal places of the sums"),
    required("events", "bigint", "All events"),
    required("received", "bigint", "RECEIVED events"),
    required("pending", "bigint", "PENDING events"),
    required("approved", "bigint", "APPROVED events"),
    required("declined", "bigint", "DECLINED events"),
    required("settled", "bigint", "SETTLED events"),
    required("failed", "bigint", "FAILED events"),
    required("returned", "bigint", "RETURNED events"),
    required("refunded", "bigint", "REFUNDED events"),
    required("chargebacks", "bigint", "CHARGEBACK events"),
    required("denied", "bigint", "Events with decision DENY"),
    optional("gross_minor", "bigint", "Sum of SETTLED amounts, minor units"),
    optional("refunded_minor", "bigint", "Sum of REFUNDED amounts as positive numbers, minor units"),
    optional("returned_minor", "bigint", "Sum of RETURNED amounts as positive numbers, minor units"),
    optional("chargeback_minor", "bigint", "Sum of CHARGEBACK amounts as positive numbers, minor units"),
    required(
      "new_customers",
      "bigint",
      "Customers not seen before with this merchant, day and currency: their sum is the distinct count",
    ),
    required("last_event_time", "timestamp", "Newest event"),
  ],
  partitionBy: [],
  key: ["merchant_id", "business_date", "currency", "exponent"],
  sortBy: ["business_date", "merchant_id"],
  retention: { logDays: 2, dataDays: 30 },
};

export const MERCHANT_CUSTOMERS: TableSpec = {
  name: "merchant_customers",
  kind: "partial",
  description:
    "Each customer once per merchant, business day and currency: what makes distinct counts exact across restarts",
  columns: [
    required("merchant_id", "string", "Merchant"),
    required("business_date", "date", "Business date of the events"),
    optional("currency", "string", "ISO 4217 code"),
    required("user_id", "string", "Customer"),
  ],
  partitionBy: [],
  key: ["merchant_id", "business_date", "currency", "user_id"],
  sortBy: ["business_date", "merchant_id"],
  retention: { logDays: 2, dataDays: 30 },
};
