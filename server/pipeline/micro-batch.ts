import { invariant } from "../domain/errors";
import { deterministicId, newId } from "../domain/ids";
import { TableBuffer } from "../lake/table-buffer";
import type { TableSpec } from "../lake/types";
import type { FraudSignal, Rejection, TransactionEvent } from "./records";
import type { Coordinates, Verdict } from "./steps";
import { FRAUD_SIGNALS, INGEST_BALANCE, QUARANTINE, TRANSACTIONS } from "./tables";

/** Raw bytes above this go to an object of their own instead of a quarantine row. */
const RAW_INLINE_BYTES_MAX = 262_144;

export interface BalanceLine {
  readonly source: string;
  readonly partition: string;
  readonly businessDay: number | null;
  recordsIn: number;
  accepted: number;
  quarantined: number;
  duplicates: number;
  late: number;
  bytesIn: number;
}

interface PartitionRange {
  readonly source: string;
  readonly partition: string;
  offsetFrom: bigint;
  offsetTo: bigint;
  newestEventMicros: bigint | null;
}

/**
 * Everything between two flushes: the rows of each table as columns, the balance, and how far each mark moves.
 * Which table already holds a record is decided before a row gets here.
 */
export class MicroBatch {
  readonly id = newId();
  readonly transactions = new TableBuffer(TRANSACTIONS);
  readonly signals = new TableBuffer(FRAUD_SIGNALS);
  readonly quarantine = new TableBuffer(QUARANTINE);
  readonly balance = new TableBuffer(INGEST_BALANCE);
  readonly alerts: TableBuffer;
  /** Mark name -> the version it moves to. */
  readonly marks = new Map<string, bigint>();
  /** Mark name -> the table its source's rows go to. */
  readonly producedBy = new Map<string, "transactions" | "fraud_signals">();
  readonly largeRaws: { readonly key: string; readonly bytes: Uint8Array }[] = [];
  readonly openedAtMs: number;
  recordsIn = 0;
  bytesIn = 0;
  /** Some records of this batch were already held by some of the tables: a restart fell between two commits. */
  recovering = false;
  private sealed = false;
  private readonly lines = new Map<string, BalanceLine>();
  private lastLine: BalanceLine | null = null;
  private readonly ranges = new Map<string, PartitionRange>();
  private lastRange: PartitionRange | null = null;

  constructor(alertsSpec: TableSpec, openedAtMs: number) {
    this.alerts = new TableBuffer(alertsSpec);
    this.openedAtMs = openedAtMs;
  }

  get rows(): number {
    return this.recordsIn;
  }

  get empty(): boolean {
    return this.marks.size === 0;
  }

  addTransaction(event: TransactionEvent, at: Coordinates, verdict: Verdict, late: boolean, nowMicros: bigint): void {
    const row = this.transactions;
    row.begin();
    row.text(event.transactionId);
    row.text(event.eventId);
    row.text(event.paymentType);
    row.text(event.status);
    row.big(event.amountMinor);
    row.text(event.currency);
    row.int(event.exponent);
    row.text(event.userId);
    row.text(event.merchantId);
    row.text(event.counterpartyId);
    row.big(event.eventTimeMicros);
    row.big(nowMicros);
    row.int(event.businessDay);
    row.text(event.category);
    row.text(event.mcc);
    row.text(event.channel);
    row.text(event.country);
    row.text(event.declineCode);
    row.text(event.returnCode);
    row.text(event.cardToken);
    row.text(event.cardLast4);
    row.text(event.endToEndId);
    row.text(event.pspReference);
    row.big(event.processingMs === null ? null : BigInt(event.processingMs));
    row.text(event.originator.name);
    row.text(event.originator.account);
    row.text(event.originator.routingType);
    row.text(event.originator.routingValue);
    row.text(event.beneficiary.name);
    row.text(event.beneficiary.account);
    row.text(event.beneficiary.routingType);
    row.text(event.beneficiary.routingValue);
    row.text(event.customerGender);
    row.text(event.customerKycStatus);
    row.text(event.customerRiskRating);
    row.repeatedText(verdict.decision);
    row.text(verdict.decisionReason);
    row.flag(late);
    row.repeatedText(at.source);
    row.repeatedText(at.partition);
    row.big(at.position);
    row.end();
  }

  addSignal(signal: FraudSignal, at: Coordinates, late: boolean, nowMicros: bigint): void {
    this.signals.push([
      signal.fraudSignalId,
      signal.transactionId,
      signal.fraudScore,
      signal.reasonCode,
      signal.modelVersion,
      signal.eventTimeMicros,
      nowMicros,
      signal.businessDay,
      late,
      at.source,
      at.partition,
      at.position,
    ]);
  }

  addQuarantine(rejection: Rejection, at: Coordinates, rawBytes: number, nowMicros: bigint): void {
    const id = deterministicId("quarantine", at.source, at.partition, String(at.position));
    const large = rejection.maskedRaw.byteLength > RAW_INLINE_BYTES_MAX;
    const key = `quarantine_raw/${id}`;
    if (large) this.largeRaws.push({ key, bytes: rejection.maskedRaw });
    this.quarantine.push([
      id,
      rejection.code,
      rejection.stage,
      rejection.field,
      rejection.message,
      large ? null : rejection.maskedRaw,
      BigInt(rawBytes),
      large ? key : null,
      rejection.transactionId,
      rejection.userId,
      rejection.amountMinor,
      rejection.currency,
      rejection.exponent,
      rejection.eventTimeMicros,
      rejection.businessDay,
      nowMicros,
      at.source,
      at.partition,
      at.position,
    ]);
  }

  /** The line of the balance that a record of this partition and business day belongs to. */
  line(source: string, partition: string, businessDay: number | null): BalanceLine {
    invariant(!this.sealed, "a sealed batch takes no more records");
    const { lastLine } = this;
    if (lastLine?.businessDay === businessDay && lastLine.partition === partition && lastLine.source === source) {
      return lastLine;
    }
    const key = `${source}\u001f${partition}\u001f${businessDay}`;
    const found = this.lines.get(key);
    if (found !== undefined) {
      this.lastLine = found;
      return found;
    }
    const line = {
      source,
      partition,
      businessDay,
      recordsIn: 0,
      accepted: 0,
      quarantined: 0,
      duplicates: 0,
      late: 0,
      bytesIn: 0,
    };
    this.lines.set(key, line);
    return line;
  }

  extendRange(source: string, partition: string, position: bigint, newestEventMicros: bigint | null): void {
    const range = this.rangeOf(source, partition, position);
    if (position < range.offsetFrom) range.offsetFrom = position;
    if (position > range.offsetTo) range.offsetTo = position;
    range.newestEventMicros = newestEventMicros;
  }

  private rangeOf(source: string, partition: string, position: bigint): PartitionRange {
    const { lastRange } = this;
    if (lastRange?.partition === partition && lastRange.source === source) return lastRange;
    const key = `${source}\u001f${partition}`;
    const range = this.ranges.get(key) ?? {
      source,
      partition,
      offsetFrom: position,
      offsetTo: position,
      newestEventMicros: null,
    };
    this.ranges.set(key, range);
    this.lastRange = range;
    return range;
  }

  /** Turns the balance into rows; refuses a batch whose records are not all accounted for (invariant 5). */
  sealBalance(nowMicros: bigint): void {
    this.sealed = true;
    let [accepted, quarantined] = [0, 0];
    for (const line of this.lines.values()) {
      invariant(
        line.recordsIn === line.accepted + line.quarantined + line.duplicates,
        `balance of ${line.source}/${line.partition}: in ${line.recordsIn} is not accepted ${line.accepted} + quarantined ${line.quarantined} + duplicates ${line.duplicates}`,
      );
      accepted += line.accepted;
      quarantined += line.quarantined;
      this.balance.push(this.balanceRow(line, nowMicros));
    }
    const rows = this.transactions.rows + this.signals.rows;
    invariant(this.recovering || rows === accepted, `balance: ${rows} rows for ${accepted} accepted records`);
    invariant(
      this.recovering || this.quarantine.rows === quarantined,
      `balance: ${this.quarantine.rows} quarantine rows for ${quarantined} quarantined records`,
    );
  }

  private balanceRow(line: BalanceLine, nowMicros: bigint) {
    const range = this.ranges.get(`${line.source}\u001f${line.partition}`);
    invariant(range !== undefined, "a balance line has a range");
    return [
      this.id,
      line.businessDay,
      line.source,
      line.partition,
      range.offsetFrom,
      range.offsetTo,
      BigInt(line.recordsIn),
      BigInt(line.accepted),
      BigInt(line.quarantined),
      BigInt(line.duplicates),
      BigInt(line.late),
      BigInt(line.bytesIn),
      range.newestEventMicros,
      nowMicros,
    ];
  }
}
