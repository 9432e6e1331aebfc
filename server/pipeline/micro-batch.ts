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

export interface PartitionRange {
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
  private readonly ranges = new Map<string, PartitionRange>();

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
    const c = this.transactions.columns;
    let i = 0;
    const put = (value: string | bigint | number | boolean | null) => c[i++]?.push(value);
    put(event.transactionId);
    put(event.eventId);
    put(event.paymentType);
    put(event.status);
    put(event.amountMinor);
    put(event.currency);
    put(event.exponent);
    put(event.userId);
    put(event.merchantId);
    put(event.counterpartyId);
    put(event.eventTimeMicros);
    put(nowMicros);
    put(event.businessDay);
    put(event.category);
    put(event.mcc);
    put(event.channel);
    put(event.country);
    put(event.declineCode);
    put(event.returnCode);
    put(event.cardToken);
    put(event.cardLast4);
    put(event.endToEndId);
    put(event.pspReference);
    put(event.processingMs === null ? null : BigInt(event.processingMs));
    put(event.originator.name);
    put(event.originator.account);
    put(event.originator.routingType);
    put(event.originator.routingValue);
    put(event.beneficiary.name);
    put(event.beneficiary.account);
    put(event.beneficiary.routingType);
    put(event.beneficiary.routingValue);
    put(event.customerGender);
    put(event.customerKycStatus);
    put(event.customerRiskRating);
    put(verdict.decision);
    put(verdict.decisionReason);
    put(late);
    put(at.source);
    put(at.partition);
    put(at.position);
    invariant(i === c.length, "a transaction row fills every column");
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
    const key = `${source}\u001f${partition}\u001f${businessDay}`;
    const found = this.lines.get(key);
    if (found !== undefined) return found;
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
    const key = `${source}\u001f${partition}`;
    const range = this.ranges.get(key);
    if (range === undefined) {
      this.ranges.set(key, { offsetFrom: position, offsetTo: position, newestEventMicros });
      return;
    }
    if (position < range.offsetFrom) range.offsetFrom = position;
    if (position > range.offsetTo) range.offsetTo = position;
    range.newestEventMicros = newestEventMicros;
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
