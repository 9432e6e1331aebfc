/** The indexes of this console, in the order of the navigation. Adding one here makes the compiler ask for the rest. */
export const INDEX_NAMES = ["fraud", "reconciliation", "merchants", "settlement", "ops"] as const;
export type IndexName = (typeof INDEX_NAMES)[number];

/** Roles of PRODUCT.md section 5. */
export const ROLES = [
  "fraud_analyst",
  "finance",
  "treasury",
  "partnerships",
  "marketing",
  "compliance",
  "ops",
  "admin",
  "auditor",
] as const;
export type Role = (typeof ROLES)[number];

export interface PageEntry {
  readonly path: string;
  readonly title: string;
}

export interface IndexEntry {
  readonly title: string;
  /** The question it answers, in one line. */
  readonly question: string;
  readonly kind: "real_time" | "final";
  /** The promise: an event is in the index this long after it was stored, milliseconds. */
  readonly freshnessPromiseMs: number;
  /** `g` then this letter opens it. */
  readonly key: string;
  readonly pages: readonly [PageEntry, ...PageEntry[]];
}

export const INDEXES: Readonly<Record<IndexName, IndexEntry>> = {
  fraud: {
    title: "Fraud",
    question: "Which payments look suspicious now, and who is handling them?",
    kind: "real_time",
    freshnessPromiseMs: 2_000,
    key: "f",
    pages: [
      { path: "/fraud/queue", title: "Queue" },
      { path: "/fraud/live", title: "Live" },
      { path: "/fraud/blacklist", title: "Blacklist" },
    ],
  },
  reconciliation: {
    title: "Reconciliation",
    question: "What of our books and of the statements belongs together, what does not, and why?",
    kind: "final",
    freshnessPromiseMs: 93_600_000,
    key: "r",
    pages: [
      { path: "/reconciliation/day", title: "Day" },
      { path: "/reconciliation/breaks", title: "Breaks" },
      { path: "/reconciliation/matches", title: "Matches" },
      { path: "/reconciliation/payouts", title: "Payouts explained" },
      { path: "/reconciliation/statements", title: "Statements" },
    ],
  },
  merchants: {
    title: "Merchants",
    question: "How is each merchant performing today, per currency?",
    kind: "real_time",
    freshnessPromiseMs: 2_000,
    key: "m",
    pages: [{ path: "/merchants", title: "Merchants" }],
  },
  settlement: {
    title: "Settlement",
    question: "What leaves when, in which currency, and what moved it?",
    kind: "final",
    freshnessPromiseMs: 93_600_000,
    key: "t",
    pages: [
      { path: "/settlement/calendar", title: "Calendar" },
      { path: "/settlement/payouts", title: "Payouts" },
      { path: "/settlement/holds", title: "Holds" },
    ],
  },
  ops: {
    title: "Operations",
    question: "Is everything read, stored and shown, and how far behind is it?",
    kind: "real_time",
    freshnessPromiseMs: 2_000,
    key: "o",
    pages: [
      { path: "/operations/streams", title: "Streams" },
      { path: "/operations/quarantine", title: "Quarantine" },
      { path: "/operations/jobs", title: "Jobs" },
      { path: "/operations/tables", title: "Tables" },
      { path: "/operations/health", title: "Health" },
    ],
  },
};

/** Roles that may read each index; the same table is checked on the server for every procedure. */
export const INDEX_READERS: Readonly<Record<IndexName, readonly Role[]>> = {
  fraud: ["fraud_analyst", "compliance", "admin", "auditor"],
  reconciliation: ["finance", "treasury", "ops", "compliance", "admin", "auditor"],
  merchants: ["partnerships", "finance", "treasury", "marketing", "fraud_analyst", "compliance", "admin", "auditor"],
  settlement: ["treasury", "finance", "partnerships", "admin", "auditor"],
  ops: ["ops", "admin", "auditor"],
};

/** Roles that may change what each index shows. An auditor reads all and changes nothing. */
export const INDEX_WRITERS: Readonly<Record<IndexName, readonly Role[]>> = {
  fraud: ["fraud_analyst", "admin"],
  reconciliation: ["finance", "admin"],
  merchants: ["admin"],
  settlement: ["treasury", "admin"],
  ops: ["ops", "admin"],
};
