import { createReadStream } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runFinal } from "../../server/batch/run";
import { pinJob } from "../../server/batch/spec";
import { addDays } from "../../server/domain/calendar/business-days";
import type { BusinessDate } from "../../server/domain/time";
import { RECONCILIATION_FINAL } from "../../server/indexes/reconciliation/final";
import type { Lake } from "../../server/lake/lake";
import { openLocalStore } from "../../server/lake/store/local";
import { BATCH_FROM } from "../../server/simulation/options";
import { runSimulation } from "../../server/simulation/run";
import { openDirectorySink } from "../../server/simulation/sinks/directory";
import { scoreReconciliation } from "../../server/simulation/statements/score-breaks";
import { openStatementWriter } from "../../server/simulation/statements/writer";
import { readTruth, type Truth } from "../../server/simulation/truth";
import { openTruthWriter } from "../../server/simulation/truth-writer";
import { intakeFile } from "../../server/statements/intake/intake";
import { indexFiles, openOwnLake } from "../support/pipeline";

const [DAYS, STATEMENT_DAYS] = [4, 3];

let root: string;
let opened: { lake: Lake; close: () => void };
let truth: Truth;
const refused: string[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "simulated-books-"));
  const statements = join(root, "statements");
  await runSimulation({
    options: {
      seed: "books",
      events: 60_000,
      days: DAYS,
      statementDays: STATEMENT_DAYS,
      statements: true,
      breakRate: 0.03,
    },
    sink: () => openDirectorySink(join(root, "events")),
    truth: () => openTruthWriter(join(root, "truth.ndjson")),
    statements: (options, writer) => openStatementWriter({ directory: statements, options, tell: writer.add }),
    signal: new AbortController().signal,
  });
  truth = await readTruth(join(root, "truth.ndjson"));
  opened = await openOwnLake(await openLocalStore(join(root, "lake")), root);
  const { lake } = opened;
  const events = (await readdir(join(root, "events"))).filter((name) => name.startsWith("transactions"));
  const paths = events.map((name) => join(root, "events", name));
  const sizes = { CONCORDANCE_FLUSH_ROWS: "50000", CONCORDANCE_PLAN_RECORDS: "50000", CONCORDANCE_TICK_ROWS: "50000" };
  await indexFiles(lake, root, { source: "simulated", mapping: "concordance-transactions", paths }, sizes);
  for (const name of (await readdir(statements)).filter((one) => one.includes(".")).sort()) {
    const { outcome } = await intakeFile({ lake, name, source: createReadStream(join(statements, name)) });
    if (outcome === "refused") refused.push(name);
  }
  const terms = JSON.parse(await readFile(join(statements, "terms", "reconciliation.json"), "utf8"));
  const settings = { ...terms, noRailDays: 0, payoutDays: 0 };
  const first = new Date(BATCH_FROM).toISOString().slice(0, 10) as BusinessDate;
  const until = truth.lines.find(({ kind }) => kind === "movements");
  if (until?.kind !== "movements") throw new Error("the truth tells of no movements");
  for (let date = first; date <= until.until; date = addDays(date, 1)) {
    await runFinal(lake, RECONCILIATION_FINAL, await pinJob(lake, RECONCILIATION_FINAL, date, settings));
  }
}, 300_000);
afterAll(async () => {
  opened?.close();
  await rm(root, { recursive: true, force: true });
});

describe("the reconciliation of a simulated world", () => {
  it("refuses just the statements that were delivered with a wrong total", () => {
    const planted = truth.lines.flatMap((line) =>
      line.kind === "break" && line.name === "control_total" ? [line.file] : [],
    );
    expect(refused.sort()).toEqual(planted.sort());
  });

  it("finds every planted break as its kind, and tells of no other", async () => {
    const report = await scoreReconciliation(opened.lake, truth);
    const wrong = report?.kinds.filter(({ missed, wrong, extra }) => (missed ?? 0) + (wrong ?? 0) + (extra ?? 0) > 0);
    expect(wrong).toEqual([]);
    expect(report?.kinds.reduce((sum, { found }) => sum + (found ?? 0), 0)).toBeGreaterThan(100);
  });
});
