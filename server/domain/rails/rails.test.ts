import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { cutOffInstant } from "../calendar/cut-off";
import { type BusinessDate, createZoneClock } from "../time";
import { type PaymentKind, RAILS, RAILS_VERSION, railOf } from "./rails";

describe("the rail of a payment", () => {
  it.each<[PaymentKind, string, string | null]>([
    ["CARD", "GBP", "card_uk"],
    ["ACH", "USD", "ach_credit"],
    ["ACH", "EUR", null],
    ["WIRE", "EUR", "target2"],
    ["RTP", "USD", "rtp"],
    ["SEPA", "EUR", "sepa_credit_transfer"],
    ["SEPA", "USD", null],
    ["DIRECT_DEBIT", "EUR", "sepa_direct_debit_core"],
    ["CHECK", "EUR", null],
    ["STANDING_ORDER", "GBP", "standing_order_uk"],
    ["P2P", "EUR", "sepa_instant"],
    ["CARD", "JPY", null],
    ["CARD", "toString", null],
  ])("%s in %s is %s", (type, currency, id) => {
    expect(railOf(type, currency)?.id ?? null).toBe(id);
  });

  it("carries the currency it was asked for", () => {
    for (const currency of ["USD", "EUR", "GBP"]) {
      for (const type of ["CARD", "WIRE", "RTP", "DIRECT_DEBIT", "STANDING_ORDER", "P2P"] as const) {
        expect(railOf(type, currency)?.currency).toBe(currency);
      }
    }
  });
});

describe("each rail", () => {
  it.each(Object.entries(RAILS))(
    "%s is kept under its id, in a real zone, with real times, terms in order and sources",
    (id, rail) => {
      expect(rail.id).toBe(id);
      expect(() => createZoneClock(rail.zone)).not.toThrow();
      const since = rail.terms.map((terms) => terms.since ?? "");
      expect(since).toEqual([...new Set(since)].sort());
      expect(since[0]).toBe("");
      for (const terms of rail.terms) {
        expect(terms.source.length).toBeGreaterThan(20);
        expect(terms.settle.why).not.toBe("");
        const windows = terms.windows ?? [];
        const times = [
          terms.cutOff.time,
          terms.settlesAt,
          ...windows.flatMap(({ until, settlesAt }) => [until, settlesAt]),
        ];
        for (const time of times) {
          if (time === undefined) continue;
          expect(() => cutOffInstant({ time, zone: rail.zone }, "2026-03-08" as BusinessDate)).not.toThrow();
        }
        expect(windows.map(({ until }) => until)).toEqual(windows.map(({ until }) => until).sort());
        expect(terms.windows === undefined || terms.windowLimitMinor !== undefined).toBe(true);
      }
    },
  );

  it.each(Object.entries(RAILS))("%s names each return code once", (_, rail) => {
    const codes = rail.returns.flatMap((window) => window.codes ?? ["any other"]);
    expect(codes).toEqual([...new Set(codes)]);
    for (const window of rail.returns) expect(window.source.length).toBeGreaterThan(20);
  });
});

describe("the version of the rails", () => {
  it("stands for the same rules as ever", () => {
    const text = JSON.stringify(RAILS, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
    const fingerprint = createHash("sha256").update(text).digest("hex").slice(0, 16);
    expect([RAILS_VERSION, fingerprint]).toEqual(["rails/1", "f86a024b1e422ca3"]);
  });
});
