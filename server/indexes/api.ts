import { INGEST_BALANCE, QUARANTINE } from "../pipeline/tables";
import { ALERTS, BLACKLIST, PARTY_DAYS, STOLEN_CARD_SUMMARIES } from "./fraud/tables";
import { MERCHANT_CUSTOMERS, MERCHANTS_PARTIAL } from "./merchants/tables";
import type { IndexName } from "./names";
import { OPS_LATENCY, OPS_MINUTES } from "./ops/tables";
import { RECONCILIATION } from "./reconciliation/tables";
import { SETTLEMENT, SETTLEMENT_HOLDS } from "./settlement/tables";

/** What the server knows of an index beside its name: health, freshness and exports read this. */
export interface IndexApi {
  /** Tables of the index; where the projector writes one, its marks say how far it got. */
  readonly tables: readonly string[];
  /** Whose newest value is the index's watermark. */
  readonly watermark: { readonly table: string; readonly column: string };
}

export const INDEX_APIS: Readonly<Record<IndexName, IndexApi>> = {
  fraud: {
    tables: [ALERTS.name, BLACKLIST.name, PARTY_DAYS.name, STOLEN_CARD_SUMMARIES.name],
    watermark: { table: PARTY_DAYS.name, column: "last_event_time" },
  },
  reconciliation: {
    tables: [RECONCILIATION.name],
    watermark: { table: RECONCILIATION.name, column: "business_date" },
  },
  merchants: {
    tables: [MERCHANTS_PARTIAL.name, MERCHANT_CUSTOMERS.name],
    watermark: { table: MERCHANTS_PARTIAL.name, column: "last_event_time" },
  },
  settlement: {
    tables: [SETTLEMENT.name, SETTLEMENT_HOLDS.name],
    watermark: { table: SETTLEMENT.name, column: "business_date" },
  },
  ops: {
    tables: [OPS_MINUTES.name, OPS_LATENCY.name, INGEST_BALANCE.name, QUARANTINE.name],
    watermark: { table: INGEST_BALANCE.name, column: "newest_event_time" },
  },
};
