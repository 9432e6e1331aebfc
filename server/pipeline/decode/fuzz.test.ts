import { describe, expect, it } from "vitest";
import { createCardTokenizer } from "../../domain/card";
import { loadMapping } from "../mapping/load";
import { QUARANTINE_CODES } from "../quarantine-codes";
import { compileDecoder } from "./decoder";

const RUNS = 20_000;
const CARD = "5555555555554444";
const SEEDS: Readonly<Record<string, string>> = {
  "concordance-transactions": `{"transaction_id":"t","event_id":"e","payment_type":"CARD","status":"SETTLED","amount_minor":1,"currency":"EUR","user_id":"u","merchant_id":"m","event_time":"2026-11-17T08:00:00Z","card_number":"${CARD}","customer":{"gender":"F"}}`,
  "concordance-signals": `{"fraud_signal_id":"f","transaction_id":"t","fraud_score":0.5,"event_time":"2026-11-17T08:00:00Z","reason_code":"${CARD}"}`,
  "nested-payments": `{"payment_id":"p","payment_type":"ACH","status":"SETTLED","amount":{"value":"1.5","currency":"USD"},"timestamp":"2026-11-17T08:00:00Z","originator":{"party_id":"${CARD}"},"beneficiary":{"party_id":"b"}}`,
  "pipe-events": `PAYMENT_EVENT|2019-09-21 10:00:00|{"transaction_id":"t","status":"COMPLETED","user_id":"u","merchant_id":"m","amount":"5","card_number":"${CARD}"}`,
  "online-retail": `536365,85123A,"A ""HOLDER"" ${CARD}",6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom`,
  "p2p-semicolon": `app;2019-01-01 10:00:00;2019-01-01 09:59:00;7;${CARD};9;Bob`,
};
/** The number on its own: glued to more digits, which mutation does too, it is another number, and not a card's. */
const LEAK = new RegExp(`(?<!\\d)${CARD}(?!\\d)`);
const ESCAPE = /\\u[\s\S]{4}/g;
const HOSTILE = [
  "__proto__",
  "toString",
  "{}",
  "[]",
  '{"toString":1,"valueOf":1}',
  "null",
  "true",
  "-0",
  "1e400",
  "1e-400",
  "9007199254740993",
  "\\ud800",
  "\\u0000",
  '"',
  ",",
  ";",
  "|",
  "[[[[",
  "{{{{",
  "\u202e",
  "",
  "NaN",
  "--1",
  "0x10",
];

/** Park and Miller's minimal standard generator: the same runs on every machine. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

function mutated(seed: string, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(seed);
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(bytes.length + 1);
    const to = Math.min(bytes.length, at + random(12));
    const inserted =
      random(2) === 0 ? Buffer.from([random(256), random(256)]) : Buffer.from(HOSTILE[random(HOSTILE.length)] ?? "");
    bytes = Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(random(2) === 0 ? at : to)]);
  }
  return bytes;
}

/** Replaces one JSON value by a hostile one, so that the record stays JSON and the fields are reached. */
function swapped(seed: string, random: (below: number) => number): Buffer {
  const values = [...seed.matchAll(/:("[^"]*"|[\d.]+)/g)];
  const value = values[random(values.length)];
  if (value === undefined) return mutated(seed, random);
  const at = value.index + 1;
  const hostile = HOSTILE[random(HOSTILE.length)] ?? "";
  const text = random(2) === 0 ? hostile : JSON.stringify(hostile);
  return Buffer.from(seed.slice(0, at) + text + seed.slice(at + (value[1]?.length ?? 0)));
}

describe("any bytes at all", () => {
  it.each(Object.keys(SEEDS))(
    "%s: give an event or a known code, never an exception, never a card number",
    async (name) => {
      const { decode } = compileDecoder({
        mapping: await loadMapping(`config/mappings/${name}.yaml`),
        tokenize: createCardTokenizer(Buffer.alloc(32, 7)),
        recordBytesMax: 4_096,
        nowMicros: () => 1_795_000_000_000_000n,
      });
      const random = randomOf(20_261_120);
      const seed = SEEDS[name] ?? "";
      let [ok, refused] = [0, 0];
      for (let run = 0; run < RUNS; run++) {
        const bytes = run % 2 === 0 ? mutated(seed, random) : swapped(seed, random);
        const decoded = decode({ bytes, position: BigInt(run) });
        const kept = decoded.ok
          ? JSON.stringify(decoded.value, (_, inner) => (typeof inner === "bigint" ? String(inner) : inner))
          : `${Buffer.from(decoded.error.maskedRaw).toString("latin1").replaceAll(ESCAPE, "~")} ${decoded.error.message}`;
        if (LEAK.test(kept)) throw new Error(`run ${run} keeps a card number: ${kept}`);
        if (decoded.ok) ok++;
        else {
          refused++;
          if (!Object.hasOwn(QUARANTINE_CODES, decoded.error.code))
            throw new Error(`run ${run}: ${decoded.error.code}`);
        }
      }
      expect(ok).toBeGreaterThan(100);
      expect(refused).toBeGreaterThan(100);
    },
  );
});
