import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PaymentType } from "../../pipeline/records";
import type { Step } from "../lifecycle";
import { BATCH_FROM, resolveOptions } from "../options";
import { createPayment } from "../payment";
import { World } from "../world";
import { openStatementWriter } from "./writer";

const PAYMENTS = 150_000;
const WARM_AT = 50_000;
const RELIEVE_EVERY = 10_000;
/** The spool's buffers, and the names it keeps. */
const GROWTH_BYTES_MAX = 20 * 1024 * 1024;
const TYPES: readonly PaymentType[] = ["CARD", "SEPA", "ACH", "RTP", "DIRECT_DEBIT"];
const STEP: Step = { status: "SETTLED", delayMs: 0 };

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "statements-memory-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}

describe("memory", () => {
  it("does not grow with the payments, neither while they come nor while their statements are written", async () => {
    const options = resolveOptions({ events: PAYMENTS, statements: true, customers: 20_000, statementDays: 5 }, 0);
    const world = new World(options);
    const directory = join(root, "statements");
    const writer = await openStatementWriter({ directory, options, tell: () => undefined });
    let warm = 0;
    let highest = 0;
    for (let index = 0; index < PAYMENTS; index++) {
      writer.moved(payment(world, index), STEP, BATCH_FROM + index * 500);
      if (index % RELIEVE_EVERY !== 0) continue;
      await writer.relieve();
      if (index === WARM_AT) warm = heapBytes();
      else if (index > WARM_AT) highest = Math.max(highest, heapBytes());
    }
    const sample = setInterval(() => {
      highest = Math.max(highest, heapBytes());
    }, 1_000);
    const { files, moved } = await writer.finish();
    clearInterval(sample);
    highest = Math.max(highest, heapBytes());
    expect(moved).toBe(PAYMENTS);
    expect(files).toBeGreaterThan(20);
    expect((await stat(join(directory, "stripe-2025-03-05.csv"))).size).toBeGreaterThan(1_000_000);
    expect(highest - warm).toBeLessThan(GROWTH_BYTES_MAX);
  }, 120_000);
});

function payment(world: World, index: number) {
  const type = TYPES[index % TYPES.length] ?? "CARD";
  const originator = world.customer(index % 20_000);
  const merchant = world.merchants[index % world.merchants.length] ?? null;
  return createPayment({
    ...{ id: `mt${index.toString(36)}`, type, customer: index % 20_000, originator, merchant },
    ...{ counterparty: -1, beneficiary: null, amountMinor: 1_000 + (index % 90_000) },
    currency: merchant?.country.currency ?? "EUR",
    ...{ channel: "ECOM", cardNumber: null, steps: [STEP] },
  });
}
