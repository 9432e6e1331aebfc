// Runs one worker: node scripts/worker.mjs indexer | projector | batch | maintenance | intake | simulator.
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle.mjs";

const name = process.argv[2] ?? "";
if (!["indexer", "projector", "batch", "maintenance", "intake", "simulator"].includes(name)) {
  process.stderr.write(
    "usage: node scripts/worker.mjs indexer | projector | batch | maintenance | intake | simulator\n",
  );
  process.exit(2);
}
await import(pathToFileURL(`${await bundle()}/${name}.mjs`).href);
