// Bundles the command line and the workers into dist/ (0.3 s). CONCORDANCE_PREBUILT=1 says they are there already.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ENTRIES = {
  cli: "workers/cli/main.ts",
  indexer: "workers/indexer/main.ts",
  projector: "workers/projector/main.ts",
  maintenance: "workers/maintenance/main.ts",
  batch: "workers/batch/main.ts",
  intake: "workers/intake/main.ts",
  simulator: "workers/simulator/main.ts",
};

const root = fileURLToPath(new URL("..", import.meta.url));

/** @returns {Promise<string>} the folder of the bundles */
export async function bundle() {
  const outdir = `${root}dist`;
  if (process.env.CONCORDANCE_PREBUILT === undefined || !existsSync(`${outdir}/cli.mjs`)) {
    await build({
      entryPoints: Object.entries(ENTRIES).map(([out, entry]) => ({ out, in: `${root}${entry}` })),
      outdir,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      platform: "node",
      target: "node20",
      format: "esm",
      packages: "external",
      sourcemap: true,
      logLevel: "error",
    });
  }
  return outdir;
}
