import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BusinessDate } from "../../domain/time";
import { type Db, openDuckDb } from "../../lake/duckdb";
import { openLake } from "../../lake/lake";
import { writeParquet } from "../../lake/parquet";
import { openLocalStore } from "../../lake/store/local";
import { optional, required, type TableSpec } from "../../lake/types";
import { formatScore } from "../score-text";
import type { Truth, TruthLine } from "../truth";
import type { BreakKind, MatchKind } from "./kinds";
import { type BreakReport, scoreBreaks, scoreReconciliation, type Verdict } from "./score-breaks";
import type { PlantedBreak } from "./truth-of-money";

const DAY = "2025-03-05" as BusinessDate;

const planted = (name: BreakKind, transaction: string | null, facts: Partial<PlantedBreak> = {}): TruthLine => ({
  kind: "break",
  name,
  transaction,
  other: null,
  reference: `E2E-${transaction}`,
  account: "bank-eur",
  file: null,
  line: null,
  date: DAY,
  expectedBy: null,
  currency: "EUR",
  amountMinor: "100",
  field: null,
  expected: null,
  found: null,
  ...facts,
});
const near = (name: MatchKind, transaction: string, stage: number): TruthLine => ({
  kind: "near_break",
  ...{ name, stage, transaction, account: "bank-eur", file: "f" },
});
const truthOf = (...lines: TruthLine[]): Truth => ({
  lines: [...lines, { kind: "movements", until: DAY, moved: 9, clean: 9, near: 0, broken: 0, inFlight: 0 }],
  transactions: null,
  signals: null,
});
const verdict = (kind: string | null, transaction: string | null, facts: Partial<Verdict> = {}): Verdict => ({
  kind,
  stage: null,
  transaction,
  reference: transaction === null ? null : `E2E-${transaction}`,
  businessDate: DAY,
  ...facts,
});
const scoreOf = ({ kinds }: BreakReport, name: string) => kinds.find((one) => one.name === name);

describe("scoring a reconciliation", () => {
  it("tells only what is expected where nothing has been reconciled, and says so", () => {
    const breaks = scoreBreaks(truthOf(planted("currency", "t1"), near("split", "t2", 4)), null);
    expect(breaks.reconciled).toBe(false);
    expect(scoreOf(breaks, "currency")).toMatchObject({ expected: 1, found: null, missed: null, wrong: null });
    const text = formatScore({ rules: [], balance: [], otherAlerts: 0, breaks });
    expect(text).toContain("the lake holds none yet");
    expect(text).toMatch(/currency\s+1\s+-\s+-\s+-\s+-/);
  });

  it("counts each planted break as found, as another kind, or as missed, and what else is told as extra", () => {
    const truth = truthOf(
      planted("missing_external", "t1"),
      planted("missing_external", "t2"),
      planted("missing_external", "t3"),
      planted("missing_internal", null, { reference: "EXT1", line: "B1" }),
      planted("duplicate_internal", "t5", { other: "t4" }),
      planted("control_total", null, { file: "a.first.sta", reference: "a.first.sta" }),
    );
    const report = scoreBreaks(truth, [
      verdict("missing_external", "t1"),
      verdict("amount_under", "t2"),
      verdict("missing_internal", null, { reference: "EXT1" }),
      verdict("duplicate_internal", "t4"),
      verdict("control_total", null, { reference: "a.first.sta" }),
      verdict("direction", "t9"),
      verdict("direction", "t9"),
    ]);
    expect(scoreOf(report, "missing_external")).toMatchObject({
      ...{ expected: 3, found: 1, missed: 1, wrong: 1, extra: 0 },
      missedExamples: ["t3"],
      wrongExamples: ["t2 (amount_under)"],
    });
    for (const name of ["missing_internal", "duplicate_internal", "control_total"]) {
      expect(scoreOf(report, name)).toMatchObject({ expected: 1, found: 1, missed: 0, wrong: 0, extra: 0 });
    }
    expect(scoreOf(report, "direction")).toMatchObject({ expected: 0, extra: 1, extraExamples: ["t9"] });
  });

  it("goes by the newest close: what was missing and came late is late", () => {
    const report = scoreBreaks(truthOf(planted("late", "t1")), [
      verdict("missing_external", "t1"),
      verdict("late", "t1", { businessDate: "2025-03-07" }),
    ]);
    expect(scoreOf(report, "late")).toMatchObject({ found: 1, wrong: 0 });
    expect(scoreOf(report, "missing_external")).toMatchObject({ expected: 0, extra: 0 });
    expect(scoreOf(report, "amount_over")).toMatchObject({ expected: 0, missed: 0 });
  });

  it("wants near breaks matched, and not told as breaks", () => {
    const truth = truthOf(near("split", "t1", 4), near("split", "t2", 4), near("split", "t3", 4));
    const report = scoreBreaks(truth, [verdict(null, "t1", { stage: 4 }), verdict("amount_under", "t2")]);
    expect(scoreOf(report, "split")).toMatchObject({ expected: 3, found: 1, wrong: 1, missed: 1 });
  });
});

describe("scoring a lake", () => {
  let root: string;
  let db: Db;
  const spec: TableSpec = {
    name: "reconciliation",
    kind: "final",
    description: "the columns scoring reads",
    columns: [
      required("business_date", "date", "close"),
      required("row_key", "string", "row"),
      optional("item_key", "string", "item"),
      optional("transaction_id", "string", "payment"),
      optional("reference", "string", "reference"),
      optional("stage", "int", "stage"),
      optional("kind", "string", "kind"),
      required("state", "string", "state"),
    ],
    partitionBy: [],
    key: ["business_date", "row_key"],
    sortBy: ["row_key"],
    retention: { logDays: 2555, dataDays: null },
  };
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "score-breaks-"));
    db = await openDuckDb({ memoryLimitMb: 256, threads: 1, temporaryDirectory: join(root, "spill") });
  });
  afterAll(async () => {
    db.close();
    await rm(root, { recursive: true, force: true });
  });

  it("reads the reconciliation's newest closes, and none where there is no table or no row", async () => {
    const truth = truthOf(
      planted("late", "t1"),
      planted("direction", "t2"),
      near("split", "t4", 4),
      // Not due yet at the last close, and a line that comes the day after it.
      planted("missing_external", "t5", { date: "2025-03-07" as BusinessDate }),
      planted("late", "t6", { found: "2025-03-08" }),
      planted("amount_over", "t7", { date: "2025-03-08" as BusinessDate }),
    );
    const bare = await openLake(await openLocalStore(join(root, "bare")), db, []);
    expect((await scoreReconciliation(bare, truth))?.reconciled).toBe(false);
    expect(await scoreReconciliation(bare, { ...truth, lines: [] })).toBeNull();
    const lake = await openLake(await openLocalStore(join(root, "lake")), db, [spec]);
    expect((await scoreReconciliation(lake, truth))?.reconciled).toBe(false);
    const connection = await db.connect();
    const file = await writeParquet({
      connection,
      selectSql: `SELECT *, CASE WHEN stage IS NOT NULL THEN 'matched' WHEN kind IS NULL THEN 'in_flight' ELSE 'break' END AS state FROM (VALUES
        (DATE '2025-03-05', 'a', 'i1', 't1', 'E2E-t1', NULL, 'missing_external'), (DATE '2025-03-07', 'a', 'i1', 't1', 'E2E-t1', 1, 'late'),
        (DATE '2025-03-05', 'b', 'i2', 't2', 'E2E-t2', NULL, 'direction'), (DATE '2025-03-06', 'b', 'i2', 't2', 'E2E-t2', NULL, 'direction'),
        (DATE '2025-03-05', 'c', 'i3', NULL, 'E2E-t3', NULL, 'missing_internal'), (DATE '2025-03-06', 'c', 'i3', 't3', 'E2E-t3', 1, NULL),
        (DATE '2025-03-05', 'd', 'i4', 't4', 'E2E-t4', 4, NULL), (DATE '2025-03-07', 'e', 'i5', 't5', 'E2E-t5', NULL, NULL),
        (DATE '2025-03-07', 'f', 'i6', 't6', 'E2E-t6', NULL, 'missing_external')
        ) v(business_date, row_key, item_key, transaction_id, reference, stage, kind)`,
      spec,
      store: lake.store,
      expectedRows: 9,
    });
    connection.closeSync();
    if (file === null) throw new Error("no rows");
    await lake.table("reconciliation").commit({ adds: [file], marks: [], operation: "WRITE" });
    const report = await scoreReconciliation(lake, truth);
    if (report === null) throw new Error("no report");
    for (const name of ["late", "direction", "split"]) {
      expect(scoreOf(report, name)).toMatchObject({ expected: 1, found: 1, missed: 0, wrong: 0, extra: 0 });
    }
    expect(scoreOf(report, "missing_external")).toMatchObject({ expected: 0, extra: 0 });
    expect(scoreOf(report, "amount_over")).toMatchObject({ expected: 0, missed: 0 });
    // Unknown at one close, matched at the next one: no break any more.
    expect(scoreOf(report, "missing_internal")).toMatchObject({ expected: 0, extra: 0 });
  });
});
