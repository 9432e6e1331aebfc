import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCardTokenizer } from "../../server/domain/card";
import { silentLogger } from "../../server/observability/log";
import { openProcessLake } from "../../server/process/open-lake";
import { createReferenceLoader } from "../../server/reference/loader";
import { runSimulation } from "../../server/simulation/run";
import { type ScoreReport, scoreLake } from "../../server/simulation/score";
import { formatScore } from "../../server/simulation/score-text";
import { createLakeSink, SIGNALS_SOURCE, TRANSACTIONS_SOURCE } from "../../server/simulation/sinks/lake";
import { openTruthWriter } from "../../server/simulation/truth-writer";
import { ingest } from "../../workers/cli/ingest";
import { smallSettings, temporaryDirectory } from "../support/world";

/** Rules the lake's tables hold alerts of. */
const RULES = ["fraud_score", "stolen_card", "velocity", "acceleration", "repeated_declines"];
let directory: string;
let remove: () => Promise<void>;
let report: ScoreReport;

beforeAll(async () => {
  ({ path: directory, remove } = await temporaryDirectory());
  const settings = smallSettings(directory, {
    CONCORDANCE_FLUSH_ROWS: "4000",
    CONCORDANCE_PLAN_RECORDS: "3000",
    CONCORDANCE_TICK_ROWS: "5000",
  });
  const { lake, close } = await openProcessLake(settings, settings.lake);
  await runSimulation({
    options: { seed: "score", events: 30_000, days: 4 },
    sink: async ({ run }) =>
      createLakeSink({ store: lake.store, run, fileEveryMs: 100, signal: new AbortController().signal }),
    truth: () => openTruthWriter(join(directory, "truth.ndjson")),
    signal: new AbortController().signal,
  });
  const tokenize = createCardTokenizer(await settings.cardKey());
  const loaded = await createReferenceLoader({ lake, tokenize, log: silentLogger }).check();
  // The terms of the simulated merchants stand in their own file; payout_terms.csv is for those with terms by currency.
  expect(loaded.map(({ state }) => state)).toEqual(["loaded", "loaded", "absent", "loaded", "loaded"]);
  for (const [source, mapping] of [
    [TRANSACTIONS_SOURCE, "concordance-transactions"],
    [SIGNALS_SOURCE, "concordance-signals"],
  ] as const) {
    const folder = join(settings.lake, "landing", source);
    const names = (await readdir(folder)).sort();
    expect(names.length).toBeGreaterThan(1);
    const inputs = names.map((name) => join(folder, name));
    const request = { source, mappingPath: `config/mappings/${mapping}.yaml`, inputs, lake: settings.lake };
    await ingest(request, settings, silentLogger);
  }
  report = await scoreLake({ lake, truthPath: join(directory, "truth.ndjson") });
  close();
}, 120_000);
afterAll(() => remove());

describe("a simulated world in the lake", () => {
  it.each(RULES)("is told of by %s in full, and of nothing else", (rule) => {
    const score = report.rules.find((one) => one.rule === rule);
    expect(score, formatScore(report)).toMatchObject({ precision: 1, recall: 1 });
    expect(score?.expected).toBeGreaterThan(0);
  });

  it("balances to the record and the code", () => {
    expect(report.balance.length).toBeGreaterThan(20);
    expect(
      report.balance.filter(({ expected, actual }) => expected !== actual),
      formatScore(report),
    ).toEqual([]);
  });

  it("denies only parties that are rightly blacklisted", () => {
    expect(report.rules.find(({ rule }) => rule === "blacklisted_party")?.extra).toBe(0);
  });
});
