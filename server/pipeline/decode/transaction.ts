import { isLuhnValid } from "../../domain/card";
import type { ZoneClock } from "../../domain/time";
import { KNOWN_PAYMENT_TYPES, KNOWN_STATUSES, type TransactionMapping } from "../mapping/schema";
import type { PartyBlock, PaymentStatus, PaymentType, TransactionEvent } from "../records";
import { compileAmount, type ReadAmount } from "./amount";
import type { DecoderOptions, Partial } from "./decoder";
import { compileEventTime } from "./event-time";
import { type Fault, fault } from "./fault";
import { compileField, isFault } from "./field";
import { type FormatReader, type ParsedRecord, scalarText } from "./format";

/**
 * Thrown and caught inside one record only: it carries the first fault up from a field deep in the event. Not an Error,
 * because taking a stack costs more than all the rest of refusing a record.
 */
class Rejected {
  constructor(readonly fault: Fault) {}
}

/** Compiles the transaction half of a mapping. Faults come in a fixed order: identity first, then money, then time. */
export function compileTransaction(
  mapping: TransactionMapping,
  format: FormatReader,
  clock: ZoneClock,
  options: Pick<DecoderOptions, "tokenize" | "nowMicros">,
) {
  const { fields } = mapping;
  const field = (name: keyof typeof fields & string) => {
    const rule = fields[name];
    return compileField(name, rule as Parameters<typeof compileField>[1], format);
  };
  const transactionId = field("transaction_id");
  const userId = field("user_id");
  const merchantId = field("merchant_id");
  const counterpartyId = field("counterparty_id");
  const paymentType = field("payment_type");
  const status = field("status");
  const processingMs = field("processing_ms");
  const card = cardReader(mapping, format, options.tokenize);
  const [eventId, category, mcc, channel] = [field("event_id"), field("category"), field("mcc"), field("channel")];
  const [country, declineCode, returnCode] = [field("country"), field("decline_code"), field("return_code")];
  const [endToEndId, pspReference] = [field("end_to_end_id"), field("psp_reference")];
  const [gender, kycStatus] = [field("customer_gender"), field("customer_kyc_status")];
  const riskRating = field("customer_risk_rating");
  const amount = compileAmount(mapping.amount, format);
  const negative = mapping.amount === "none" ? "any" : (mapping.amount.negative ?? []);
  const eventTime = compileEventTime(mapping.event_time, format, options.nowMicros);
  const originator = partyReader("originator", fields.originator, format);
  const beneficiary = partyReader("beneficiary", fields.beneficiary, format);

  const event = (record: ParsedRecord): TransactionEvent => {
    const id = required(transactionId(record), "missing_transaction_id", "transaction_id");
    const user = required(userId(record), "missing_user_id", "user_id");
    const merchant = orThrow(merchantId(record));
    const counterparty = orThrow(counterpartyId(record));
    if (merchant === null && counterparty === null) {
      throw new Rejected(fault("validate", "missing_beneficiary", "merchant_id", "neither merchant nor counterparty"));
    }
    const type = member<PaymentType>(paymentType(record), KNOWN_PAYMENT_TYPES, "unknown_payment_type", "payment_type");
    const state = member<PaymentStatus>(status(record), KNOWN_STATUSES, "unknown_status", "status");
    const money = orThrow(amount(record));
    checkSign(money, state, negative);
    const eventTimeMicros = orThrow(eventTime(record));
    const event = orThrow(eventId(record));
    const reference = card(record);
    return {
      kind: "transaction",
      transactionId: id,
      eventId: event,
      paymentType: type,
      status: state,
      amountMinor: money.amountMinor,
      currency: money.currency,
      exponent: money.exponent,
      userId: user,
      merchantId: merchant,
      counterpartyId: counterparty,
      eventTimeMicros,
      businessDay: clock.businessDay(eventTimeMicros),
      category: orThrow(category(record)),
      mcc: orThrow(mcc(record)),
      channel: orThrow(channel(record)),
      country: orThrow(country(record)),
      declineCode: orThrow(declineCode(record)),
      returnCode: orThrow(returnCode(record)),
      cardToken: reference?.token ?? null,
      cardLast4: reference?.last4 ?? null,
      endToEndId: orThrow(endToEndId(record)),
      pspReference: orThrow(pspReference(record)),
      processingMs: wholeNumber(processingMs(record), "processing_ms"),
      originator: originator(record),
      beneficiary: beneficiary(record),
      customerGender: orThrow(gender(record)),
      customerKycStatus: orThrow(kycStatus(record)),
      customerRiskRating: orThrow(riskRating(record)),
      dedupeKey: mapping.key === "position" ? null : (event ?? id),
    };
  };

  return {
    event: (record: ParsedRecord): TransactionEvent | Fault => caught(() => event(record)),
    partial: (record: ParsedRecord): Partial => ({
      transactionId: orNull(transactionId(record)),
      userId: orNull(userId(record)),
      amount: orNull(amount(record)),
      eventTimeMicros: orNull(eventTime(record)),
    }),
  };
}

export function caught<T>(work: () => T): T | Fault {
  try {
    return work();
  } catch (error) {
    if (error instanceof Rejected) return error.fault;
    throw error;
  }
}

export function orThrow<T>(value: T | Fault): T {
  if (isFault(value)) throw new Rejected(value);
  return value;
}

export const orNull = <T>(value: T | Fault): T | null => (isFault(value) ? null : value);

export function required(value: string | null | Fault, code: Fault["code"], name: string): string {
  const text = orThrow(value);
  if (text === null) throw new Rejected(fault("validate", code, name, "is missing or empty"));
  return text;
}

function member<T extends string>(
  value: string | null | Fault,
  known: ReadonlySet<string>,
  code: Fault["code"],
  name: string,
): T {
  const text = orThrow(value);
  if (text !== null && known.has(text)) return text as T;
  throw new Rejected(
    fault("validate", code, name, text === null ? "is missing" : `"${text.slice(0, 60)}" is not known`),
  );
}

function checkSign(money: ReadAmount, status: PaymentStatus, negative: "any" | readonly PaymentStatus[]): void {
  if (money.amountMinor === null || money.amountMinor >= 0n || negative === "any" || negative.includes(status)) return;
  throw new Rejected(fault("validate", "negative_amount", "amount", `negative with status ${status}`));
}

function wholeNumber(value: string | null | Fault, name: string): number | null {
  const text = orThrow(value);
  if (text === null) return null;
  if (!/^\d{1,15}$/.test(text)) throw new Rejected(fault("validate", "bad_number", name, "is not a whole number"));
  return Number(text);
}

const NO_PARTY: PartyBlock = { name: null, account: null, routingType: null, routingValue: null };

function partyReader(name: string, party: TransactionMapping["fields"]["originator"], format: FormatReader) {
  if (party === undefined) return () => NO_PARTY;
  const read = (key: "name" | "account" | "routing_type" | "routing_value") =>
    compileField(`${name}.${key}`, party[key], format);
  const [partyName, account, routingType, routingValue] = [
    read("name"),
    read("account"),
    read("routing_type"),
    read("routing_value"),
  ];
  return (record: ParsedRecord): PartyBlock => {
    const found = {
      name: orThrow(partyName(record)),
      account: orThrow(account(record)),
      routingType: orThrow(routingType(record)),
      routingValue: orThrow(routingValue(record)),
    };
    return (found.name ?? found.account ?? found.routingType ?? found.routingValue) ? found : NO_PARTY;
  };
}

const CARD_DIGITS = /^\d{13,19}$/;

/** Reads the card number before any checked text is made of it: it leaves here as a token or not at all. */
function cardReader(mapping: TransactionMapping, format: FormatReader, tokenize: DecoderOptions["tokenize"]) {
  const rule = mapping.fields.card_number;
  const path = typeof rule === "string" ? rule : rule !== undefined && "from" in rule ? rule.from : null;
  if (path === null) return () => null;
  const get = format.getter(path);
  return (record: ParsedRecord) => {
    const raw = get(record);
    if (raw === undefined || raw === null || raw === "") return null;
    // A number beyond 2^53 is no longer the digits that were written.
    const text = typeof raw === "number" && !Number.isSafeInteger(raw) ? null : scalarText(raw);
    const digits = text === null || CARD_DIGITS.test(text) ? (text ?? "") : text.replace(/[ -]/g, "");
    if (!CARD_DIGITS.test(digits) || !isLuhnValid(digits)) {
      throw new Rejected(fault("validate", "bad_card_number", "card_number", "is not a card number"));
    }
    return tokenize(digits);
  };
}
