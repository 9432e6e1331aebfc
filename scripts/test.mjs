// The whole test command: linter, compiler, structure, then every suite. Ends with a line "N passed, N failed, N skipped".
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBrowser } from "./browser.mjs";

const checks = [
  ["biome", ["check", "--error-on-warnings", "."]],
  ["tsc", ["--noEmit"]],
  ["node", ["scripts/check-structure.mjs"]],
  ["knip", ["--no-progress"]],
];
let [passed, failed, skipped] = [0, 0, 0];
const run = (command, args) =>
  spawnSync(command === "node" ? process.execPath : join("node_modules", ".bin", command), args, { stdio: "inherit" })
    .status === 0;

for (const [command, args] of checks) {
  process.stdout.write(`> ${command} ${args.join(" ")}\n`);
  if (run(command, args)) passed++;
  else failed++;
}
const directory = mkdtempSync(join(tmpdir(), "concordance-report-"));
const report = join(directory, "report.json");
const suites = run("vitest", ["run", "--reporter=default", "--reporter=json", `--outputFile=${report}`]);
try {
  const result = JSON.parse(readFileSync(report, "utf8"));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  skipped += result.numPendingTests + result.numTodoTests;
  // A suite that could not even be loaded has no tests to fail.
  failed += result.testResults.filter(
    (suite) => suite.status === "failed" && suite.assertionResults.length === 0,
  ).length;
} catch {
  failed++;
}
if (!suites && failed === 0) failed++;
await browser();
rmSync(directory, { recursive: true, force: true });
process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exit(failed === 0 ? 0 : 1);

/** The console in a real browser, against the product as `npm start` runs it; counted as one skipped where there is none. */
async function browser() {
  process.stdout.write("\n> playwright test\n");
  const here = await findBrowser();
  if (!here.found) {
    process.stdout.write(`Skipped, the console is not tested in a browser: none starts here. ${here.why}\n`);
    skipped++;
    return;
  }
  const path = join(directory, "browser.json");
  const whole = spawnSync(join("node_modules", ".bin", "playwright"), ["test", "--reporter=list,json"], {
    stdio: "inherit",
    env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: path },
  });
  try {
    const { stats } = JSON.parse(readFileSync(path, "utf8"));
    passed += stats.expected + stats.flaky;
    failed += stats.unexpected;
    skipped += stats.skipped;
    if (whole.status !== 0 && stats.unexpected === 0) failed++;
  } catch {
    failed++;
  }
}
