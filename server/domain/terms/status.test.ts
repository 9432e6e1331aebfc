import { describe, expect, it } from "vitest";
import type { BusinessDate } from "../time";
import type { Hold } from "./payout-date";
import { type PayoutFacts, payoutStatus } from "./status";

const HOLD: Hold = { id: "h1", from: "2026-11-01" as BusinessDate, until: null, reason: "identity check" };
const facts = (more: Partial<PayoutFacts>): PayoutFacts => ({
  payout: { heldBy: null },
  overdueFrom: 1_000n,
  now: 999n,
  isMatched: false,
  isFinal: true,
  blockedBy: null,
  ...more,
});

describe("the status of a payout", () => {
  it.each<[Partial<PayoutFacts>, string, string | null]>([
    [{}, "scheduled", null],
    [{ isFinal: false }, "projected", "business dates it pays are still open"],
    [{ now: 1_000n }, "late", "no bank line by the date it was due"],
    [{ now: 1_000n, isFinal: false }, "late", "no bank line by the date it was due"],
    [{ payout: { heldBy: HOLD }, overdueFrom: null }, "held", "identity check"],
    [{ payout: { heldBy: HOLD }, now: 1_000n }, "held", "identity check"],
    [
      { blockedBy: "merchants of 2026-11-19 failed its control totals" },
      "held",
      "merchants of 2026-11-19 failed its control totals",
    ],
    [{ blockedBy: "late", payout: { heldBy: HOLD } }, "held", "identity check"],
    [{ isMatched: true, payout: { heldBy: HOLD }, blockedBy: "late", now: 1_000n }, "paid", null],
  ])("with %o is %s", (more, status, reason) => {
    expect(payoutStatus(facts(more))).toEqual({ status, reason });
  });
});
