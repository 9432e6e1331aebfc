import { describe, expect, it } from "vitest";
import { type AlertFacts, scoreAlerts } from "./score";
import { formatScore } from "./score-text";
import type { Truth, TruthLine } from "./truth";

const at = "2025-03-03T10:00:00.000Z";
const LINES: TruthLine[] = [
  { kind: "run", run: "s1", seed: "1", options: {} },
  {
    kind: "velocity",
    party: "C1",
    role: "originator",
    day: "2025-03-03",
    count: 31,
    previous: null,
    transaction: "s1t1",
    at,
  },
  { kind: "repeated_declines", entity: "card", id: "1111", transactions: ["s1t4", "s1t5"], at },
  { kind: "repeated_declines", entity: "user", id: "C5", transactions: ["s1t5", "s1t6"], at },
  { kind: "stolen_card", transaction: "s1t7", last4: "1111" },
  { kind: "fraud_score", signal: "s1f1", transaction: "s1t8", severity: "HIGH" },
  { kind: "fraud_score", signal: "s1f2", transaction: "s1t9", severity: "MEDIUM" },
  { kind: "blacklisted_party", transaction: "s1ta" },
];
const truth: Truth = { lines: LINES, transactions: null, signals: null };

const alert = (rule: string, facts: Partial<AlertFacts>): AlertFacts => ({
  rule,
  severity: "HIGH",
  entityType: "party",
  entityId: "C1",
  partyRole: null,
  transactionId: null,
  fraudSignalId: null,
  businessDate: "2025-03-03",
  ...facts,
});
const RIGHT: AlertFacts[] = [
  alert("velocity", { partyRole: "originator" }),
  alert("repeated_declines", { entityType: "card", entityId: "0".repeat(32), transactionId: "s1t5" }),
  alert("repeated_declines", { entityId: "C5", transactionId: "s1t6" }),
  alert("stolen_card", { transactionId: "s1t7" }),
  alert("stolen_card", { transactionId: "s1t7" }),
  alert("fraud_score", { fraudSignalId: "s1f1", transactionId: "s1t8" }),
  alert("fraud_score", { fraudSignalId: "s1f2", transactionId: "s1t9", severity: "MEDIUM" }),
  alert("blacklisted_party", { transactionId: "s1ta" }),
  alert("blacklisted_party", { transactionId: "s1tb" }),
];
const scoreOf = (alerts: AlertFacts[], rule: string) => scoreAlerts(truth, alerts).find((one) => one.rule === rule);

describe("scoring alerts", () => {
  it("gives every rule full marks for exactly what was planted, an alert told twice counting once", () => {
    for (const score of scoreAlerts(truth, RIGHT)) {
      expect(score).toMatchObject({ missed: 0, extra: 0 });
      expect(score.recall).toBe(score.rule === "acceleration" ? null : 1);
      expect(score.precision).toBe(score.rule === "acceleration" ? null : 1);
    }
  });

  it.each([
    ["velocity", { entityId: "C2", partyRole: "originator" }],
    ["velocity", { partyRole: "beneficiary" }],
    ["velocity", { partyRole: "originator", businessDate: "2025-03-04" }],
    ["acceleration", { partyRole: "originator" }],
    ["repeated_declines", { entityId: "C5", transactionId: "s1t9" }],
    ["stolen_card", { transactionId: "s1t8" }],
    ["fraud_score", { fraudSignalId: "s1f1", severity: "MEDIUM" }],
    ["blacklisted_party", { entityId: "C9", transactionId: "s1ta" }],
  ] as const)("counts a wrong %s alert as extra: %j", (rule, facts) => {
    const score = scoreOf([...RIGHT, alert(rule, facts)], rule);
    expect(score?.extra).toBe(1);
    expect(score?.precision).toBeLessThan(1);
    expect(score?.extraExamples).toHaveLength(1);
  });

  it.each(["velocity", "stolen_card", "fraud_score", "repeated_declines", "blacklisted_party"])(
    "counts a missing %s alert",
    (rule) => {
      const score = scoreOf(
        RIGHT.filter((one) => one.rule !== rule),
        rule,
      );
      expect(score).toMatchObject({ found: 0, recall: 0, precision: null });
      expect(score?.missed).toBe(score?.expected);
    },
  );

  it("prints what differs", () => {
    const text = formatScore({
      rules: scoreAlerts(truth, RIGHT.slice(1)),
      balance: [{ stream: "simulated-transactions", measure: "in", expected: 5, actual: 4 }],
      otherAlerts: 3,
      breaks: null,
    });
    expect(text).toContain("velocity, missed: C1 originator 2025-03-03");
    expect(text).toContain("simulated-transactions in: 4, expected 5");
    expect(text).toContain("3 alerts about other events");
  });
});
