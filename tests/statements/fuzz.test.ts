import { describe, expect, it } from "vitest";
import type { StatementFormat } from "../../server/statements/model";
import { type ReadFile, readFileOf } from "../../server/statements/testing/read";
import { ADYEN, BAI2, CAMT, MT940, NACHA, STRIPE } from "../../server/statements/testing/samples";

const SAMPLES: readonly (readonly [StatementFormat, string])[] = [
  ["camt053", CAMT],
  ["mt940", MT940],
  ["bai2", BAI2],
  ["nacha", NACHA],
  ["stripe", STRIPE],
  ["adyen", ADYEN],
];
const MUTATIONS = 1_000;
/** Seconds on a quiet machine; a busy one is no failure. */
const TIMEOUT_MS = 240_000;

/** The amounts a file gave out, statement by statement. */
const amountsOf = (file: ReadFile): string[] => file.entries.map((entry) => `${entry.statement}:${entry.signedMinor}`);

/** An accepted file's own figures hold together: opening, entries and closing, and the sums of its totals. */
function expectSound(file: ReadFile): void {
  for (const totals of file.totals) {
    const opening = file.openings[totals.statement]?.opening ?? null;
    const booked = file.entries.filter((entry) => entry.statement === totals.statement && entry.status === "booked");
    const net = booked.reduce((sum, entry) => sum + entry.signedMinor, 0n);
    expect(totals.creditMinor - totals.debitMinor).toBe(net);
    if (opening !== null && totals.closing !== null) expect(opening.amountMinor + net).toBe(totals.closing.amountMinor);
  }
  expect(file.totals).toHaveLength(file.openings.length);
}

describe.each(SAMPLES)("a damaged %s file", (format, text) => {
  const bytes = Buffer.from(text, "utf8");

  it(
    "cut off at any byte is refused, or holds the first of its entries unchanged with their totals",
    async () => {
      const whole = amountsOf(await readFileOf(bytes, { format }));
      let refused = 0;
      for (let length = 0; length < bytes.length; length++) {
        const file = await readFileOf(bytes.subarray(0, length), { format });
        if (!file.outcome.ok) {
          refused++;
          continue;
        }
        expectSound(file);
        expect(whole.slice(0, file.entries.length)).toEqual(amountsOf(file));
      }
      expect(refused).toBeGreaterThan(bytes.length * 0.5);
    },
    TIMEOUT_MS,
  );

  it(
    "with bytes changed, lost or doubled never breaks the reader, and is never accepted with totals that do not hold",
    async () => {
      let state = 20_261_121;
      const next = (below: number): number => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
      };
      for (let round = 0; round < MUTATIONS; round++) {
        const at = next(bytes.length);
        const span = 1 + next(40);
        const change = [
          Buffer.concat([bytes.subarray(0, at), Buffer.from([next(256)]), bytes.subarray(at + 1)]),
          Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + span)]),
          Buffer.concat([bytes.subarray(0, at + span), bytes.subarray(at)]),
          Buffer.concat([bytes.subarray(0, at), Buffer.from(String(next(10))), bytes.subarray(at + 1)]),
        ][next(4)];
        const file = await readFileOf(change ?? bytes, { format });
        if (file.outcome.ok) expectSound(file);
      }
    },
    TIMEOUT_MS,
  );
});

describe("bytes of no format", () => {
  it.each(["camt053", "mt940", "bai2", "nacha", "stripe", "adyen"] as const)("are refused as %s", async (format) => {
    let state = 7;
    for (let round = 0; round < 100; round++) {
      const noise = Buffer.alloc(1 + (round % 50) * 37);
      for (let at = 0; at < noise.length; at++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        noise[at] = state >>> 24;
      }
      const { outcome } = await readFileOf(noise, { format });
      expect(outcome.ok).toBe(false);
    }
  });
});
