import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Db, openDuckDb } from "../../server/lake/duckdb";
import { type Lake, openLake } from "../../server/lake/lake";
import { openLocalStore } from "../../server/lake/store/local";
import { BOOK_TABLES, type Booked, book, closeBooks, type Paid, pay, type Told } from "./books";

let root: string;
let db: Db;
let stores = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "reconciliation-test-"));
  db = await openDuckDb({ memoryLimitMb: 1024, threads: 2, temporaryDirectory: join(root, "spill") });
});
afterAll(async () => {
  db.close();
  await rm(root, { recursive: true, force: true });
});
const freshLake = async (): Promise<Lake> =>
  openLake(await openLocalStore(join(root, `lake-${stores++}`)), db, BOOK_TABLES);

/** A Monday to a Friday without a holiday anywhere. */
const [MON, TUE, WED, THU, FRI] = ["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"] as const;

async function closeOf(
  paid: readonly Paid[],
  booked: readonly Booked[],
  date: string = FRI,
  settings: object = {},
): Promise<Told[]> {
  const lake = await freshLake();
  if (paid.length > 0) await pay(lake, ...paid);
  if (booked.length > 0) await book(lake, ...booked);
  return closeBooks(lake, date, settings);
}

const items = (rows: readonly Told[]) => rows.filter(({ row_kind }) => row_kind === "item");
/** "internal matched 1", "bank break missing_internal" ... */
const summary = (rows: readonly Told[]) =>
  items(rows)
    .map(({ side, state, stage, kind }) => `${side} ${state} ${stage ?? kind ?? ""}`.trim())
    .sort();

describe("the stages", () => {
  it("1: the same reference, currency and amount", async () => {
    const rows = await closeOf(
      [{ id: "a", amount: 100n, on: THU }],
      [{ key: "l", amount: 100n, on: FRI, reference: "E2E-a" }],
    );
    expect(summary(rows)).toEqual(["bank matched 1", "internal matched 1"]);
    expect(items(rows)[0]).toMatchObject({
      confidence: 1,
      match_type: "1:1",
      evidence: "same reference, currency and amount",
    });
    expect(new Set(items(rows).map(({ match_id }) => match_id)).size).toBe(1);
  });

  it("1: equal payments of one reference meet equal lines one by one", async () => {
    const rows = await closeOf(
      [
        { id: "a", amount: 100n, on: THU, reference: "R" },
        { id: "b", amount: 100n, on: THU, reference: "R" },
      ],
      [
        { key: "l1", amount: 100n, on: FRI, reference: "R" },
        { key: "l2", amount: 100n, on: FRI, reference: "R" },
      ],
    );
    expect(summary(rows)).toEqual(["bank matched 1", "bank matched 1", "internal matched 1", "internal matched 1"]);
  });

  it.each([
    ["one cent", 10_001n, {}, "matched 2"],
    ["two cents", 10_002n, {}, "break amount_over"],
    ["a percent, where that is allowed", 10_100n, { tolerancePercent: "1" }, "matched 2"],
    ["more than that percent", 10_101n, { tolerancePercent: "1" }, "break amount_over"],
  ])("2: the amount is off by %s", async (_name, amount, settings, state) => {
    const rows = await closeOf(
      [{ id: "a", amount: 10_000n, on: THU }],
      [{ key: "l", amount, on: FRI, reference: "E2E-a" }],
      FRI,
      settings,
    );
    expect(summary(rows)).toEqual([`bank ${state}`, `internal ${state}`]);
  });

  it("3: one payment in several lines, and several payments in one line", async () => {
    const split = await closeOf(
      [{ id: "a", amount: 100n, on: THU }],
      [
        { key: "l1", amount: 60n, on: FRI, reference: "E2E-a" },
        { key: "l2", amount: 40n, on: FRI, reference: "E2E-a" },
      ],
    );
    expect(summary(split)).toEqual(["bank matched 3", "bank matched 3", "internal matched 3"]);
    const joined = await closeOf(
      [
        { id: "a", amount: 60n, on: THU, reference: "R" },
        { id: "b", amount: 45n, on: THU, reference: "R" },
      ],
      [{ key: "l", amount: 105n, on: FRI, reference: "R" }],
    );
    expect(summary(joined)).toEqual(["bank matched 3", "internal matched 3", "internal matched 3"]);
    expect(items(joined).map(({ match_type }) => match_type)).toEqual(["n:1", "n:1", "n:1"]);
  });

  it("4: several payments in several lines by their reference, or by merchant and day", async () => {
    const byReference = await closeOf(
      [
        { id: "a", amount: 60n, on: THU, reference: "R" },
        { id: "b", amount: 45n, on: THU, reference: "R" },
      ],
      [
        { key: "l1", amount: 75n, on: FRI, reference: "R" },
        { key: "l2", amount: 30n, on: FRI, reference: "R" },
      ],
    );
    expect(summary(byReference)).toEqual(Array(2).fill("bank matched 4").concat(Array(2).fill("internal matched 4")));
    const byMerchant = await closeOf(
      [
        { id: "a", amount: 60n, on: THU, merchant: "m7" },
        { id: "b", amount: 45n, on: THU, merchant: "m7", user: "u2" },
      ],
      [{ key: "l", amount: 105n, on: FRI, customer: "m7" }],
    );
    expect(summary(byMerchant)).toEqual(["bank matched 4", "internal matched 4", "internal matched 4"]);
  });

  it("5: amount, day and counterparty, where there is no other candidate", async () => {
    const paid: Paid = { id: "a", amount: 12_345n, on: THU, party: "Zoë Müller" };
    const line: Booked = { key: "l", amount: 12_345n, on: FRI, party: "ZOE MULLER" };
    expect(summary(await closeOf([paid], [line]))).toEqual(["bank matched 5", "internal matched 5"]);
    const strangers = await closeOf([paid], [{ ...line, party: "Somebody Else" }]);
    expect(summary(strangers)).toEqual(["bank break missing_internal", "internal break missing_external"]);
    const tooLate = await closeOf([{ ...paid, on: "2026-10-19" }], [line]);
    expect(summary(tooLate)).toContain("bank break missing_internal");
  });
});

describe("time", () => {
  it("a payment is in flight until the last day it may be seen, then missing, and grows old in business days", async () => {
    const lake = await freshLake();
    await pay(lake, { id: "a", amount: 100n, on: FRI, type: "SEPA" });
    const states: unknown[] = [];
    for (const date of [FRI, "2026-11-22", "2026-11-23", "2026-11-25"]) {
      const [row] = await closeBooks(lake, date);
      states.push([row?.state, row?.kind, row?.age_business_days, String(row?.expected_on)]);
    }
    expect(states).toEqual([
      ["in_flight", null, null, "2026-11-23"],
      ["in_flight", null, null, "2026-11-23"],
      ["break", "missing_external", 0, "2026-11-23"],
      ["break", "missing_external", 2, "2026-11-23"],
    ]);
  });

  it("a close tells of what was matched that day and what is open, not again of what was matched before", async () => {
    const lake = await freshLake();
    await pay(lake, { id: "a", amount: 100n, on: MON }, { id: "b", amount: 200n, on: WED });
    await book(
      lake,
      { key: "la", amount: 100n, on: TUE, reference: "E2E-a" },
      { key: "lb", amount: 200n, on: THU, reference: "E2E-b" },
    );
    expect(summary(await closeBooks(lake, MON))).toEqual(["internal in_flight"]);
    expect(summary(await closeBooks(lake, TUE))).toEqual(["bank matched 1", "internal matched 1"]);
    expect(summary(await closeBooks(lake, WED))).toEqual(["internal in_flight"]);
    expect(summary(await closeBooks(lake, THU))).toEqual(["bank matched 1", "internal matched 1"]);
    expect(summary(await closeBooks(lake, FRI))).toEqual([]);
  });
});

describe("a match once closed", () => {
  it("stands, whatever comes later, and is told once", async () => {
    const lake = await freshLake();
    await pay(lake, { id: "a", amount: 10_000n, on: MON });
    await book(lake, { key: "near", amount: 10_001n, on: TUE, reference: "E2E-a" });
    expect(summary(await closeBooks(lake, TUE))).toEqual(["bank matched 2", "internal matched 2"]);
    await book(lake, { key: "exact", amount: 10_000n, on: WED, reference: "E2E-a" });
    expect(summary(await closeBooks(lake, WED))).toEqual(["bank break missing_internal"]);
  });

  it("of rows that came late is told by the close that made it", async () => {
    const lake = await freshLake();
    await pay(lake, { id: "a", amount: 100n, on: MON });
    expect(summary(await closeBooks(lake, WED))).toEqual(["internal break missing_external"]);
    await book(lake, { key: "late", amount: 100n, on: TUE, reference: "E2E-a" });
    expect(summary(await closeBooks(lake, THU))).toEqual(["bank matched 1", "internal matched 1"]);
    expect(summary(await closeBooks(lake, FRI))).toEqual([]);
  });
});

describe("waterfalls", () => {
  it("of a payout: gross, refunds, chargebacks, fees, reserve, currency and the bank's figure add up to nothing", async () => {
    const line = { format: "stripe", account: "acct", batch: "po_12345", on: THU } as const;
    const lake = await freshLake();
    await book(
      lake,
      { ...line, key: "1", amount: 9_800n, gross: 10_000n, fee: 200n, code: "charge", reference: "P1" },
      { ...line, key: "2", amount: -1_000n, gross: -1_000n, code: "refund", reference: "P1" },
      { ...line, key: "3", amount: -2_015n, gross: -2_000n, fee: 15n, code: "dispute", reference: "P2" },
      { ...line, key: "4", amount: -150n, code: "fee" },
      { ...line, key: "5", amount: -500n, code: "risk_reserved_funds" },
      { ...line, key: "6", amount: -6_135n, code: "payout", reference: "po_12345" },
      { key: "bank", amount: 6_100n, on: THU, reference: "po_12345" },
    );
    const rows = (await closeBooks(lake, FRI)).filter(
      ({ row_kind, payout_key }) => row_kind === "waterfall" && payout_key !== null,
    );
    expect(Object.fromEntries(rows.map(({ field, amount_minor }) => [field, amount_minor]))).toEqual({
      gross: 10_000n,
      refunds: -1_000n,
      chargebacks: -2_000n,
      fees: -365n,
      reserve_held: -500n,
      residual: -35n,
      bank: -6_100n,
    });
  });

  it("of an account: what is matched, what is not, and the statement's turnover add up to nothing", async () => {
    const rows = await closeOf(
      [{ id: "a", amount: 100n, on: THU }],
      [
        { key: "l", amount: 100n, on: FRI, reference: "E2E-a" },
        { key: "x", amount: 7n, on: FRI },
        { key: "f", amount: -3n, on: FRI, code: "CHRG" },
      ],
    );
    const components = rows
      .filter(({ row_kind }) => row_kind === "waterfall")
      .map(({ field, amount_minor }) => [field, amount_minor]);
    expect(Object.fromEntries(components)).toEqual({ payments: 100n, residual: 7n, fees: -3n, bank: -104n });
  });
});
