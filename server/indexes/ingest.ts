import type { DuckDBConnection } from "@duckdb/node-api";
import type { TableSpec } from "../lake/types";
import { ALERT_PUBLICATIONS } from "../notify/tables";
import { FRAUD_SIGNALS, INGEST_BALANCE, QUARANTINE, TRANSACTIONS } from "../pipeline/tables";
import type { Projection } from "../projection/projection";
import { DIM_CUSTOMERS, DIM_FEE_PLANS, DIM_MERCHANTS, DIM_PAYOUT_TERMS, DIM_STOLEN_CARDS } from "../reference/tables";
import { STATEMENT_FILES, STATEMENT_LINES, STATEMENTS } from "../statements/intake/tables";
import { createScoreProjection } from "./fraud/events";
import { createPartyProjection } from "./fraud/projection";
import type { EffectiveSettings } from "./fraud/settings";
import { ALERTS, BLACKLIST, BLACKLIST_REMOVALS, PARTY_DAYS, STOLEN_CARD_SUMMARIES } from "./fraud/tables";
import { createDeclineProjection } from "./fraud/tick";
import { createMerchantProjection } from "./merchants/projection";
import { MERCHANT_CUSTOMERS, MERCHANTS_PARTIAL } from "./merchants/tables";
import { createOpsProjections } from "./ops/projection";
import { OPS_LATENCY, OPS_MINUTES } from "./ops/tables";
import { RECONCILIATION, RECONCILIATION_DECISIONS } from "./reconciliation/tables";
import { SETTLEMENT, SETTLEMENT_HOLDS } from "./settlement/tables";

/** Every table of the lake. */
export const ALL_TABLES: readonly TableSpec[] = [
  TRANSACTIONS,
  FRAUD_SIGNALS,
  QUARANTINE,
  INGEST_BALANCE,
  ALERTS,
  BLACKLIST,
  BLACKLIST_REMOVALS,
  PARTY_DAYS,
  STOLEN_CARD_SUMMARIES,
  MERCHANTS_PARTIAL,
  MERCHANT_CUSTOMERS,
  OPS_MINUTES,
  OPS_LATENCY,
  ALERT_PUBLICATIONS,
  DIM_MERCHANTS,
  DIM_CUSTOMERS,
  DIM_STOLEN_CARDS,
  DIM_PAYOUT_TERMS,
  DIM_FEE_PLANS,
  STATEMENT_LINES,
  STATEMENTS,
  STATEMENT_FILES,
  RECONCILIATION,
  RECONCILIATION_DECISIONS,
  SETTLEMENT_HOLDS,
  SETTLEMENT,
];

/** Every projection, all on one connection. */
export const allProjections = (connection: DuckDBConnection, settings: () => EffectiveSettings): Projection[] => [
  createPartyProjection(connection, settings),
  createDeclineProjection(connection, settings),
  createScoreProjection(connection, settings),
  createMerchantProjection(connection),
  ...createOpsProjections(),
];
