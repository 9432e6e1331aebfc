import type { SearchHit } from "@/server/console/contract";

const WORDS: Readonly<Record<SearchHit["kind"], string>> = {
  transaction: "Transaction",
  event: "Event",
  alert: "Alert",
  merchant: "Merchant",
  user: "User",
  counterparty: "Counterparty",
  card: "Card",
  signal: "Fraud signal",
  quarantine: "Quarantined record",
  coordinates: "Source coordinates",
};

/** What was found, in a word. */
export const kindWords = (kind: SearchHit["kind"]): string => WORDS[kind];
