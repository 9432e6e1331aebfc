import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runFinal } from "../../server/batch/run";
import { pinJob } from "../../server/batch/spec";
import { addDays } from "../../server/domain/calendar/business-days";
import type { BusinessDate } from "../../server/domain/time";
import { RECONCILIATION_FINAL } from "../../server/indexes/reconciliation/final";
import type { Lake } from "../../server/lake/lake";
import { silentLogger } from "../../server/observability/log";
import { openProcessLake } from "../../server/process/open-lake";
import { runSimulation } from "../../server/simulation/run";
import { type ScoreReport, scoreLake } from "../../server/simulation/score";
import { formatScore } from "../../server/simulation/score-text";
import { createLakeSink, TRANSACTIONS_SOURCE } from "../../server/simulation/sinks/lake";
import { BREAK_KINDS, MATCH_KINDS } from "../../server/simulation/statements/kinds";
import { openStatementWriter } from "../../server/simulation/statements/writer";
import { openTruthWriter } from "../../server/simulation/truth-writer";
import { intakeFile } from "../../server/statements/intake/intake";
import { ingest } from "../../workers/cli/ingest";
import { smallSettings, temporaryDirectory } from "../support/world";

const EVENTS = 15_000;
let directory: string;
let remove: () => Promise<void>;
let report: ScoreReport;
let refused: string[];

async function takeStatements(lake: Lake, folder: string): Promise<string[]> {
  const faulty: string[] = [];
  const files = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile());
  for (const { name } of files.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const taken = await intakeFile({ lake, name, source: createReadStream(join(folder, name)) });
    if (taken.outcome === "refused") faulty.push(name);
  }
  return faulty;
}

beforeAll(async () => {
  ({ path: directory, remove } = await temporaryDirectory());
  const settings = smallSettings(directory, {});
  const { lake, close } = await openProcessLake(settings, settings.lake);
  const statements = join(directory, "statements");
  const { statements: summary } = await runSimulation({
    options: { seed: "reconciled", events: EVENTS, days: 3, breakRate: 0.03 },
    sink: async ({ run }) =>
      createLakeSink({ store: lake.store, run, fileEveryMs: null, signal: new AbortController().signal }),
    truth: () => openTruthWriter(join(directory, "truth.ndjson")),
    statements: (options, truth) => openStatementWriter({ directory: statements, options, tell: truth.add }),
    signal: new AbortController().signal,
  });
  const folder = join(settings.lake, "landing", TRANSACTIONS_SOURCE);
  const inputs = (await readdir(folder)).sort().map((name) => join(folder, name));
  const mappingPath = "config/mappings/concordance-transactions.yaml";
  await ingest({ source: TRANSACTIONS_SOURCE, mappingPath, inputs, lake: settings.lake }, settings, silentLogger);
  refused = await takeStatements(lake, statements);
  const terms: unknown = JSON.parse(await readFile(join(statements, "terms", "reconciliation.json"), "utf8"));
  const until = summary?.until ?? ("" as BusinessDate);
  for (let date = "2025-03-03" as BusinessDate; date <= until; date = addDays(date, 1)) {
    await runFinal(lake, RECONCILIATION_FINAL, await pinJob(lake, RECONCILIATION_FINAL, date, terms));
  }
  report = await scoreLake({ lake, truthPath: join(directory, "truth.ndjson") });
  close();
}, 300_000);
afterAll(() => remove());

describe("a simulated world, its statements taken in and reconciled night by night", () => {
  it("has every planted break found by its kind, near breaks matched, and no other break", () => {
    const { breaks } = report;
    expect(breaks?.reconciled).toBe(true);
    for (const score of breaks?.kinds ?? []) {
      expect(score, formatScore(report)).toMatchObject({ found: score.expected, missed: 0, wrong: 0, extra: 0 });
      expect(score.expected, score.name).toBeGreaterThan(0);
    }
    expect(breaks?.kinds).toHaveLength(BREAK_KINDS.length + MATCH_KINDS.length);
  });

  it("has the faulty deliveries refused, and no others", () => {
    expect(refused).toHaveLength(6);
    expect(refused.every((name) => name.includes(".first."))).toBe(true);
  });
});
