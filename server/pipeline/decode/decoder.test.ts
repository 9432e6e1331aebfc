import { beforeAll, describe, expect, it } from "vitest";
import { createCardTokenizer } from "../../domain/card";
import { formatInstant } from "../../domain/time";
import { loadMapping } from "../mapping/load";
import { QUARANTINE_CODES } from "../quarantine-codes";
import type { Decoded, FraudSignal, Rejection, TransactionEvent } from "../records";
import { compileDecoder, type DecoderOptions } from "./decoder";

const NOW = 1_795_000_000_000_000n; // 2026-11-18T12:26:40Z
const CARD = "4111111111111111";

async function decoderOf(name: string, change: Partial<DecoderOptions> = {}) {
  const { decode } = compileDecoder({
    mapping: await loadMapping(`config/mappings/${name}.yaml`),
    tokenize: createCardTokenizer(Buffer.alloc(32, 7)),
    recordBytesMax: 10_000,
    nowMicros: () => NOW,
    ...change,
  });
  return (record: string | Buffer, position = 0n): Decoded => decode({ bytes: Buffer.from(record), position });
}

function accepted(decoded: Decoded): TransactionEvent {
  if (!decoded.ok || decoded.value.kind !== "transaction") throw new Error(`not accepted: ${text(decoded)}`);
  return decoded.value;
}
function rejected(decoded: Decoded): Rejection {
  if (decoded.ok) throw new Error(`accepted: ${text(decoded)}`);
  return decoded.error;
}
const text = (value: unknown): string =>
  JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}n` : inner));

const EVENT = {
  transaction_id: "t1",
  event_id: "e1",
  payment_type: "CARD",
  status: "SETTLED",
  amount_minor: 1250,
  currency: "EUR",
  user_id: "u1",
  merchant_id: "m1",
  event_time: "2026-11-17T08:00:00.123456Z",
  card_number: CARD,
};
const without = (key: keyof typeof EVENT) => JSON.stringify({ ...EVENT, [key]: undefined });
const having = (change: object) => JSON.stringify({ ...EVENT, ...change });

describe("Concordance's own transaction envelope", () => {
  let decode: Awaited<ReturnType<typeof decoderOf>>;
  beforeAll(async () => {
    decode = await decoderOf("concordance-transactions");
  });

  it("becomes the canonical event, the card number a token and its last four", () => {
    const event = accepted(decode(JSON.stringify(EVENT)));
    expect(event).toMatchObject({
      transactionId: "t1",
      eventId: "e1",
      amountMinor: 1250n,
      currency: "EUR",
      exponent: 2,
      cardLast4: "1111",
      businessDay: 20_774,
    });
    expect(formatInstant(event.eventTimeMicros)).toBe("2026-11-17T08:00:00.123456Z");
    expect(event.cardToken).toMatch(/^[0-9a-f]{32}$/);
    expect(text(event)).not.toContain(CARD);
  });

  it.each<[string, string | Buffer, string]>([
    ["invalid UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), "bad_utf8"],
    ["more bytes than the limit", having({ category: "x".repeat(10_000) }), "record_too_large"],
    ["half an object", '{"transaction_id":', "bad_json"],
    ["two objects", `${JSON.stringify(EVENT)}{}`, "bad_json"],
    ["a list", "[]", "not_an_object"],
    ["null", "null", "not_an_object"],
    ["10,000 nested lists", `{"a":${"[".repeat(4_000)}${"]".repeat(4_000)}}`, "nesting_too_deep"],
    ["10,000 nested lists never closed", "[".repeat(9_000), "nesting_too_deep"],
    ["no transaction id", without("transaction_id"), "missing_transaction_id"],
    ["an empty transaction id", having({ transaction_id: "" }), "missing_transaction_id"],
    ["a blank user id", having({ user_id: "   " }), "missing_user_id"],
    ["no user id", without("user_id"), "missing_user_id"],
    ["neither merchant nor counterparty", without("merchant_id"), "missing_beneficiary"],
    ["another payment type", having({ payment_type: "BARTER" }), "unknown_payment_type"],
    ["another status", having({ status: "MAYBE" }), "unknown_status"],
    ["no amount", without("amount_minor"), "missing_amount"],
    ["a text that is no number", having({ amount_minor: "12,50" }), "bad_amount"],
    ["a true amount", having({ amount_minor: true }), "bad_amount"],
    ["a fraction of a minor unit", having({ amount_minor: 12.5 }), "amount_not_exact"],
    ["a JSON number beyond 2^53", JSON.stringify(EVENT).replace("1250", "9007199254740993"), "amount_not_exact"],
    ["1e400", JSON.stringify(EVENT).replace("1250", "1e400"), "bad_amount"],
    ["a card number where the amount belongs", having({ amount_minor: 5555555555554444 }), "card_number_in_amount"],
    ["the same as text", having({ amount_minor: "5555555555554444" }), "card_number_in_amount"],
    ["a text beyond 64 bits", having({ amount_minor: "9223372036854775808" }), "amount_out_of_range"],
    ["no currency", without("currency"), "missing_currency"],
    ["an unknown currency", having({ currency: "XXQ" }), "unknown_currency"],
    ["a currency named like an inherited property", having({ currency: "constructor" }), "unknown_currency"],
    ["a negative sale", having({ amount_minor: -1 }), "negative_amount"],
    ["no time", without("event_time"), "missing_event_time"],
    ["no such day", having({ event_time: "2026-02-30T00:00:00Z" }), "bad_event_time"],
    ["a time without a zone", having({ event_time: "2026-11-17T08:00:00" }), "bad_event_time"],
    ["an offset no zone has", having({ event_time: "2026-11-17T08:00:00+99:99" }), "bad_event_time"],
    ["a time of a number", having({ event_time: 1_795_000_000 }), "bad_event_time"],
    ["a time before 1970", having({ event_time: "1969-12-31T23:59:59Z" }), "impossible_time"],
    ["a time two days ahead", having({ event_time: "2026-11-20T12:26:40Z" }), "impossible_time"],
    ["a card number with a wrong check digit", having({ card_number: "4111111111111112" }), "bad_card_number"],
    ["a card number of an object with its own toString", having({ card_number: { toString: 1 } }), "bad_card_number"],
    ["a card number beyond 2^53", having({ card_number: 6_304_000_000_000_000_000 }), "bad_card_number"],
    ["an object where a text belongs", having({ user_id: { toString: 1 } }), "bad_text"],
    ["a NUL in a text", having({ category: "a\0b" }), "bad_text"],
    ["a lone surrogate in a text", having({ category: "\ud800" }), "bad_text"],
    ["a text of 1,025 characters", having({ category: "x".repeat(1_025) }), "bad_text"],
    ["a fraction where a whole number belongs", having({ processing_ms: 1.5 }), "bad_number"],
  ])("refuses %s", (_, record, code) => {
    expect(rejected(decode(record)).code).toBe(code);
    expect(Object.keys(QUARANTINE_CODES)).toContain(code);
  });

  it.each([
    ["the identity before the money", { user_id: "", amount_minor: "x", event_time: "x" }, "missing_user_id"],
    ["the beneficiary before the kind", { merchant_id: "", payment_type: "x" }, "missing_beneficiary"],
    ["the money before the time", { amount_minor: "x", event_time: "x" }, "bad_amount"],
  ])("tells %s", (_, change, code) => {
    expect(rejected(decode(having(change))).code).toBe(code);
  });

  it.each([
    ["2^63 - 1 as text", { amount_minor: "9223372036854775807" }, 9_223_372_036_854_775_807n],
    ["2^53 - 1 as a number", { amount_minor: 9_007_199_254_740_991 }, 9_007_199_254_740_991n],
    ["zero", { amount_minor: 0 }, 0n],
    ["a negative refund", { amount_minor: -5, status: "REFUNDED" }, -5n],
  ])("accepts %s exactly", (_, change, minor) => {
    expect(accepted(decode(having(change))).amountMinor).toBe(minor);
  });

  it("knows the money, ids and time of what it refuses", () => {
    expect(rejected(decode(having({ user_id: "" })))).toMatchObject({
      transactionId: "t1",
      userId: null,
      amountMinor: 1250n,
      currency: "EUR",
      exponent: 2,
      businessDay: 20_774,
    });
  });

  it("takes the last of two equal keys, as JSON.parse does", () => {
    expect(accepted(decode(`{"status":"FAILED",${JSON.stringify(EVENT).slice(1)}`)).status).toBe("SETTLED");
  });

  it("is not confused by keys every object inherits", () => {
    const record = `{"__proto__":{"user_id":"evil"},"constructor":1,${without("user_id").slice(1)}`;
    expect(rejected(decode(record)).code).toBe("missing_user_id");
  });

  it("masks card numbers in kept bytes, messages and every text field, invalid UTF-8 and all", () => {
    const broken = rejected(decode(Buffer.concat([Buffer.from(`{"card":"${CARD}",`), Buffer.from([0xff])])));
    expect(Buffer.from(broken.maskedRaw).toString("latin1")).toBe('{"card":"************1111",\xff');
    expect(text(rejected(decode(having({ status: CARD }))))).not.toContain(CARD);
    const event = accepted(
      decode(having({ end_to_end_id: `ref ${CARD}`, originator: { name: "4111 1111 1111 1111" } })),
    );
    expect(text(event)).not.toMatch(/4111[ -]?1111[ -]?1111/);
    expect(event.endToEndId).toContain("1111");
  });

  it.each(["\\u00a0", "\\u2013", "\\ud83d\\udc04"])("masks a card number right after the escape %s", (before) => {
    const kept = Buffer.from(rejected(decode(`{"name":"${before}${CARD}"}`)).maskedRaw).toString();
    expect(kept).toMatch(/\*{12}1111"\}$/);
    expect(kept).not.toContain(CARD);
  });

  it("masks the digits before a cut, where a card number cannot be checked any more", async () => {
    const { decode: raw } = compileDecoder({
      mapping: await loadMapping("config/mappings/concordance-transactions.yaml"),
      tokenize: createCardTokenizer(Buffer.alloc(32, 7)),
      recordBytesMax: 20,
      nowMicros: () => NOW,
    });
    const cut = rejected(raw({ bytes: Buffer.from('{"card":"4111 11111111'), bytesTotal: 400, position: 0n }));
    expect(cut.code).toBe("record_too_large");
    expect(Buffer.from(cut.maskedRaw).toString()).toBe('{"card":"**** ********');
  });
});

describe("Concordance's own fraud signals", () => {
  const SIGNAL = { fraud_signal_id: "f1", transaction_id: "t1", fraud_score: 0.83, event_time: "2026-11-17T08:00:00Z" };

  it("become the canonical signal", async () => {
    const decoded = (await decoderOf("concordance-signals"))(JSON.stringify(SIGNAL));
    expect(decoded.ok && (decoded.value as FraudSignal)).toMatchObject({ fraudSignalId: "f1", fraudScore: 0.83 });
  });

  it.each([
    [{ fraud_signal_id: undefined }, "missing_signal_id"],
    [{ transaction_id: "" }, "missing_transaction_id"],
    [{ fraud_score: 1.01 }, "bad_score"],
    [{ fraud_score: -0.01 }, "bad_score"],
    [{ fraud_score: null }, "bad_score"],
    [{ fraud_score: "" }, "bad_score"],
    [{ fraud_score: [0.5] }, "bad_score"],
  ])("%j is %s", async (change, code) => {
    expect(rejected((await decoderOf("concordance-signals"))(JSON.stringify({ ...SIGNAL, ...change }))).code).toBe(
      code,
    );
  });
});

describe("the other mappings that are shipped", () => {
  const payment = {
    payment_id: "p1",
    payment_type: "SEPA_CREDIT_TRANSFER",
    status: "COMPLETED",
    amount: { value: 1234.56, currency: "EUR" },
    timestamp: "2026-11-17T08:00:00Z",
    originator: { party_id: "a", name: "Ann", account_info: { account_id: "A-1", routing_info: "R-1" } },
    beneficiary: { party_id: "b", name: "Bob", account_info: { account_id: "B-1" } },
  };

  it("nested payments: kinds, parties and decimal amounts", async () => {
    const decode = await decoderOf("nested-payments");
    expect(accepted(decode(JSON.stringify(payment)))).toMatchObject({
      transactionId: "p1",
      paymentType: "SEPA",
      status: "APPROVED",
      amountMinor: 123_456n,
      userId: "a",
      counterpartyId: "b",
      originator: { name: "Ann", account: "A-1", routingValue: "R-1" },
    });
  });

  it.each([
    ["more decimals than the currency has", { value: 1.005, currency: "EUR" }, "amount_not_exact"],
    ["any decimals of a currency without", { value: 1.5, currency: "JPY" }, "amount_not_exact"],
    ["more digits than a JSON number keeps", { value: 90_071_992_547_409.94, currency: "EUR" }, "amount_not_exact"],
  ])("nested payments refuse %s", async (_, amount, code) => {
    expect(rejected((await decoderOf("nested-payments"))(JSON.stringify({ ...payment, amount }))).code).toBe(code);
  });

  it("nested payments take the same digits exactly as text", async () => {
    const amount = { value: "90071992547409.93", currency: "EUR" };
    const event = accepted((await decoderOf("nested-payments"))(JSON.stringify({ ...payment, amount })));
    expect(event.amountMinor).toBe(9_007_199_254_740_993n);
  });

  it("pipe events: kind and time before the JSON; another kind is not read", async () => {
    const decode = await decoderOf("pipe-events");
    const json = JSON.stringify({
      transaction_id: "t",
      status: "COMPLETED",
      user_id: "u",
      merchant_id: "m",
      amount: "5",
    });
    const event = accepted(decode(`PAYMENT_EVENT|2019-09-21 10:00:00|${json}`));
    expect(formatInstant(event.eventTimeMicros)).toBe("2019-09-21T10:00:00.000000Z");
    expect(rejected(decode(`LOGIN_EVENT|2019-09-21 10:00:00|${json}`)).code).toBe("unexpected_record");
    expect(rejected(decode("PAYMENT_EVENT|2019-09-21 10:00:00")).code).toBe("bad_csv");
  });

  it("P2P: parties and time, and no amount rather than a zero", async () => {
    const decode = await decoderOf("p2p-semicolon");
    const event = accepted(decode('app;2019-01-01 10:00:00;2019-01-01 09:59:00;"7";"Ann; A";9;Bob', 4n));
    expect(event).toMatchObject({ amountMinor: null, currency: null, userId: "7", counterpartyId: "9" });
    expect(event.originator.name).toBe("Ann; A");
    expect(event.transactionId).toBe("app/4");
    expect(rejected(decode("app;x;2019-01-01 09:59:00;7;Ann;9")).code).toBe("bad_csv");
  });

  const sale = ["536365", "85123A", "HOLDER", "6", "2010-12-01 08:26:00", "2.55", "17850.0", "United Kingdom"];

  it("Online Retail: exact product, three decimals, the customer without its suffix, London time", async () => {
    const event = accepted((await decoderOf("online-retail"))(sale.join(","), 12n));
    expect(event).toMatchObject({
      transactionId: "536365/12",
      status: "SETTLED",
      amountMinor: 15_300n,
      exponent: 3,
      userId: "17850",
      dedupeKey: null,
    });
  });

  it("Online Retail as JSON objects, as a topic may carry it, gives the same event", async () => {
    const names = [
      "InvoiceNo",
      "StockCode",
      "Description",
      "Quantity",
      "InvoiceDate",
      "UnitPrice",
      "CustomerID",
      "Country",
    ];
    const json = JSON.stringify(Object.fromEntries(names.map((name, index) => [name, sale[index]])));
    const asJson = await decoderOf("online-retail", { formatOverride: { type: "json" } });
    expect(accepted(asJson(json, 12n))).toEqual(accepted((await decoderOf("online-retail"))(sale.join(","), 12n)));
  });

  it("Online Retail: a negative price without a customer is a missing user whose money is known", async () => {
    const line = "A563186,B,Adjust bad debt,1,2011-08-12 14:51:00,-11062.06,,United Kingdom";
    expect(rejected((await decoderOf("online-retail"))(line))).toMatchObject({
      code: "missing_user_id",
      amountMinor: -11_062_060n,
      currency: "GBP",
    });
  });
});
