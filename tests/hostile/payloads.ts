import { isLuhnValid } from "../../server/domain/card";
import type { Random } from "../deterministic/random";

/** One kind of record, by the shipped mapping that reads it. */
export interface Kind {
  readonly mapping: string;
  readonly extension: "ndjson" | "csv";
  /** Stands first in a file. */
  readonly header: string | null;
  /** A sound record with values of its own. */
  sound(random: Random, serial: number): string;
}

const pad = (value: number, digits: number) => String(value).padStart(digits, "0");
const instant = (random: Random) =>
  `2026-10-${pad(1 + random.below(28), 2)}T${pad(random.below(24), 2)}:${pad(random.below(60), 2)}:${pad(random.below(60), 2)}Z`;
const STATUSES = ["RECEIVED", "PENDING", "APPROVED", "DECLINED", "SETTLED", "FAILED", "RETURNED", "REFUNDED"];

export const KINDS: readonly Kind[] = [
  {
    mapping: "concordance-transactions",
    extension: "ndjson",
    header: null,
    sound: (random, serial) =>
      JSON.stringify({
        transaction_id: `t-${serial}`,
        event_id: `e-${serial}`,
        payment_type: random.pick(["CARD", "ACH", "WIRE", "RTP", "SEPA", "P2P"]),
        status: random.pick(STATUSES),
        amount_minor: random.below(1_000_000),
        currency: random.pick(["EUR", "USD", "JPY", "KWD"]),
        user_id: `u-${random.below(500)}`,
        merchant_id: `m-${random.below(50)}`,
        event_time: instant(random),
        card_number: random.chance(0.5) ? cardNumber(random) : undefined,
        category: "books",
        processing_ms: random.below(900),
        end_to_end_id: `x-${serial}`,
        originator: { name: "Ann", account: "DE02" },
        customer: { gender: "F" },
      }),
  },
  {
    mapping: "concordance-signals",
    extension: "ndjson",
    header: null,
    sound: (random, serial) =>
      JSON.stringify({
        fraud_signal_id: `f-${serial}`,
        transaction_id: `t-${random.below(1_000)}`,
        fraud_score: random.below(101) / 100,
        event_time: instant(random),
        reason_code: "velocity",
        model_version: "3",
      }),
  },
  {
    mapping: "nested-payments",
    extension: "ndjson",
    header: null,
    sound: (random, serial) =>
      JSON.stringify({
        payment_id: `p-${serial}`,
        payment_type: random.pick(["ACH", "WIRE_TRANSFER", "CARD_PAYMENT", "CHECK"]),
        status: random.pick(["INITIATED", "COMPLETED", "SETTLED", "REJECTED"]),
        amount: { value: `${random.below(10_000)}.${pad(random.below(100), 2)}`, currency: "USD" },
        timestamp: instant(random),
        originator: {
          party_id: `a-${random.below(500)}`,
          name: "Ann",
          account_info: { account_id: "12", routing_info: "9" },
        },
        beneficiary: { party_id: `b-${random.below(500)}`, name: "Bob" },
      }),
  },
  {
    mapping: "pipe-events",
    extension: "ndjson",
    header: null,
    sound: (random, serial) =>
      `PAYMENT_EVENT|2019-09-21 10:${pad(random.below(60), 2)}:00|${JSON.stringify({
        transaction_id: `t-${serial}`,
        status: random.pick(["COMPLETED", "DECLINED", "SETTLED"]),
        user_id: `u-${random.below(500)}`,
        merchant_id: "m-1",
        amount: `${random.below(1_000)}.5`,
        currency: "INR",
      })}`,
  },
  {
    mapping: "online-retail",
    extension: "csv",
    header: "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
    sound: (random, serial) =>
      `${536_365 + serial},85123A,"A ""HOLDER""",${1 + random.below(20)},2010-12-01 08:26:00,2.55,${17_000 + random.below(500)}.0,United Kingdom`,
  },
  {
    mapping: "p2p-semicolon",
    extension: "csv",
    header: "source;sent;happened;from_id;from_name;to_id;to_name",
    sound: (random) =>
      `app;2019-01-01 10:00:00;2019-01-01 09:${pad(random.below(60), 2)}:00;${random.below(500)};Ann;${random.below(500)};Bob`,
  },
];

/** A Luhn-valid number of 16 digits. */
export function cardNumber(random: Random): string {
  const digits = `4${Array.from({ length: 14 }, () => random.below(10)).join("")}`;
  for (let check = 0; check < 10; check++) if (isLuhnValid(digits + check)) return digits + check;
  throw new Error("no digit checks");
}

/** Texts as JSON or a CSV cell may hold them. */
const TEXTS = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "undefined",
  "NaN",
  "Infinity",
  "-0",
  "1e400",
  "1e-400",
  "9007199254740993",
  "9223372036854775807",
  "9223372036854775808",
  "-9223372036854775809",
  "0x10",
  "1,5",
  "١٢٣",
  '=HYPERLINK("http://x","y")',
  "+1",
  "-1+cmd",
  "@SUM(A1)",
  "\u202etxt\u202c",
  "\u200b\u200d\ufeff",
  "\u2028",
  "a\tb",
  "'; DROP TABLE transactions; --",
  "{{7*7}}",
  "$(7*7)",
  "../../../etc/passwd",
  "%00",
  "🧾👩‍👩‍👧",
  "Ω".repeat(700),
  "x".repeat(1_025),
  " ",
  "2026-02-30T00:00:00Z",
  "2026-10-25T02:30:00",
  "1969-12-31T23:59:59Z",
  "9999-12-31T23:59:59Z",
  "2026-11-17T24:00:00Z",
  "CARD ",
  "settled",
];
/** JSON values that stand unquoted. */
const LITERALS = [
  "-0",
  "0.1e1",
  "1e400",
  "-1e400",
  "9007199254740993",
  "123456789012345678901234567890",
  "0.30000000000000004",
  "null",
  "true",
  "[]",
  "{}",
  "[[[[[[[[1]]]]]]]]",
  '{"toString":1,"valueOf":1}',
  '{"__proto__":{"x":1}}',
  '"\\ud800"',
  '"\\u0000"',
  '"\\udc00\\ud800"',
  "01",
  "+1",
  ".5",
  "NaN",
];
const BYTES = ["\u0000", "\ud800", '"', "\\", "{", "}", "[", "]", ",", ";", "|", ":", "\t", "\u0085"];

/** Card numbers the way people write them. */
function written(random: Random, card: string): string {
  const groups = card.match(/.{1,4}/g) ?? [];
  return random.pick([card, groups.join(" "), groups.join("-"), `card ${card}.`, `pan=${card};`]);
}

export interface Hostile {
  readonly bytes: Buffer;
  /** Card numbers in it, digits only. */
  readonly cards: readonly string[];
}

/** One record of the kind, spoiled in one of many ways, or left sound. It never holds a line's end. */
export function hostile(kind: Kind, random: Random, serial: number): Hostile {
  const sound = kind.sound(random, serial);
  const cards: string[] = [];
  const plant = (): string => {
    const card = cardNumber(random);
    cards.push(card);
    return written(random, card);
  };
  const spoiled = spoil(kind, random, sound, plant);
  const bytes = typeof spoiled === "string" ? Buffer.from(spoiled, "utf8") : spoiled;
  const whole = Buffer.from(bytes.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)));
  // A blank line is no record.
  return { bytes: whole.toString("latin1").trim() === "" ? Buffer.from("~") : whole, cards };
}

function spoil(kind: Kind, random: Random, sound: string, plant: () => string): string | Buffer {
  const way = random.below(12);
  if (way <= 1) return sound;
  if (kind.extension === "csv") return spoilCells(random, sound, plant, way);
  switch (way) {
    case 2:
      return swapValue(random, sound, JSON.stringify(random.pick(TEXTS)));
    case 3:
      return swapValue(random, sound, random.pick(LITERALS));
    case 4:
      return swapValue(random, sound, JSON.stringify(plant()));
    case 5:
      return sound.replace(
        "{",
        `{"${random.pick(["__proto__", "constructor", "note", "status"])}":${JSON.stringify(plant())},`,
      );
    case 6:
      return duplicateKey(random, sound);
    case 7:
      return swapValue(random, sound, "[".repeat(10_000) + "]".repeat(10_000));
    default:
      return mangle(random, sound, plant, way);
  }
}

function swapValue(random: Random, sound: string, value: string): string {
  const values = [...sound.matchAll(/:("(?:[^"\\]|\\.)*"|-?[\d.]+)/g)];
  const found = random.pick(values);
  const at = found.index + 1;
  return sound.slice(0, at) + value + sound.slice(at + (found[1]?.length ?? 0));
}

/** The same key twice with another value: the last counts. */
function duplicateKey(random: Random, sound: string): string {
  const keys = [...sound.matchAll(/"(\w+)":/g)].map((match) => match[1] ?? "");
  return sound.replace(/\}$/, `,"${random.pick(keys)}":${JSON.stringify(random.pick(TEXTS))}}`);
}

function spoilCells(random: Random, sound: string, plant: () => string, way: number): string | Buffer {
  const delimiter = sound.includes(";") ? ";" : ",";
  const cells = sound.split(delimiter);
  const at = random.below(cells.length);
  if (way <= 4) cells[at] = random.pick(TEXTS);
  else if (way === 5) cells[at] = plant();
  else if (way === 6) cells[at] = `"${random.pick(TEXTS)}`;
  else if (way === 7) cells.splice(at, random.below(2), ...(random.chance(0.5) ? ["", ""] : []));
  else return mangle(random, sound, plant, way);
  return cells.join(delimiter);
}

/** Cuts, doubles and strews bytes, text or not. */
function mangle(random: Random, sound: string, plant: () => string, way: number): Buffer {
  let bytes = Buffer.from(sound, "utf8");
  for (let times = 1 + random.below(4); times > 0; times--) {
    const inserted =
      way === 8
        ? Buffer.from([128 + random.below(128), random.below(256)])
        : Buffer.from(random.pick(way === 9 ? BYTES : TEXTS));
    bytes = inserting(random, bytes, inserted);
  }
  // Last and once: cut in two by the next, it would be another number.
  return way === 10 ? inserting(random, bytes, Buffer.from(` ${plant()} `)) : bytes;
}

function inserting(random: Random, bytes: Buffer<ArrayBuffer>, inserted: Buffer): Buffer<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  const to = Math.min(bytes.length, at + random.below(12));
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(random.chance(0.5) ? at : to)]);
}
