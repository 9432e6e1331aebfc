/** `npm run test:hostile -- [--payloads 1000000] [--seed 1]`: any bytes at all, through the whole way into the lake. */
import { parseArgs } from "node:util";
import { temporaryDirectory } from "../support/world";
import { runHostile } from "./run";

const { values } = parseArgs({
  options: { payloads: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
});
const startedMs = performance.now();
const say = (text: string) => process.stdout.write(`${text}\n`);
const { path, remove } = await temporaryDirectory();
try {
  const report = await runHostile(path, { payloads: Number(values.payloads), seed: Number(values.seed), say });
  const { codes, faults, ...figures } = report;
  say(JSON.stringify(figures));
  for (const [code, count] of Object.entries(codes).sort(([, a], [, b]) => b - a)) say(`  ${code.padEnd(24)} ${count}`);
  for (const fault of faults) say(`FAULT ${fault}`);
  say(
    `seed ${values.seed}: ${faults.length === 0 ? "nothing amiss" : `${faults.length} faults`}, ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`,
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await remove();
}
