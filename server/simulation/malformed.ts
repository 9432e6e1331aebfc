import type { Prng } from "./prng";

/** One way of going wrong: the quarantine code it must get, and how a sound record is spoilt. */
export interface Spoiling {
  readonly code: string;
  spoil(sound: string): string | Uint8Array;
}

const without = (field: string) => (sound: string) => sound.replace(new RegExp(`"${field}":("[^"]*"|-?[0-9.]+),`), "");
const withValue = (field: string, json: string) => (sound: string) =>
  sound.replace(new RegExp(`"${field}":("[^"]*"|-?[0-9.]+)`), `"${field}":${json}`);

function withBadByte(sound: string): Uint8Array {
  const bytes = Buffer.from(sound, "utf8");
  bytes[bytes.indexOf('"event_time":"') + 16] = 0xff;
  return bytes;
}

const cutOff = (sound: string) => sound.slice(0, Math.floor(sound.length * 0.6));

const NESTED = 100;

/** Written for CARD events with a merchant; server/pipeline/quarantine-codes.ts names the codes. */
const TRANSACTION_SPOILINGS: readonly [Spoiling, ...Spoiling[]] = [
  { code: "bad_json", spoil: cutOff },
  { code: "bad_utf8", spoil: withBadByte },
  { code: "not_an_object", spoil: (sound) => `[${sound}]` },
  {
    code: "nesting_too_deep",
    spoil: (sound) => `${sound.slice(0, -1)},"extra":${"[".repeat(NESTED)}${"]".repeat(NESTED)}}`,
  },
  { code: "missing_transaction_id", spoil: without("transaction_id") },
  { code: "missing_user_id", spoil: without("user_id") },
  { code: "missing_beneficiary", spoil: without("merchant_id") },
  { code: "unknown_payment_type", spoil: withValue("payment_type", '"BARTER"') },
  { code: "unknown_status", spoil: withValue("status", '"MAYBE"') },
  { code: "missing_amount", spoil: without("amount_minor") },
  { code: "bad_amount", spoil: withValue("amount_minor", '"12,50"') },
  { code: "amount_not_exact", spoil: withValue("amount_minor", "12.5") },
  { code: "amount_out_of_range", spoil: withValue("amount_minor", '"99999999999999999999"') },
  { code: "negative_amount", spoil: withValue("amount_minor", "-1250") },
  { code: "missing_currency", spoil: without("currency") },
  { code: "unknown_currency", spoil: withValue("currency", '"XQX"') },
  { code: "missing_event_time", spoil: without("event_time") },
  { code: "bad_event_time", spoil: withValue("event_time", '"yesterday"') },
  { code: "impossible_time", spoil: withValue("event_time", '"1969-07-20T20:17:40.000Z"') },
  { code: "bad_card_number", spoil: withValue("card_number", '"4111111111111112"') },
];

const SIGNAL_SPOILINGS: readonly [Spoiling, ...Spoiling[]] = [
  { code: "bad_json", spoil: cutOff },
  { code: "bad_score", spoil: withValue("fraud_score", "1.7") },
  { code: "missing_signal_id", spoil: without("fraud_signal_id") },
  { code: "missing_transaction_id", spoil: without("transaction_id") },
];

export const pickTransactionSpoiling = (prng: Prng): Spoiling => prng.pick(TRANSACTION_SPOILINGS);
export const pickSignalSpoiling = (prng: Prng): Spoiling => prng.pick(SIGNAL_SPOILINGS);
