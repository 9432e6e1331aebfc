import type { Result } from "../domain/result";

/** What a source yields, whatever its transport: bytes and where they stood. */
export interface RawRecord {
  readonly bytes: Uint8Array;
  readonly position: bigint;
  /** Set where positions repeat in the source, once per partition: then its name is part of what a mapping calls `position`. */
  readonly partition?: string;
  /** Set where the source kept only the beginning: the record's full size, bytes. */
  readonly bytesTotal?: number;
}

/** Consecutive records of one partition of one source. */
export interface RawBatch {
  readonly source: string;
  readonly partition: string;
  readonly records: readonly RawRecord[];
}

export const PAYMENT_TYPES = [
  "CARD",
  "ACH",
  "WIRE",
  "RTP",
  "SEPA",
  "DIRECT_DEBIT",
  "CHECK",
  "STANDING_ORDER",
  "P2P",
] as const;
export type PaymentType = (typeof PAYMENT_TYPES)[number];

export const STATUSES = [
  "RECEIVED",
  "PENDING",
  "APPROVED",
  "DECLINED",
  "SETTLED",
  "FAILED",
  "RETURNED",
  "REFUNDED",
  "CHARGEBACK",
] as const;
export type PaymentStatus = (typeof STATUSES)[number];

export interface PartyBlock {
  readonly name: string | null;
  readonly account: string | null;
  readonly routingType: string | null;
  readonly routingValue: string | null;
}

/** The canonical transaction event (PRODUCT.md section 1). The card number never gets this far: token and last four do. */
export interface TransactionEvent {
  readonly kind: "transaction";
  readonly transactionId: string;
  readonly eventId: string | null;
  readonly paymentType: PaymentType;
  readonly status: PaymentStatus;
  /** Null only where the mapping states that the source carries no amounts. */
  readonly amountMinor: bigint | null;
  readonly currency: string | null;
  readonly exponent: number | null;
  readonly userId: string;
  readonly merchantId: string | null;
  readonly counterpartyId: string | null;
  /** Microseconds since the epoch, UTC. */
  readonly eventTimeMicros: bigint;
  /** Days since 1970-01-01 of the business date in the source's business zone. */
  readonly businessDay: number;
  readonly category: string | null;
  readonly mcc: string | null;
  readonly channel: string | null;
  readonly country: string | null;
  readonly declineCode: string | null;
  readonly returnCode: string | null;
  readonly cardToken: string | null;
  readonly cardLast4: string | null;
  readonly endToEndId: string | null;
  readonly pspReference: string | null;
  readonly processingMs: number | null;
  readonly originator: PartyBlock;
  readonly beneficiary: PartyBlock;
  readonly customerGender: string | null;
  readonly customerKycStatus: string | null;
  readonly customerRiskRating: string | null;
  /** Text that names this event once: the event id, else transaction + status + time; null where the key is the record's own position. */
  readonly dedupeKey: string | null;
}

export interface FraudSignal {
  readonly kind: "fraud_signal";
  readonly fraudSignalId: string;
  readonly transactionId: string;
  readonly fraudScore: number;
  readonly reasonCode: string | null;
  readonly modelVersion: string | null;
  readonly eventTimeMicros: bigint;
  readonly businessDay: number;
  readonly dedupeKey: string | null;
}

export type QuarantineStage = "decode" | "map" | "validate";

/** Why a record was not accepted, with what could be read of it, so that quarantined money is known. */
export interface Rejection {
  readonly code: string;
  readonly stage: QuarantineStage;
  readonly field: string | null;
  readonly message: string;
  /** Bytes to keep, card numbers masked. */
  readonly maskedRaw: Uint8Array;
  readonly transactionId: string | null;
  readonly userId: string | null;
  readonly amountMinor: bigint | null;
  readonly currency: string | null;
  readonly exponent: number | null;
  readonly eventTimeMicros: bigint | null;
  readonly businessDay: number | null;
}

export type Decoded = Result<TransactionEvent | FraudSignal, Rejection>;

/** Bytes to a canonical event, never throwing on data. One is compiled per source from its mapping. */
export type DecodeRecord = (record: RawRecord) => Decoded;
