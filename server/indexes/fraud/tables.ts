import { optional, required, type TableSpec } from "../../lake/types";
import { SOURCE_COORDINATES } from "../../pipeline/tables";

const optionalCoordinates = SOURCE_COORDINATES.map((column) => ({ ...column, nullable: true }));

export const ALERTS: TableSpec = {
  name: "alerts",
  kind: "raw",
  description: "One row per time a rule fired: by the indexer where the event alone decides, else by the projector",
  columns: [
    required("alert_id", "string", "Deterministic id of rule, entity and what fired it"),
    required(
      "rule",
      "string",
      "fraud_score, stolen_card, velocity, acceleration, blacklisted_party or repeated_declines",
    ),
    required("severity", "string", "HIGH, MEDIUM or LOW"),
    required("action", "string", "PAYMENT_ALERT, DENY or REVIEW"),
    required("rule_version", "string", "Which settings were in force"),
    required("reasons", "string", "JSON array of {name, value, threshold} that made it fire"),
    required("entity_type", "string", "party, card or transaction: what the alert is about"),
    required("entity_id", "string", "Id of that entity (a card's token)"),
    optional("party_role", "string", "originator or beneficiary"),
    optional("transaction_id", "string", "The event's payment"),
    optional("fraud_signal_id", "string", "The signal, for fraud_score"),
    optional("user_id", "string", "Originator"),
    optional("merchant_id", "string", "Merchant"),
    optional("counterparty_id", "string", "Counterparty"),
    optional("card_token", "string", "Card"),
    optional("card_last4", "string", "Card's last four digits"),
    optional("payment_type", "string", "Rail"),
    optional("amount_minor", "bigint", "Amount of the event, minor units"),
    optional("currency", "string", "ISO 4217 code"),
    optional("exponent", "int", "Decimal places of amount_minor"),
    required("event_time", "timestamp", "When the event that made it fire happened"),
    required("detected_at", "timestamp", "When the rule fired"),
    required("business_date", "date", "Business date of the event"),
    ...optionalCoordinates,
  ],
  partitionBy: [],
  key: ["alert_id"],
  sortBy: ["detected_at"],
  retention: { logDays: 2, dataDays: null },
};

export const BLACKLIST: TableSpec = {
  name: "blacklist",
  kind: "raw",
  description: "One row per blacklisted party, role and rule: the first day and count that fired",
  columns: [
    required("party_id", "string", "User or counterparty"),
    required("role", "string", "originator or beneficiary"),
    required("rule", "string", "velocity, acceleration, or manual where a person did it"),
    required("since", "timestamp", "Time of the event that made the rule fire"),
    required("business_date", "date", "The day that caused it"),
    optional("count", "bigint", "The count that fired: the first that was over the threshold"),
    optional("previous_count", "bigint", "For acceleration: the count of the previous interval"),
    optional("threshold", "double", "For velocity a count, for acceleration a ratio"),
    required("rule_version", "string", "Which settings were in force"),
    optional("alert_id", "string", "The alert that tells of it"),
    required("added_at", "timestamp", "When it was stored"),
    required("added_by", "string", "rule, or the person's user id"),
  ],
  partitionBy: [],
  key: ["party_id", "role", "rule", "business_date"],
  sortBy: ["added_at"],
  retention: { logDays: 2555, dataDays: null },
};

export const BLACKLIST_REMOVALS: TableSpec = {
  name: "blacklist_removals",
  kind: "raw",
  description:
    "One row per explicit act by a person that took a party off the blacklist; an entry holds while no removal is newer",
  columns: [
    required("party_id", "string", "User or counterparty"),
    required("role", "string", "originator or beneficiary"),
    required("rule", "string", "Rule of the entry removed"),
    required("removed_at", "timestamp", "When"),
    required("removed_by", "string", "The person's user id"),
    required("reason", "string", "Why, in the person's words"),
  ],
  partitionBy: [],
  key: ["party_id", "role", "rule", "removed_at"],
  sortBy: ["removed_at"],
  retention: { logDays: 2555, dataDays: null },
};

/** Increments: sum `payments` per party, role and day. */
export const PARTY_DAYS: TableSpec = {
  name: "fraud_party_days",
  kind: "partial",
  description: "Payments per party, role and business day, as increments to be summed; feeds velocity and acceleration",
  columns: [
    required("party_id", "string", "User or counterparty"),
    required("role", "string", "originator or beneficiary"),
    required("business_date", "date", "Business date of the events"),
    required(
      "payments",
      "bigint",
      "Payments added by this increment, each counted at its first stored event of the day",
    ),
    required("accelerated", "boolean", "The acceleration rule fired in this increment"),
    required("last_event_time", "timestamp", "Newest of them"),
  ],
  partitionBy: [],
  key: ["party_id", "role", "business_date"],
  sortBy: ["business_date", "party_id"],
  retention: { logDays: 2, dataDays: 30 },
};

export const STOLEN_CARD_SUMMARIES: TableSpec = {
  name: "stolen_card_summaries",
  kind: "partial",
  description: "PAYMENT_ALERT_SUMMARY: every 10 s, per stolen card seen in the 60 minutes before",
  columns: [
    required("summary_at", "timestamp", "End of the window"),
    required("window_start", "timestamp", "Start of the window"),
    required("card_token", "string", "Card"),
    optional("card_last4", "string", "Card's last four digits"),
    required("events", "bigint", "Events of the card in the window"),
    required("sums", "string", "JSON array of {currency, exponent, amountMinor} (amounts as decimal strings)"),
    required("first_seen", "timestamp", "First event in the window"),
    required("last_seen", "timestamp", "Last event in the window"),
    required("merchants", "string", "JSON array of merchant ids, sorted"),
  ],
  partitionBy: [],
  key: ["summary_at", "card_token"],
  sortBy: ["summary_at", "card_token"],
  retention: { logDays: 2, dataDays: 30 },
};
