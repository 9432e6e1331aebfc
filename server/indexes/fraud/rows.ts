import { z } from "zod";
import {
  big,
  coordinatesOf,
  flag,
  moneyOf,
  type Row,
  real,
  realOrNull,
  text,
  textOrNull,
  whole,
  wholeOrNull,
} from "../../query/values";
import { AlertReason, type AlertRow, type BlacklistRow, CaseStatus, type TransactionStep } from "./contract";

/** Columns of `alerts` an alert row is made of. */
export const ALERT_COLUMNS = `alert_id, rule, severity, action, rule_version, reasons, entity_type, entity_id, party_role,
  transaction_id, fraud_signal_id, user_id, merchant_id, counterparty_id, card_token, card_last4, payment_type,
  amount_minor, currency, exponent, event_time, detected_at, business_date, source, source_partition, source_offset`;

const EntityType = z.enum(["party", "card", "transaction"]);
const Reasons = z.array(AlertReason);

/** One row of `alerts` joined with its case. */
export function alertRow(row: Row, names: ReadonlyMap<string, string>, snoozedUntil: string | null): AlertRow {
  const assigneeId = textOrNull(row, "assignee_id");
  return {
    alertId: text(row, "alert_id"),
    rule: text(row, "rule"),
    severity: text(row, "severity"),
    action: text(row, "action"),
    ruleVersion: text(row, "rule_version"),
    reasons: Reasons.parse(JSON.parse(text(row, "reasons"))),
    entityType: EntityType.parse(row.entity_type),
    entityId: text(row, "entity_id"),
    partyRole: textOrNull(row, "party_role"),
    transactionId: textOrNull(row, "transaction_id"),
    fraudSignalId: textOrNull(row, "fraud_signal_id"),
    userId: textOrNull(row, "user_id"),
    merchantId: textOrNull(row, "merchant_id"),
    counterpartyId: textOrNull(row, "counterparty_id"),
    cardToken: textOrNull(row, "card_token"),
    cardLast4: textOrNull(row, "card_last4"),
    paymentType: textOrNull(row, "payment_type"),
    amount: moneyOf(row),
    eventTime: text(row, "event_time"),
    detectedAt: text(row, "detected_at"),
    businessDate: text(row, "business_date"),
    coordinates: coordinatesOf(row),
    status: CaseStatus.parse(row.status),
    assigneeId,
    assigneeName: assigneeId === null ? null : (names.get(assigneeId) ?? null),
    caseVersion: Number(text(row, "case_version")),
    snoozedUntil,
  };
}

/** Columns of `transactions` a lifecycle step is made of. */
export const STEP_COLUMNS = `transaction_id, event_id, payment_type, status, amount_minor, currency, exponent, user_id,
  merchant_id, counterparty_id, event_time, ingested_at, category, mcc, channel, country, decline_code, return_code,
  card_last4, originator_name, originator_account, beneficiary_name, beneficiary_account, decision, is_late,
  source, source_partition, source_offset`;

/** Names and accounts are null for those who do not need them. */
export function transactionStep(row: Row, seesNames: boolean): TransactionStep {
  const shown = (name: string) => (seesNames ? textOrNull(row, name) : null);
  return {
    transactionId: text(row, "transaction_id"),
    eventId: textOrNull(row, "event_id"),
    paymentType: text(row, "payment_type"),
    status: text(row, "status"),
    amount: moneyOf(row),
    userId: text(row, "user_id"),
    merchantId: textOrNull(row, "merchant_id"),
    counterpartyId: textOrNull(row, "counterparty_id"),
    eventTime: text(row, "event_time"),
    ingestedAt: text(row, "ingested_at"),
    category: textOrNull(row, "category"),
    mcc: textOrNull(row, "mcc"),
    channel: textOrNull(row, "channel"),
    country: textOrNull(row, "country"),
    declineCode: textOrNull(row, "decline_code"),
    returnCode: textOrNull(row, "return_code"),
    cardLast4: textOrNull(row, "card_last4"),
    originatorName: shown("originator_name"),
    originatorAccount: shown("originator_account"),
    beneficiaryName: shown("beneficiary_name"),
    beneficiaryAccount: shown("beneficiary_account"),
    decision: text(row, "decision"),
    isLate: flag(row, "is_late"),
    coordinates: {
      source: text(row, "source"),
      partition: text(row, "source_partition"),
      offset: big(row, "source_offset"),
    },
  };
}

/** Blacklist entries with the removal that ended each, if any. An entry holds while no removal is newer. */
export const blacklistSql = (blacklist: string, removals: string): string => `
  SELECT b.*, r.removed_at, r.removed_by, r.reason AS removal_reason
    FROM ${blacklist} b
    LEFT JOIN (SELECT party_id, role, rule, removed_at, removed_by, reason FROM ${removals}) r
      ON r.party_id = b.party_id AND r.role = b.role AND r.rule = b.rule AND r.removed_at >= b.added_at
 QUALIFY row_number() OVER (PARTITION BY b.party_id, b.role, b.rule, b.added_at ORDER BY r.removed_at NULLS LAST) = 1`;

export function blacklistRow(row: Row, names: ReadonlyMap<string, string>): BlacklistRow {
  const addedBy = text(row, "added_by");
  const removedAt = textOrNull(row, "removed_at");
  const removedBy = textOrNull(row, "removed_by");
  return {
    partyId: text(row, "party_id"),
    role: text(row, "role"),
    rule: text(row, "rule"),
    since: text(row, "since"),
    businessDate: text(row, "business_date"),
    count: wholeOrNull(row, "count"),
    previousCount: wholeOrNull(row, "previous_count"),
    threshold: realOrNull(row, "threshold"),
    ruleVersion: text(row, "rule_version"),
    alertId: textOrNull(row, "alert_id"),
    addedAt: text(row, "added_at"),
    addedBy: names.get(addedBy) ?? addedBy,
    removed:
      removedAt === null || removedBy === null
        ? null
        : { at: removedAt, by: names.get(removedBy) ?? removedBy, reason: text(row, "removal_reason") },
  };
}

export const signalOf = (row: Row) => ({
  fraudSignalId: text(row, "fraud_signal_id"),
  fraudScore: real(row, "fraud_score"),
  reasonCode: textOrNull(row, "reason_code"),
  modelVersion: textOrNull(row, "model_version"),
  eventTime: text(row, "event_time"),
});

export const countOf = (row: Row | undefined, name: string): number => (row === undefined ? 0 : whole(row, name));
