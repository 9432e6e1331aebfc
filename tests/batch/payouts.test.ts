import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { dayNumber } from "../../server/domain/time";
import { RECONCILIATION } from "../../server/indexes/reconciliation/tables";
import { type Db, openDuckDb } from "../../server/lake/duckdb";
import { type Lake, openLake } from "../../server/lake/lake";
import { openLocalStore } from "../../server/lake/store/local";
import { DIM_FEE_PLANS, DIM_MERCHANTS } from "../../server/reference/tables";
import { add, book, type Told } from "./books";
import { agree, balance, closePayouts, happen, hold, SETTLEMENT_TABLES, type StepRow, UNGATED } from "./payouts-books";

// Several closes each: a loaded machine needs its time.
vi.setConfig({ testTimeout: 180_000 });

let root: string;
let db: Db;
let stores = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "settlement-test-"));
  db = await openDuckDb({ memoryLimitMb: 1024, threads: 2, temporaryDirectory: join(root, "spill") });
});
afterAll(async () => {
  db.close();
  await rm(root, { recursive: true, force: true });
});
const freshLake = async (): Promise<Lake> =>
  openLake(await openLocalStore(join(root, `lake-${stores++}`)), db, SETTLEMENT_TABLES);

/** A Monday to a Friday without a holiday anywhere, and the Monday after. */
const [MON, TUE, WED, THU, FRI] = ["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"] as const;
const NEXT_MON = "2026-11-23";
const M = "M1";

const payouts = (rows: readonly Told[]) => rows.filter(({ row_kind }) => row_kind === "payout");
const items = (rows: readonly Told[]) => rows.filter(({ row_kind }) => row_kind === "item");
/** "2026-11-17 paid 100"; between them the date it is paid on where that is another. */
const summary = (rows: readonly Told[]) =>
  payouts(rows).map(({ scheduled_on, pay_on, status, net_minor }) =>
    [scheduled_on, pay_on === scheduled_on ? [] : (pay_on ?? "no date"), status, net_minor].flat().join(" "),
  );
const sale = (id: string, amount: bigint, on: string, more: Partial<StepRow> = {}): StepRow => ({
  id,
  amount,
  at: `${on}T09:00:00Z`,
  merchant: M,
  ...more,
});
const plan = (more: object) => ({
  fee_plan: "standard",
  currency: "*",
  payment_type: "*",
  effective_from: dayNumber("2020-01-01"),
  percent: 9,
  fixed_minor: 0n,
  ...more,
});

describe("what a payout is made of", () => {
  it("sales less refunds, chargebacks and the fees of the most exact rule, half up and within its bounds", async () => {
    const lake = await freshLake();
    await agree(lake, { merchant: M, plan: "standard" });
    await add(lake, DIM_FEE_PLANS, [
      plan({}),
      plan({ currency: "EUR", payment_type: "SEPA", percent: 1.5, fixed_minor: 10n, maximum_minor: 100n }),
    ]);
    await happen(
      lake,
      sale("a", 1_100n, FRI),
      sale("b", 90_000n, FRI),
      sale("b", 300n, FRI, { status: "REFUNDED" }),
      sale("c", 200n, FRI, { status: "CHARGEBACK" }),
    );
    const rows = await closePayouts(lake, FRI);
    expect(payouts(rows)).toMatchObject([
      {
        payout_id: "PO-M1-EUR-20261123",
        status: "projected", // Saturday's and Sunday's sales are in it too
        moved_by: "|weekend",
        gross_minor: 91_100n,
        refunds_minor: 300n,
        chargebacks_minor: 200n,
        fees_minor: 127n, // 1.5 % of 11.00 is 16.5, so 17, and 10 more; the other is at its maximum
        net_minor: 90_473n,
        payments: 4n,
      },
    ]);
    expect(items(rows).map(({ payout_id, amount_minor, fee_minor }) => [payout_id, amount_minor, fee_minor])).toEqual([
      ["PO-M1-EUR-20261123", 1_100n, 27n],
      ["PO-M1-EUR-20261123", 90_000n, 100n],
      ["PO-M1-EUR-20261123", -300n, 0n],
      ["PO-M1-EUR-20261123", -200n, 0n],
    ]);
  });

  it("a payment no rule of the plan covers has no fee of zero: the payout is held and says why", async () => {
    const lake = await freshLake();
    await agree(lake, { merchant: M, plan: "standard" });
    await add(lake, DIM_FEE_PLANS, [plan({ payment_type: "CARD" })]);
    await happen(lake, sale("a", 1_000n, THU));
    const rows = await closePayouts(lake, THU);
    expect(items(rows)).toMatchObject([{ fee_minor: null }]);
    expect(payouts(rows)).toMatchObject([
      { status: "held", reason: "fee plan standard has no rule for 1 of its payments", unpriced: 1n },
    ]);
  });

  it("terms and plans change with their first day", async () => {
    const lake = await freshLake();
    await agree(
      lake,
      { merchant: M, delay: 3, plan: "standard" },
      { merchant: M, delay: 1, plan: "standard", from: TUE },
    );
    await add(lake, DIM_FEE_PLANS, [plan({ percent: 1 }), plan({ percent: 2, effective_from: dayNumber(TUE) })]);
    await happen(lake, sale("a", 1_000n, MON), sale("b", 1_000n, TUE));
    const rows = await closePayouts(lake, TUE);
    expect(payouts(rows)).toMatchObject([
      { scheduled_on: WED, fees_minor: 20n },
      { scheduled_on: THU, fees_minor: 10n },
    ]);
  });
});

describe("when a payout leaves", () => {
  it("a sale counts for the next date from the merchant's cut-off on, also on the nights clocks change", async () => {
    const lake = await freshLake();
    await agree(lake, { merchant: M, delay: 0, cutoff: "02:30", zone: "Europe/Berlin", calendar: "always" });
    // 2026-10-25: 02:30 comes twice (00:30 and 01:30 UTC), the first counts. 2026-03-29: 02:30 is 03:30 (01:30 UTC).
    const at = (id: string, instant: string) => sale(id, 100n, MON, { at: instant });
    await happen(
      lake,
      at("a", "2026-10-25T00:29:00Z"),
      at("b", "2026-10-25T00:30:00Z"),
      at("c", "2026-10-25T01:15:00Z"),
      at("d", "2026-03-29T01:29:00Z"),
      at("e", "2026-03-29T01:30:00Z"),
    );
    const rows = await closePayouts(lake, "2026-10-26", { ...UNGATED, lookbackDays: 300 });
    expect(items(rows).map((row) => `${row.transaction_id} ${row.sale_date} ${row.moved_by}`)).toEqual([
      "d 2026-03-29 ",
      "e 2026-03-30 |cut_off",
      "a 2026-10-25 ",
      "b 2026-10-26 |cut_off",
      "c 2026-10-26 |cut_off",
    ]);
  });

  it("says weekend, holiday and schedule apart", async () => {
    const lake = await freshLake();
    await agree(
      lake,
      { merchant: "M1", calendar: "fed" },
      { merchant: "M2", calendar: "target" },
      { merchant: "M3", calendar: "target", schedule: "week", days: "1 3" },
      { merchant: "M4", calendar: "target", schedule: "month", days: "31" },
    );
    // Thanksgiving is on Thursday the 26th.
    const merchants = ["M1", "M2", "M3", "M4"];
    await happen(lake, ...merchants.map((merchant) => sale(merchant, 100n, "2026-11-25", { merchant })));
    const rows = await closePayouts(lake, "2026-11-25");
    expect(payouts(rows).map((row) => `${row.merchant_id} ${row.scheduled_on} ${row.moved_by}`)).toEqual([
      "M1 2026-11-27 |holiday",
      "M2 2026-11-26 ",
      "M3 2026-11-30 |weekend|schedule",
      "M4 2026-11-30 |weekend|schedule",
    ]);
  });

  it("what comes late goes out with the first payout that is still open, and says so", async () => {
    const lake = await freshLake();
    await agree(lake, { merchant: M });
    await happen(lake, sale("a", 100n, MON));
    expect(summary(await closePayouts(lake, TUE))).toEqual([`${TUE} paid 100`]);
    await happen(lake, sale("late", 70n, MON));
    const rows = await closePayouts(lake, WED);
    expect(summary(rows)).toEqual([`${WED} paid 70`]);
    expect(payouts(rows)).toMatchObject([{ moved_by: "|late" }]);
  });
});

describe("what stays back", () => {
  it("a rolling reserve goes out with the first payout after its days", async () => {
    const lake = await freshLake();
    await agree(lake, { merchant: M, reserve: 10, reserveDays: 5 });
    await happen(lake, sale("a", 1_005n, MON));
    const first = await closePayouts(lake, MON);
    expect(payouts(first)).toMatchObject([
      { scheduled_on: TUE, status: "scheduled", reserve_held_minor: 101n, net_minor: 904n },
      { scheduled_on: NEXT_MON, status: "projected", reserve_released_minor: 101n, net_minor: 101n },
    ]);
    const second = await closePayouts(lake, TUE);
    expect(second.filter(({ row_kind }) => row_kind === "reserve")).toMatchObject([
      { scheduled_on: TUE, amount_minor: 101n, release_from: "2026-11-22", release_on: NEXT_MON },
    ]);
    const last = await closePayouts(lake, NEXT_MON);
    expect(summary(last)).toEqual([`${NEXT_MON} paid 101`]);
    expect(last.filter(({ row_kind }) => row_kind === "reserve")).toEqual([]);
  });

  it("a debt is carried until sales cover it, over closes and dates without a payout", async () => {
    const lake = await freshLake();
    await agree(lake, { merchant: M });
    await happen(lake, sale("a", 500n, MON, { status: "CHARGEBACK" }));
    const first = await closePayouts(lake, TUE);
    expect(payouts(first)).toMatchObject([
      {
        status: "paid",
        net_minor: 0n,
        carried_forward_minor: -500n,
        reason: "nothing to pay out, the rest is carried forward",
      },
    ]);
    await closePayouts(lake, WED);
    await happen(lake, sale("b", 800n, THU));
    const last = await closePayouts(lake, FRI);
    expect(payouts(last)).toMatchObject([{ brought_forward_minor: -500n, net_minor: 300n, carried_forward_minor: 0n }]);
    expect(last.filter(({ row_kind }) => row_kind === "balance")).toEqual([]);
  });

  it("a hold without an end keeps every payout from its first day; released, they leave on the next payout date", async () => {
    const lake = await freshLake();
    await agree(lake, { merchant: M });
    await happen(lake, sale("a", 100n, MON), sale("b", 200n, TUE));
    await hold(lake, { id: "h1", act: "place", merchant: M, on: WED });
    expect(summary(await closePayouts(lake, TUE))).toEqual([`${TUE} paid 100`, `${WED} no date held 200`]);
    const held = await closePayouts(lake, THU);
    expect(summary(held)).toEqual([`${WED} no date held 200`]);
    expect(payouts(held)).toMatchObject([{ hold_id: "h1", reason: "documents are missing", moved_by: "|hold" }]);
    await hold(lake, { id: "h1", act: "release", merchant: M, on: "2026-11-21" });
    expect(summary(await closePayouts(lake, FRI))).toEqual([`${WED} ${NEXT_MON} scheduled 200`]);
    expect(summary(await closePayouts(lake, NEXT_MON))).toEqual([`${WED} ${NEXT_MON} paid 200`]);
    expect(summary(await closePayouts(lake, "2026-11-24"))).toEqual([]);
  });

  it("a hold of one currency leaves the others alone, and a hold in the reference data counts too", async () => {
    const lake = await freshLake();
    await agree(lake, { merchant: "*", calendar: "target" });
    await hold(lake, { id: "h1", act: "place", merchant: M, currency: "EUR", on: MON });
    await add(lake, DIM_MERCHANTS, [{ merchant_id: "M2", name: "Two", payout_hold: true }]);
    await happen(
      lake,
      sale("a", 100n, MON),
      sale("b", 200n, MON, { currency: "GBP" }),
      sale("c", 300n, MON, { merchant: "M2" }),
    );
    expect(
      payouts(await closePayouts(lake, MON)).map((row) => `${row.merchant_id} ${row.currency} ${row.status}`),
    ).toEqual(["M1 EUR held", "M1 GBP scheduled", "M2 EUR held"]);
  });

  it("no payout leaves after a close whose reconciliation is missing or whose ingest does not balance; it leaves on the next date", async () => {
    const lake = await freshLake();
    await agree(lake, { merchant: M });
    await happen(lake, sale("a", 100n, MON));
    const late = payouts(await closePayouts(lake, MON, {}));
    expect(late).toMatchObject([
      {
        status: "held",
        moved_by: "|gate",
        reason: `reconciliation of ${MON} is not closed: it is late, or its control totals failed`,
      },
    ]);
    await balance(lake, TUE, { records_in: 5n, accepted: 3n });
    const unbalanced = payouts(await closePayouts(lake, TUE, UNGATED));
    expect(unbalanced).toMatchObject([
      {
        scheduled_on: TUE,
        pay_on: WED,
        status: "held",
        reason: "ingest balance of cards: 5 records came, 3 are accounted for",
      },
    ]);
    await add(lake, RECONCILIATION, [
      {
        business_date: dayNumber(WED),
        row_kind: "item",
        row_key: "x",
        side: "bank",
        state: "matched",
        role: "payment",
        rule_version: "x",
      },
    ]);
    expect(summary(await closePayouts(lake, WED, {}))).toEqual([`${TUE} ${THU} scheduled 100`]);
    expect(summary(await closePayouts(lake, THU, UNGATED))).toEqual([`${TUE} ${THU} paid 100`]);
  });
});

describe("what the bank says", () => {
  const bank = { ...UNGATED, payoutAccounts: ["bank-EUR"] };

  it("a line that names the payout with its amount makes it paid; without one it is late after the bank's days", async () => {
    const lake = await freshLake();
    await agree(lake, { merchant: M }, { merchant: "M2" });
    await happen(lake, sale("a", 100n, MON), sale("b", 200n, MON, { merchant: "M2" }));
    await book(lake, { key: "l1", amount: -100n, on: TUE, reference: "PO-M1-EUR-20261117" });
    const rows = payouts(await closePayouts(lake, WED, bank));
    expect(rows).toMatchObject([
      { payout_id: "PO-M1-EUR-20261117", status: "paid", reason: null, bank_line_key: "l1", bank_minor: -100n },
      { payout_id: "PO-M2-EUR-20261117", status: "scheduled", due_on: WED },
    ]);
    expect(payouts(await closePayouts(lake, THU, bank))).toMatchObject([
      { payout_id: "PO-M2-EUR-20261117", status: "late", reason: "no bank line by the date it was due" },
    ]);
    await book(lake, { key: "l2", amount: -150n, on: FRI, reference: "PO-M2-EUR-20261117" });
    expect(payouts(await closePayouts(lake, FRI, bank))).toMatchObject([
      { status: "late", bank_minor: -150n, reason: "the bank lines that name it add up to another amount" },
    ]);
    await book(lake, { key: "l3", amount: -50n, on: NEXT_MON, reference: "PO-M2-EUR-20261117" });
    expect(summary(await closePayouts(lake, NEXT_MON, bank))).toEqual([`${TUE} paid 200`]);
  });

  it("without an account that shows payouts, one counts as paid on its date and says so", async () => {
    const lake = await freshLake();
    await agree(lake, { merchant: M });
    await happen(lake, sale("a", 100n, MON));
    expect(payouts(await closePayouts(lake, TUE))).toMatchObject([
      { status: "paid", reason: "counted as paid on its date: no account is named whose statements would show it" },
    ]);
  });
});

describe("the projection", () => {
  it("counts what is approved and not settled, after fees and reserve, as settled on the day after the close", async () => {
    const lake = await freshLake();
    await agree(lake, { merchant: M, plan: "standard", reserve: 10, reserveDays: 30 });
    await add(lake, DIM_FEE_PLANS, [plan({ percent: 1 })]);
    await happen(
      lake,
      sale("a", 1_000n, MON, { status: "APPROVED" }),
      sale("b", 1_000n, MON, { status: "APPROVED" }),
      sale("b", 1_000n, MON, { status: "SETTLED" }),
      sale("c", 1_000n, MON, { status: "APPROVED" }),
      sale("c", 1_000n, MON, { status: "FAILED" }),
    );
    const rows = payouts(await closePayouts(lake, MON));
    expect(rows.slice(0, 2)).toMatchObject([
      { scheduled_on: TUE, status: "scheduled", expected_minor: 0n, net_minor: 890n },
      { scheduled_on: WED, status: "projected", expected_minor: 890n, expected_payments: 1n, net_minor: 0n },
    ]);
    expect(rows).toHaveLength(3); // and the release of the reserve
  });
});
