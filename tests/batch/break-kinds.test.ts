import { readFileSync } from "node:fs";
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

  it("reference_mismatch: of payments numbered one after the other only the one whose number is nearest is meant", async () => {
    const paid = (id: string): Paid => ({ ...cardPayment, id, reference: `PSP-run1t${id}`, party: null });
    const { batch: _, ...line } = sale({ reference: "PSP-run1tor.", on: WED });
    const rows = await closeOf([paid("ory"), paid("q3l"), paid("m0r")], [line], WED);
    const told = items(rows).filter(({ kind }) => kind !== null);
    expect(told.map(({ kind, reference }) => `${kind} ${reference}`).sort()).toEqual([
      "reference_mismatch PSP-run1tor.",
      "reference_mismatch PSP-run1tory",
    ]);
    // Two that are equally near cannot be told apart.
    const two = await closeOf([paid("ory"), paid("orx")], [line], WED);
    expect(items(two).map(({ kind }) => kind)).toEqual(["ambiguous", "ambiguous", "ambiguous"]);
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

  it("the documentation names every kind and every setting that decides", () => {
    const page = readFileSync("docs/reconciliation.md", "utf8");
    for (const kind of BREAK_KINDS) expect(page).toContain(kind);
    for (const name of ["toleranceMinor", "tolerancePercent", "rateToleranceMinor", "rateTolerancePercent"])
      expect(page).toContain(name);
  });

  it("no kind of the contract is without its case here", () => {
    const seen = new Set([...CASES.map(({ kind }) => kind), "fee_variance", "fx_rate", "late", "control_total"]);
    expect([...seen].sort()).toEqual([...BREAK_KINDS].sort());
  });
});
