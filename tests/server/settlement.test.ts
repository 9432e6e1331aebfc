import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runFinal } from "../../server/batch/run";
import { pinJob } from "../../server/batch/spec";
import { answerExport } from "../../server/console/export";
import { verifyAudit } from "../../server/db/audit";
import type { BusinessDate } from "../../server/domain/time";
import { INDEX_READERS, INDEX_WRITERS, ROLES } from "../../server/indexes/names";
import { SETTLEMENT_FINAL } from "../../server/indexes/settlement/final";
import { openTestConsole, type TestConsole } from "../setup/console";

const DAY_MS = 86_400_000;
const LIMIT_MS = 240_000;
const dayAgo = (days: number): BusinessDate =>
  new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10) as BusinessDate;
/** The simulated world's days; the last of them is closed by the test itself. */
const [FIRST, SECOND, THIRD] = [dayAgo(3), dayAgo(2), dayAgo(1)];

let console: TestConsole;
const closeDay = async (date: BusinessDate) => {
  const spec = await pinJob(console.lake, SETTLEMENT_FINAL, date, { requireReconciliation: false });
  await runFinal(console.lake, SETTLEMENT_FINAL, spec);
  console.services.reader.renew();
};

beforeAll(async () => {
  console = await openTestConsole(4_000);
  await closeDay(FIRST);
  await closeDay(SECOND);
}, LIMIT_MS);
afterAll(() => console.close(), LIMIT_MS);

const treasury = () => console.as("treasury").settlement;
const everyPayout = async () => {
  const rows = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<ReturnType<typeof treasury>["payouts"]>> = await treasury().payouts({
      cursor,
      limit: 150,
    });
    rows.push(...page.rows);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return rows;
};

describe("the settlement in the console", { timeout: LIMIT_MS }, () => {
  it("is read by its readers and changed by treasury and administrators alone", async () => {
    for (const role of ROLES.filter((one) => !INDEX_READERS.settlement.includes(one))) {
      await expect(console.as(role).settlement.payouts({}), role).rejects.toMatchObject({ code: "FORBIDDEN" });
      await expect(console.as(role).settlement.calendar({ month: "2026-01" }), role).rejects.toMatchObject({
        code: "FORBIDDEN",
      });
    }
    const place = { merchantId: "M00000", currency: null, from: "2099-01-01", reason: "not allowed" };
    for (const role of ROLES.filter((one) => !INDEX_WRITERS.settlement.includes(one))) {
      const { settlement } = console.as(role);
      await expect(settlement.placeHold(place), role).rejects.toMatchObject({ code: "FORBIDDEN" });
      await expect(settlement.releaseHold({ holdId: "x", reason: "not allowed" }), role).rejects.toMatchObject({
        code: "FORBIDDEN",
      });
    }
  });

  it("pages over every payout once, in the order of dates, each sum as the rows have it", async () => {
    const rows = await everyPayout();
    const { total, totals, byStatus } = await treasury().payouts({});
    expect(rows).toHaveLength(total);
    expect(new Set(rows.map(({ payoutId }) => payoutId)).size).toBe(total);
    const dates = rows.map(({ payOn, scheduledOn }) => payOn ?? scheduledOn);
    expect(dates).toEqual([...dates].sort());
    for (const { currency, netMinor } of totals) {
      const own = rows.filter((row) => row.currency === currency);
      expect(own.reduce((sum, row) => sum + row.netMinor, 0n)).toBe(netMinor);
    }
    expect(Object.values(byStatus).reduce((sum, count) => sum + count, 0)).toBe(total);
    const byNet = await treasury().payouts({ sort: "net", limit: 200 });
    const nets = byNet.rows.map(({ netMinor }) => netMinor);
    expect(nets).toEqual([...nets].sort((a, b) => (a > b ? -1 : a < b ? 1 : 0)));
    const held = await treasury().payouts({ status: ["held"] });
    expect(held.rows.every(({ status }) => status === "held")).toBe(true);
    expect(held.total).toBe(byStatus.held);
  });

  it("tells a month by day and currency with the sums of its payouts, and what has no date apart", async () => {
    const rows = await everyPayout();
    const month = THIRD.slice(0, 7);
    const { days, undated } = await treasury().calendar({ month });
    const dated = rows.filter(({ payOn }) => payOn?.startsWith(month));
    expect(days.reduce((sum, { payouts }) => sum + Object.values(payouts).reduce((all, one) => all + one, 0), 0)).toBe(
      dated.length,
    );
    for (const day of days) {
      const own = dated.filter(({ payOn, currency }) => payOn === day.date && currency === day.currency);
      const net = own.reduce((sum, { netMinor }) => sum + netMinor, 0n);
      expect(Object.values(day.netMinor).reduce((sum, one) => sum + one, 0n)).toBe(net);
      const paidOrHeld = own.filter(({ status }) => status === "paid" || status === "held");
      expect(day.neededMinor).toBe(net - paidOrHeld.reduce((sum, { netMinor }) => sum + netMinor, 0n));
    }
    expect(undated.reduce((sum, { payouts }) => sum + payouts, 0)).toBe(
      rows.filter(({ payOn }) => payOn === null).length,
    );
  });

  it("explains one payout to zero, down to payments that add up to it", async () => {
    const rows = (await everyPayout()).filter(({ payments }) => payments > 0).slice(0, 10);
    expect(rows.length).toBeGreaterThan(5);
    for (const { payoutId } of rows) {
      const { payout, components, items, sales, history } = await treasury().payout({ payoutId });
      expect(
        components.reduce((sum, { amountMinor }) => sum + amountMinor, 0n),
        payoutId,
      ).toBe(0n);
      expect(items).toHaveLength(payout.payments);
      const own = payout.grossMinor - payout.refundsMinor - payout.chargebacksMinor;
      expect(items.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)).toBe(own);
      expect(items.reduce((sum, { feeMinor }) => sum + (feeMinor ?? 0n), 0n)).toBe(payout.feesMinor);
      for (const { saleDate, shifts } of sales) {
        const steps = shifts.filter(({ kind }) => kind !== "cut_off" && kind !== "late");
        expect(steps[0]?.from ?? payout.scheduledOn).toBe(steps.length === 0 ? payout.scheduledOn : saleDate);
        expect(steps.at(-1)?.to ?? payout.scheduledOn).toBe(payout.scheduledOn);
      }
      expect(history.at(-1)?.netMinor).toBe(payout.netMinor);
    }
    await expect(treasury().payout({ payoutId: "PO-none-EUR-20200101" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("exports exactly the rows of the list, and the cash of the month", async () => {
    const person = console.people.treasury;
    const signal = new AbortController().signal;
    const ask = async (view: string, filter: object) => {
      const url = `http://x/api/export/settlement?view=${view}&format=ndjson&filter=${encodeURIComponent(JSON.stringify(filter))}`;
      const answer = await answerExport(console.services, person, { index: "settlement", url, signal });
      expect(answer.status).toBe(200);
      return (await answer.text())
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    };
    const rows = await everyPayout();
    const file = await ask("payouts", {});
    expect(file.map(({ payout_id, net_minor }) => `${payout_id} ${net_minor}`)).toEqual(
      rows.map(({ payoutId, netMinor }) => `${payoutId} ${netMinor}`),
    );
    const month = SECOND.slice(0, 7);
    expect(await ask("calendar", { month })).toHaveLength((await treasury().calendar({ month })).days.length);
  });

  it("a hold is told at once as coming, kept by the next run, released once, audited, and never a guessed figure", async () => {
    const target = (await everyPayout()).find(
      ({ status, netMinor }) => (status === "scheduled" || status === "projected") && netMinor > 0n,
    );
    if (target === undefined) throw new Error("the world has no payout to come");
    const { merchantId, currency, payoutId } = target;
    const early = treasury().placeHold({ merchantId, currency, from: SECOND, reason: "documents are missing" });
    await expect(early).rejects.toThrow(/Payouts up to .* have left/);
    await expect(
      treasury().placeHold({ merchantId: "nobody", currency, from: "2099-01-01", reason: "documents are missing" }),
    ).rejects.toMatchObject({ code: "NOT_FOUND" });
    const { holdId } = await treasury().placeHold({
      merchantId,
      currency,
      from: THIRD,
      reason: "documents are missing",
    });
    const placed = (await treasury().payout({ payoutId })).payout;
    expect(placed).toMatchObject({
      pending: "placed",
      status: target.status,
      payOn: target.payOn,
      netMinor: target.netMinor,
    });
    await closeDay(THIRD);
    const held = (await treasury().payout({ payoutId })).payout;
    expect(held).toMatchObject({ status: "held", payOn: null, pending: null, holdId, reason: "documents are missing" });

    const answers = await Promise.allSettled(
      ["treasury", "admin"].map((role) =>
        console.as(role as "treasury").settlement.releaseHold({ holdId, reason: "documents have come" }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const released = await treasury().payout({ payoutId });
    expect(released.payout).toMatchObject({ pending: "released", status: "held", payOn: null });
    expect(released.close.pendingHolds).toBe(1);
    expect(released.holds).toMatchObject([
      { holdId, state: "released_next_run", releaseReason: "documents have come" },
    ]);
    await expect(treasury().releaseHold({ holdId, reason: "documents have come" })).rejects.toThrow(/released already/);

    await closeDay(dayAgo(0));
    const again = (await treasury().payout({ payoutId })).payout;
    expect(again).toMatchObject({ status: "scheduled", pending: null });
    expect(again.payOn !== null && again.payOn > dayAgo(0)).toBe(true);
    const { rows } = await console.postgres.database.pool.query(
      "SELECT action FROM audit_log WHERE target = $1 ORDER BY seq",
      [holdId],
    );
    expect(rows.map(({ action }) => action).slice(0, 2)).toEqual(["settlement.hold_place", "settlement.hold_release"]);
    expect(await verifyAudit(console.postgres.database.db)).toMatchObject({ ok: true });
  });
});
