import type { DuckDBConnection } from "@duckdb/node-api";
import { deterministicId } from "../../domain/ids";
import type { Lake } from "../../lake/lake";
import { scanSql } from "../../lake/scan";
import type { CellValue } from "../../lake/table-buffer";
import type { TransactionEvent } from "../../pipeline/records";
import type { Coordinates, InlineRules, StoredDecision, Verdict } from "../../pipeline/steps";
import type { EffectiveSettings } from "./settings";
import { BLACKLIST, BLACKLIST_REMOVALS } from "./tables";

export interface BlacklistEntry {
  readonly partyId: string;
  readonly role: string;
  readonly rule: string;
}

export interface BroadcastLists {
  /** Card token -> last four digits. */
  readonly stolenCards: ReadonlyMap<string, string | null>;
  readonly blacklist: ReadonlyMap<string, BlacklistEntry>;
  readonly settings: EffectiveSettings;
}

/** The rules an event and two small lists decide: stolen_card and blacklisted_party (PRODUCT.md section 2, fraud). */
export function createInlineRules({ stolenCards, blacklist, settings }: BroadcastLists): InlineRules {
  const stolen = (event: TransactionEvent) => event.cardToken !== null && stolenCards.has(event.cardToken);
  const entryOf = (event: TransactionEvent) =>
    blacklist.get(event.userId) ?? (event.counterpartyId === null ? undefined : blacklist.get(event.counterpartyId));

  const alertsOf = (event: TransactionEvent, at: Coordinates, nowMicros: bigint, deniedBy: string | null) => {
    const alerts: (readonly CellValue[])[] = [];
    const { version } = settings.on(event.businessDay);
    if (stolen(event) && event.cardToken !== null) {
      const facts = {
        rule: "stolen_card",
        severity: "HIGH",
        action: "PAYMENT_ALERT",
        entityType: "card",
        entityId: event.cardToken,
      };
      const reasons = [{ name: "card_on_stolen_list", value: event.cardLast4, threshold: null }];
      alerts.push(alertRow(facts, reasons, version, event, at, nowMicros));
    }
    if (deniedBy !== null) {
      const [partyId = "", role = null, rule = ""] = splitReason(deniedBy);
      const facts = {
        rule: "blacklisted_party",
        severity: "HIGH",
        action: "DENY",
        entityType: "party",
        entityId: partyId,
        role,
      };
      const reasons = [{ name: "blacklisted_by", value: rule, threshold: null }];
      alerts.push(alertRow(facts, reasons, version, event, at, nowMicros));
    }
    return alerts;
  };

  return {
    evaluate: (event, at, nowMicros): Verdict => {
      const entry = entryOf(event);
      if (entry === undefined && !stolen(event)) return APPROVED;
      const decisionReason = entry === undefined ? null : JSON.stringify([entry.partyId, entry.role, entry.rule]);
      return {
        decision: entry === undefined ? "APPROVE" : "DENY",
        decisionReason,
        alerts: alertsOf(event, at, nowMicros, decisionReason),
      };
    },
    recall: (event, at, nowMicros, stored: StoredDecision) => alertsOf(event, at, nowMicros, stored.decisionReason),
  };
}

const APPROVED: Verdict = { decision: "APPROVE", decisionReason: null, alerts: [] };

function splitReason(reason: string): string[] {
  const parts: unknown = JSON.parse(reason);
  return Array.isArray(parts) ? parts.map(String) : [];
}

interface AlertFacts {
  readonly rule: string;
  readonly severity: string;
  readonly action: string;
  readonly entityType: string;
  readonly entityId: string;
  readonly role?: string | null;
}

/** One row of the alerts table, in the order of its columns. */
function alertRow(
  facts: AlertFacts,
  reasons: readonly object[],
  version: string,
  event: TransactionEvent,
  at: Coordinates,
  nowMicros: bigint,
): CellValue[] {
  return [
    deterministicId("alert", facts.rule, facts.entityId, at.source, at.partition, String(at.position)),
    facts.rule,
    facts.severity,
    facts.action,
    version,
    JSON.stringify(reasons),
    facts.entityType,
    facts.entityId,
    facts.role ?? null,
    event.transactionId,
    null,
    event.userId,
    event.merchantId,
    event.counterpartyId,
    event.cardToken,
    event.cardLast4,
    event.paymentType,
    event.amountMinor,
    event.currency,
    event.exponent,
    event.eventTimeMicros,
    nowMicros,
    event.businessDay,
    at.source,
    at.partition,
    at.position,
  ];
}

/** An entry holds while no removal is newer (docs/rules.md). */
export const ACTIVE_BLACKLIST_SQL = (blacklist: string, removals: string): string => `
  SELECT b.* FROM ${blacklist} b
   WHERE NOT EXISTS (SELECT 1 FROM ${removals} r
                      WHERE r.party_id = b.party_id AND r.role = b.role AND r.rule = b.rule AND r.removed_at >= b.added_at)`;

/** Active entries by party: the first to have been added where several rules listed one party. */
export async function readActiveBlacklist(
  connection: DuckDBConnection,
  lake: Lake,
): Promise<Map<string, BlacklistEntry>> {
  const [entries, removals] = await Promise.all(
    [BLACKLIST, BLACKLIST_REMOVALS].map((spec) => scanSql(lake.store, spec, lake.table(spec.name).current().files)),
  );
  const reader = await connection.runAndReadAll(
    `SELECT party_id, role, rule FROM (${ACTIVE_BLACKLIST_SQL(entries ?? "", removals ?? "")}) ORDER BY added_at, role, rule`,
  );
  const active = new Map<string, BlacklistEntry>();
  for (const [partyId, role, rule] of reader.getRowsJS()) {
    const entry = { partyId: String(partyId), role: String(role), rule: String(rule) };
    if (!active.has(entry.partyId)) active.set(entry.partyId, entry);
  }
  return active;
}
