import { formatMinor } from "../domain/money";
import type { AlertRow, BlacklistRow } from "../indexes/fraud/contract";
import type { MerchantRow } from "../indexes/merchants/contract";
import type { QuarantineRow, TableFacts } from "../indexes/ops/contract";
import type { FileCell, FileColumn } from "../query/row-file";

type Column<Row> = FileColumn<Row>;

const column =
  (type: Column<unknown>["type"]) =>
  <Row>(name: string, of: (row: Row) => FileCell): Column<Row> => ({ name, type, of });
const text = column("VARCHAR");
const whole = column("BIGINT");
const real = column("DOUBLE");
const instant = column("TIMESTAMPTZ");
const date = column("DATE");

type Money = { readonly amountMinor: bigint; readonly currency: string; readonly exponent: number } | null;

/** An amount as an exact decimal for people, and as minor units for programs. */
const money = <Row>(of: (row: Row) => Money): Column<Row>[] => [
  text("amount", (row) => decimalOf(of(row)?.amountMinor ?? null, of(row)?.exponent ?? null)),
  whole("amount_minor", (row) => of(row)?.amountMinor ?? null),
  text("currency", (row) => of(row)?.currency ?? null),
  whole("exponent", (row) => of(row)?.exponent ?? null),
];

const decimalOf = (minor: bigint | null, exponent: number | null): string | null =>
  minor === null || exponent === null ? null : formatMinor(minor, exponent);

type Coordinates = { readonly source: string; readonly partition: string; readonly offset: bigint } | null;

const coordinates = <Row>(of: (row: Row) => Coordinates): Column<Row>[] => [
  text("source", (row) => of(row)?.source ?? null),
  text("source_partition", (row) => of(row)?.partition ?? null),
  whole("source_offset", (row) => of(row)?.offset ?? null),
];

export const ALERT_FILE: readonly Column<AlertRow>[] = [
  text("alert_id", (row) => row.alertId),
  instant("detected_at", (row) => row.detectedAt),
  instant("event_time", (row) => row.eventTime),
  date("business_date", (row) => row.businessDate),
  text("rule", (row) => row.rule),
  text("rule_version", (row) => row.ruleVersion),
  text("severity", (row) => row.severity),
  text("action", (row) => row.action),
  text("reasons", (row) => JSON.stringify(row.reasons)),
  text("status", (row) => row.status),
  text("assignee", (row) => row.assigneeName),
  instant("snoozed_until", (row) => row.snoozedUntil),
  text("entity_type", (row) => row.entityType),
  text("entity_id", (row) => row.entityId),
  text("party_role", (row) => row.partyRole),
  text("transaction_id", (row) => row.transactionId),
  text("fraud_signal_id", (row) => row.fraudSignalId),
  text("user_id", (row) => row.userId),
  text("merchant_id", (row) => row.merchantId),
  text("counterparty_id", (row) => row.counterpartyId),
  text("card_token", (row) => row.cardToken),
  text("card_last4", (row) => row.cardLast4),
  text("payment_type", (row) => row.paymentType),
  ...money<AlertRow>((row) => row.amount),
  ...coordinates<AlertRow>((row) => row.coordinates),
];

export const BLACKLIST_FILE: readonly Column<BlacklistRow>[] = [
  text("party_id", (row) => row.partyId),
  text("role", (row) => row.role),
  text("rule", (row) => row.rule),
  instant("since", (row) => row.since),
  date("business_date", (row) => row.businessDate),
  whole("count", (row) => row.count),
  whole("previous_count", (row) => row.previousCount),
  real("threshold", (row) => row.threshold),
  text("rule_version", (row) => row.ruleVersion),
  text("alert_id", (row) => row.alertId),
  instant("added_at", (row) => row.addedAt),
  text("added_by", (row) => row.addedBy),
  instant("removed_at", (row) => row.removed?.at ?? null),
  text("removed_by", (row) => row.removed?.by ?? null),
  text("removed_reason", (row) => row.removed?.reason ?? null),
];

const minor = (name: string, of: (row: MerchantRow) => bigint | null): Column<MerchantRow>[] => [
  text(name, (row) => decimalOf(of(row), row.exponent)),
  whole(`${name}_minor`, of),
];

export const MERCHANT_FILE: readonly Column<MerchantRow>[] = [
  text("merchant_id", (row) => row.merchantId),
  text("name", (row) => row.name),
  text("risk_level", (row) => row.riskLevel),
  text("mcc", (row) => row.mcc),
  text("country", (row) => row.country),
  text("currency", (row) => row.currency),
  whole("exponent", (row) => row.exponent),
  whole("events", (row) => row.events),
  whole("received", (row) => row.received),
  whole("pending", (row) => row.pending),
  whole("approved", (row) => row.approved),
  whole("declined", (row) => row.declined),
  whole("settled", (row) => row.settled),
  whole("failed", (row) => row.failed),
  whole("returned", (row) => row.returned),
  whole("refunded", (row) => row.refunded),
  whole("chargebacks", (row) => row.chargebacks),
  whole("denied", (row) => row.denied),
  ...minor("gross_amount", (row) => row.grossMinor),
  ...minor("refunded_amount", (row) => row.refundedMinor),
  ...minor("returned_amount", (row) => row.returnedMinor),
  ...minor("chargeback_amount", (row) => row.chargebackMinor),
  ...minor("net_amount", (row) => row.netMinor),
  ...minor("average_ticket", (row) => row.averageTicketMinor),
  real("approval_rate", (row) => row.approvalRate),
  real("refund_rate", (row) => row.refundRate),
  real("chargeback_rate", (row) => row.chargebackRate),
  whole("customers", (row) => row.customers),
  instant("last_event_time", (row) => row.lastEventTime),
];

export const QUARANTINE_FILE: readonly Column<QuarantineRow>[] = [
  text("quarantine_id", (row) => row.quarantineId),
  instant("ingested_at", (row) => row.ingestedAt),
  text("code", (row) => row.code),
  text("stage", (row) => row.stage),
  text("field", (row) => row.field),
  text("message", (row) => row.message),
  whole("raw_bytes", (row) => row.rawBytes),
  text("transaction_id", (row) => row.transactionId),
  text("user_id", (row) => row.userId),
  instant("event_time", (row) => row.eventTime),
  ...money<QuarantineRow>((row) => row.amount),
  ...coordinates<QuarantineRow>((row) => row.coordinates),
];

export const TABLE_FILE: readonly Column<TableFacts>[] = [
  text("name", (row) => row.name),
  text("kind", (row) => row.kind),
  text("description", (row) => row.description),
  text("path", (row) => row.path),
  whole("version", (row) => row.version),
  instant("committed_at", (row) => row.committedAt),
  whole("rows", (row) => row.rows),
  whole("files", (row) => row.files),
  whole("bytes", (row) => row.bytes),
  whole("small_files", (row) => row.smallFiles),
  whole("log_days", (row) => row.logDays),
  whole("data_days", (row) => row.dataDays),
];
