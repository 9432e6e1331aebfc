import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BREAK_KINDS } from "../../server/indexes/reconciliation/contract";
import { type Db, openDuckDb } from "../../server/lake/duckdb";
import { type Lake, openLake } from "../../server/lake/lake";
import { openLocalStore } from "../../server/lake/store/local";
import { STATEMENT_FILES } from "../../server/statements/intake/tables";
import { add, BOOK_TABLES, type Booked, book, closeBooks, type Paid, pay, type Told } from "./books";

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
const findings = (rows: readonly Told[]) => rows.filter(({ row_kind }) => row_kind === "finding");
/** "internal matched 1", "bank break missing_internal" ... */
const summary = (rows: readonly Told[]) =>
  items(rows)
    .map(({ side, state, stage, kind }) => `${side} ${state} ${stage ?? kind ?? ""}`.trim())
    .sort();

const person = { party: "Ada Lovelace" };

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

describe("every kind of break", () => {
  interface Case {
    readonly kind: string;
    readonly paid: readonly Paid[];
    readonly booked: readonly Booked[];
    readonly expected: readonly string[];
    readonly values?: readonly [field: string | null, internal: string | null, external: string | null];
    readonly difference?: bigint;
  }
  const a = (more: Partial<Paid> = {}): Paid => ({ id: "a", amount: 5_000n, on: WED, ...more });
  const l = (more: Partial<Booked> = {}): Booked => ({
    key: "l",
    amount: 5_000n,
    on: THU,
    reference: "E2E-a",
    ...more,
  });
  const both = (kind: string) => [`bank break ${kind}`, `internal break ${kind}`];
  const card = { format: "stripe", account: "acct", batch: "po_12345" } as const;

  const CASES: readonly Case[] = [
    {
      kind: "missing_external",
      paid: [a()],
      booked: [],
      expected: ["internal break missing_external"],
      difference: -5_000n,
    },
    {
      kind: "missing_internal",
      paid: [],
      booked: [l()],
      expected: ["bank break missing_internal"],
      difference: 5_000n,
    },
    {
      kind: "amount_over",
      paid: [a()],
      booked: [l({ amount: 6_000n })],
      expected: both("amount_over"),
      values: ["amount", "5000", "6000"],
      difference: 1_000n,
    },
    {
      kind: "amount_under",
      paid: [a()],
      booked: [l({ amount: 4_000n })],
      expected: both("amount_under"),
      values: ["amount", "5000", "4000"],
      difference: -1_000n,
    },
    {
      kind: "exponent",
      paid: [a()],
      booked: [l({ amount: 500_000n })],
      expected: both("exponent"),
      values: ["amount", "5000", "500000"],
    },
    {
      kind: "direction",
      paid: [a()],
      booked: [l({ amount: -5_000n })],
      expected: both("direction"),
      values: ["amount", "5000", "-5000"],
    },
    {
      kind: "currency",
      paid: [a()],
      booked: [l({ currency: "USD" })],
      expected: both("currency"),
      values: ["currency", "EUR", "USD"],
    },
    {
      kind: "duplicate_external",
      paid: [a()],
      booked: [l(), l({ key: "again" })],
      expected: ["bank break duplicate_external"],
      difference: 5_000n,
    },
    {
      kind: "duplicate_internal",
      paid: [a({ reference: "R" }), a({ id: "b", reference: "R", hour: 10 })],
      booked: [l({ reference: "R" })],
      expected: ["internal break duplicate_internal"],
      difference: -5_000n,
    },
    {
      kind: "split_incomplete",
      paid: [a()],
      booked: [l({ amount: 2_000n }), l({ key: "l2", amount: 1_500n })],
      expected: ["bank break split_incomplete", ...both("split_incomplete")],
      values: ["amount", "5000", "3500"],
      difference: -1_500n,
    },
    {
      kind: "ambiguous",
      paid: [a(person), a({ id: "b", ...person })],
      booked: [l({ reference: null, ...person }), l({ key: "l2", reference: null, ...person })],
      expected: [
        "bank break ambiguous",
        "bank break ambiguous",
        "internal break ambiguous",
        "internal break ambiguous",
      ],
    },
    {
      kind: "reference_mismatch",
      paid: [a(person)],
      booked: [l({ reference: "E2E-other", ...person })],
      expected: both("reference_mismatch"),
      values: ["reference", "E2E-a", "E2E-other"],
    },
    {
      kind: "returned",
      paid: [a()],
      booked: [l(), l({ key: "back", amount: -5_000n, on: FRI, returned: true })],
      expected: ["bank break returned"],
      values: ["status", "SETTLED", "RETURNED"],
    },
    {
      kind: "return_unmatched",
      paid: [],
      booked: [l({ amount: -5_000n, reference: "UNKNOWN", returned: true })],
      expected: ["bank break return_unmatched"],
    },
    {
      kind: "status_conflict",
      paid: [a({ status: "RECEIVED" }), a({ status: "FAILED", hour: 10 })],
      booked: [l()],
      expected: ["bank break status_conflict"],
      values: ["status", "FAILED", "booked"],
    },
    {
      kind: "missing_external",
      paid: [],
      booked: [
        { ...card, key: "c", amount: 4_900n, on: MON, reference: "PSP-x", code: "fee" },
        { ...card, key: "po", amount: -4_900n, on: MON, code: "payout", reference: "po_12345" },
      ],
      expected: ["processor break missing_external"],
      difference: -4_900n,
    },
    {
      kind: "amount_under",
      paid: [],
      booked: [
        { ...card, key: "c", amount: 4_900n, on: WED, reference: "PSP-x", code: "fee" },
        { ...card, key: "po", amount: -4_900n, on: WED, code: "payout", reference: "po_12345" },
        { key: "bank", amount: 4_410n, on: THU, reference: "po_12345" },
      ],
      expected: ["bank break amount_under", "processor break amount_under"],
      values: ["amount", "4900", "4410"],
      difference: -490n,
    },
  ];

  it.each(CASES)(
    "$kind is found, told by its field and both values",
    async ({ kind, paid, booked, expected, values, difference }) => {
      const rows = await closeOf(paid, booked);
      const broken = items(rows).filter(({ state }) => state === "break");
      expect(summary(broken)).toEqual(expected);
      for (const row of broken) {
        if (values !== undefined) expect([row.field, row.internal_value, row.external_value]).toEqual(values);
        if (difference !== undefined) expect(row.difference_minor).toBe(difference);
        expect(row.age_business_days).toBeGreaterThanOrEqual(0);
        expect(row.kind).toBe(kind);
      }
      expect(new Set(broken.map(({ break_id }) => break_id)).size).toBeLessThanOrEqual(kind === "ambiguous" ? 2 : 1);
      expect(findings(rows)).toEqual([]);
    },
  );

  const sale = (more: Partial<Booked> = {}): Booked => ({
    ...card,
    key: "c",
    amount: 9_835n,
    gross: 10_000n,
    fee: 165n,
    on: FRI,
    reference: "PSP-1",
    code: "charge",
    ...more,
  });
  const cardPayment: Paid = { id: "c1", type: "CARD", amount: 10_000n, on: WED, reference: "PSP-1" };
  const plan = {
    id: "p",
    source: "stripe",
    currency: "EUR",
    terms: [{ rules: [{ paymentTypes: ["CARD"], percent: "1.40", fixedMinor: "25" }] }],
  };

  it("fee_variance: the fee is not the plan's", async () => {
    expect(findings(await closeOf([cardPayment], [sale()], FRI, { feePlans: [plan] }))).toEqual([]);
    const rows = await closeOf([cardPayment], [sale({ amount: 9_800n, fee: 200n })], FRI, { feePlans: [plan] });
    expect(findings(rows)).toMatchObject([
      { kind: "fee_variance", field: "fee", internal_value: "165", external_value: "200", difference_minor: 35n },
    ]);
    expect(summary(rows).filter((text) => text.includes("matched"))).toEqual([
      "internal matched 1",
      "processor matched 1",
    ]);
  });

  it("fx_rate: converted at another rate than the day's", async () => {
    const paid = { ...cardPayment, currency: "JPY", amount: 10_000n };
    const rates = [{ date: WED, from: "JPY", to: "EUR", rate: "0.00610000" }];
    const line = sale({
      format: "adyen",
      batch: "77",
      amount: 6_100n,
      fee: 0n,
      gross: 10_000n,
      grossCurrency: "JPY",
      rate: "0.0061",
      on: WED,
    });
    expect(findings(await closeOf([paid], [line], WED, { rates }))).toEqual([]);
    const rows = await closeOf([paid], [{ ...line, amount: 5_917n, rate: "0.005917" }], WED, { rates });
    expect(findings(rows)).toMatchObject([
      {
        kind: "fx_rate",
        field: "rate",
        internal_value: "0.00610000",
        external_value: "0.005917",
        difference_minor: -183n,
      },
    ]);
  });

  it("late: booked after it was due", async () => {
    const rows = await closeOf([a({ on: MON })], [l({ on: FRI })]);
    expect(summary(rows)).toEqual(["bank matched 1", "internal matched 1"]);
    expect(findings(rows)).toMatchObject([
      { kind: "late", field: "date", internal_value: TUE, external_value: FRI, age_business_days: 3 },
    ]);
  });

  it("control_total: a statement file was refused, until one of its name is taken", async () => {
    const lake = await freshLake();
    const refused = {
      intake: 0n,
      file_hash: "a".repeat(64),
      name: "monday.xml",
      format: "camt053",
      bytes: 1n,
      statements: 0n,
      statements_new: 0n,
      entries: 0n,
      entries_new: 0n,
      uncontrolled: 0n,
      taken_at: 0n,
    };
    await add(lake, STATEMENT_FILES, [
      { ...refused, outcome: "refused", fault_code: "closing_balance_mismatch", fault_expected: "1", fault_found: "2" },
    ]);
    expect(findings(await closeBooks(lake, FRI))).toMatchObject([
      {
        kind: "control_total",
        field: "closing_balance_mismatch",
        internal_value: "1",
        external_value: "2",
        reference: "monday.xml",
      },
    ]);
    await add(lake, STATEMENT_FILES, [{ ...refused, intake: 1n, file_hash: "b".repeat(64), outcome: "accepted" }]);
    expect(findings(await closeBooks(lake, FRI))).toEqual([]);
  });

  it("no kind of the contract is without its case here", () => {
    const seen = new Set([...CASES.map(({ kind }) => kind), "fee_variance", "fx_rate", "late", "control_total"]);
    expect([...seen].sort()).toEqual([...BREAK_KINDS].sort());
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
