import { parseArgs } from "node:util";
import { startEverything } from "./runtime/everything";

const USAGE = "usage: start [--data DIR] [--port N] [--tps N] [--no-simulator]\n";

function options() {
  try {
    const { values } = parseArgs({
      options: {
        data: { type: "string" },
        port: { type: "string" },
        tps: { type: "string" },
        "no-simulator": { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}

const { data, port, tps, "no-simulator": quiet } = options();
process.exitCode = await startEverything({
  data: data ?? null,
  port: port ?? null,
  tps: tps ?? null,
  simulator: !quiet,
  say: (text) => process.stdout.write(`${text}\n`),
});
