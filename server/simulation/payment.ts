import type { PaymentType } from "../pipeline/records";
import type { Step } from "./lifecycle";
import type { Customer, Merchant } from "./world";

/** A payment of the synthetic world, with what its events have in common already written. */
export interface Payment {
  readonly id: string;
  readonly type: PaymentType;
  readonly customer: number;
  readonly userId: string;
  /** Number of the customer who receives; -1 where a merchant does. */
  readonly counterparty: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly cardNumber: string | null;
  readonly steps: readonly Step[];
  /** Its end-to-end id, or with a merchant its PSP reference. */
  readonly reference: string;
  readonly originator: string;
  readonly originatorAccount: string;
  readonly merchant: Merchant | null;
  /** JSON between the event's own fields and its end. */
  readonly common: string;
  /** Business day (days since 1970-01-01) of its newest event; -1 before the first. */
  lastDay: number;
  /** Signals sent before its first event; told to the truth once that is out. */
  signalsAhead: { readonly signal: string; readonly severity: "HIGH" | "MEDIUM" }[];
  twin: Twin | null;
}

/** Two payments planted to be mistaken: one and the same under two ids, or two that nothing on a statement tells apart. */
export interface Twin {
  readonly kind: "duplicate_internal" | "ambiguous";
  /** The same for both. */
  readonly pair: string;
}

export interface PaymentFacts {
  readonly id: string;
  readonly type: PaymentType;
  readonly customer: number;
  readonly originator: Customer;
  readonly merchant: Merchant | null;
  readonly counterparty: number;
  readonly beneficiary: Customer | null;
  readonly amountMinor: number;
  readonly currency: string;
  readonly channel: string;
  readonly cardNumber: string | null;
  readonly steps: readonly Step[];
}

export function createPayment(facts: PaymentFacts): Payment {
  const { id, type, customer, originator, merchant, counterparty, beneficiary, cardNumber } = facts;
  const receiver =
    merchant === null
      ? `"counterparty_id":"${beneficiary?.id ?? ""}"`
      : `"merchant_id":"${merchant.id}","category":"${merchant.category.name}","mcc":"${merchant.category.mcc}"`;
  const card = cardNumber === null ? "" : `,"card_number":"${cardNumber}"`;
  const reference = `${merchant === null ? "E2E" : "PSP"}-${id}`;
  const named = `"${merchant === null ? "end_to_end_id" : "psp_reference"}":"${reference}"`;
  const country = (merchant ?? originator).country.code;
  const block = merchant?.block ?? beneficiary?.block ?? "{}";
  return {
    id,
    type,
    customer,
    userId: originator.id,
    counterparty,
    amountMinor: facts.amountMinor,
    currency: facts.currency,
    cardNumber,
    steps: facts.steps,
    reference,
    originator: originator.name,
    originatorAccount: originator.account,
    merchant,
    common: `"user_id":"${originator.id}",${receiver},"channel":"${facts.channel}","country":"${country}"${card},${named},"originator":${originator.block},"beneficiary":${block},"customer":${originator.attributes}}`,
    lastDay: -1,
    signalsAhead: [],
    twin: null,
  };
}

/** The other one of a pair: a new id, and a reference of its own unless it is the same payment once more. */
export function twinOf(payment: Payment, id: string, twin: Twin): Payment {
  const other = { ...payment, id, twin, lastDay: -1, signalsAhead: [] };
  if (twin.kind === "duplicate_internal") return other;
  const reference = `${payment.reference.slice(0, 4)}${id}`;
  return { ...other, reference, common: payment.common.replace(`"${payment.reference}"`, `"${reference}"`) };
}

/** One event as a line of Concordance's own envelope (config/mappings/concordance-transactions.yaml). */
export function eventText(payment: Payment, index: number, eventTime: string, processingMs: number): string {
  const step = payment.steps[index];
  const { id, type, amountMinor, currency, common } = payment;
  const decline = step?.declineCode === undefined ? "" : `"decline_code":"${step.declineCode}",`;
  const returned = step?.returnCode === undefined ? "" : `"return_code":"${step.returnCode}",`;
  return `{"transaction_id":"${id}","event_id":"${id}.${index}","payment_type":"${type}","status":"${step?.status ?? ""}","amount_minor":${amountMinor},"currency":"${currency}","event_time":"${eventTime}",${decline}${returned}"processing_ms":${processingMs},${common}`;
}

export interface SignalFacts {
  readonly id: string;
  readonly transactionId: string;
  readonly userId: string;
  readonly score: number;
  readonly reason: string;
  readonly eventTime: string;
}

/** One fraud signal (config/mappings/concordance-signals.yaml). */
export function signalText({ id, transactionId, userId, score, reason, eventTime }: SignalFacts): string {
  return `{"fraud_signal_id":"${id}","transaction_id":"${transactionId}","fraud_score":${score},"reason_code":"${reason}","model_version":"sim-1","event_time":"${eventTime}","user_id":"${userId}"}`;
}

/** ISO 8601 with milliseconds; the text of the last second is kept, for times come in order. */
export function createTimeFormatter(): (ms: number) => string {
  let second = Number.NaN;
  let text = "";
  return (ms) => {
    const whole = Math.floor(ms);
    const nowSecond = Math.floor(whole / 1_000);
    if (nowSecond !== second) {
      second = nowSecond;
      text = new Date(nowSecond * 1_000).toISOString().slice(0, 20);
    }
    return `${text}${String(whole - nowSecond * 1_000).padStart(3, "0")}Z`;
  };
}
