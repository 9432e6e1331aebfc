import { openTools, run, type Scope } from "./run";

/** npm run test:simulation -- --seeds N [--seed S] [--scope log|lake|whole] [--trace] */
const args = process.argv.slice(2);
const option = (name: string): string | null => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? null : (args[at + 1] ?? null);
};
const first = Number(option("seed") ?? 1);
const seeds = Number(option("seeds") ?? (option("seed") === null ? 100 : 1));
const only = option("scope");
const trace = args.includes("--trace");

/** Most seeds are played without Parquet, one in 10 with the indexers, one in 50 with every index as well. */
function scopeOf(seed: number): Scope {
  if (only === "log" || only === "lake" || only === "whole") return only;
  if (seed % 50 === 0) return "whole";
  return seed % 10 === 0 ? "lake" : "log";
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const tools = await openTools();
const startedMs = performance.now();
const sums: Record<string, number> = {};
let failed = 0;
for (let seed = first; seed < first + seeds; seed++) {
  const scope = scopeOf(seed);
  const result = await run(tools, { seed, scope, keepLines: trace });
  for (const line of result.lines) say(line);
  const facts = { [`${scope} runs`]: 1, steps: result.steps, records: result.records, ...result.counts };
  for (const [name, count] of Object.entries(facts)) sums[name] = (sums[name] ?? 0) + count;
  if (trace) say(`trace ${result.traceHash}`);
  if (result.violations.length === 0) continue;
  failed++;
  say(`seed ${seed} (${scope}): ${result.violations.slice(0, 8).join("\n  ")}`);
  say(`  again: npm run test:simulation -- --seed ${seed} --scope ${scope} --trace`);
}
const seconds = (performance.now() - startedMs) / 1_000;
say(`${seeds} seeds, ${failed} failed, ${seconds.toFixed(1)} s: ${JSON.stringify(sums)}`);
tools.db.close();
process.exitCode = failed === 0 ? 0 : 1;
