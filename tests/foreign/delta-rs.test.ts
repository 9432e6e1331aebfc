import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { MAINTENANCE_DEFAULTS, maintain } from "../../server/lake/maintenance";
import { silentLogger } from "../../server/observability/log";
import { openProcessLake } from "../../server/process/open-lake";
import { runSql } from "../../server/query/sql";
import { ingest } from "../../workers/cli/ingest";
import { smallSettings, temporaryDirectory, writeWorld } from "../support/world";

const VENV = ".stack/delta-rs";
const PYTHON = join(VENV, "bin", "python");

/** delta-rs from PyPI in a virtual environment of its own; null where Python or the package cannot be had. */
function setUp(): string | null {
  if (existsSync(PYTHON) && spawnSync(PYTHON, ["-c", "import deltalake"]).status === 0) return null;
  if (spawnSync("python3", ["--version"]).status !== 0) return "there is no python3";
  if (spawnSync("python3", ["-m", "venv", VENV]).status !== 0) return "python3 -m venv failed";
  const installed = spawnSync(PYTHON, ["-m", "pip", "install", "-q", "-r", "tests/foreign/requirements.txt"], {
    encoding: "utf8",
  });
  return installed.status === 0 ? null : `pip could not install deltalake: ${installed.stderr.slice(-200)}`;
}

const missing = setUp();
if (missing !== null) process.stderr.write(`SKIPPED tests/foreign: ${missing}\n`);

const COUNTED =
  "count(*) AS n, sum(source_offset) AS offsets, sum(amount_minor) AS minor, count(merchant_id) AS merchants, min(transaction_id) AS low";

describe.skipIf(missing !== null)("a Delta reader that is not ours", () => {
  let directory: string;
  beforeAll(async () => {
    const temporary = await temporaryDirectory();
    directory = temporary.path;
    return temporary.remove;
  });

  it("reads the same rows and marks, before and after checkpoints and compaction", async () => {
    const world = await writeWorld(directory, "w", 1_200);
    const settings = smallSettings(directory);
    const mappingPath = "config/mappings/concordance-transactions.yaml";
    await ingest({ source: "test", mappingPath, inputs: [world.path], lake: settings.lake }, settings, silentLogger);
    const { lake, close } = await openProcessLake(settings, settings.lake);
    try {
      const compare = async (name: string, columns: string, where: string) => {
        let own = "";
        await runSql(
          lake,
          { sql: `SELECT ${columns} FROM ${name} WHERE ${where}`, asOf: null, format: "csv" },
          (text) => {
            own += text;
          },
        );
        const path = join(settings.lake, "tables", name);
        const output = execFileSync(PYTHON, [
          "tests/foreign/read_table.py",
          path,
          `SELECT ${columns} FROM t WHERE ${where}`,
          "landing/test",
        ]);
        const theirs = JSON.parse(output.toString());
        expect(theirs.rows[0].join(",")).toBe(own.trim().split("\n")[1]);
        const snapshot = await lake.table(name).refresh();
        expect(theirs.version).toBe(snapshot.version);
        if (name === "transactions")
          expect(BigInt(theirs.marks["landing/test"])).toBe(snapshot.marks.get("landing/test"));
      };
      const all = async () => {
        await compare("transactions", COUNTED, "true");
        // Statistics decide which files are read: a wrong bound would lose rows here.
        await compare("transactions", COUNTED, "event_time >= timestamp '2026-01-08 06:00:00.001'");
        await compare("transactions", COUNTED, "business_date = date '2026-01-07' AND source_offset > 300");
        await compare("quarantine", "count(*) AS n, sum(raw_bytes) AS b", "code = 'bad_json'");
        await compare("merchants_partial", "sum(events) AS n, sum(new_customers) AS c", "currency = 'EUR'");
        await compare("blacklist", "count(*) AS n, sum(count) AS c", "rule = 'velocity'");
      };
      await all();
      expect(lake.table("transactions").current().version).toBeGreaterThan(12);
      const facts = await maintain(lake, { ...MAINTENANCE_DEFAULTS, rowsPerFile: 900 });
      expect(facts.find((fact) => fact.table === "transactions")?.filesWritten).toBeGreaterThan(1);
      await all();
      for (const table of lake.tables) await table.writeCheckpoint();
      await all();
    } finally {
      close();
    }
  }, 120_000);
});
