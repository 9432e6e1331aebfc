// Runs the command line: bundles workers/cli/main.ts into dist/ (0.3 s) unless CONCORDANCE_PREBUILT says it is there.
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const outfile = fileURLToPath(new URL("../dist/cli.mjs", import.meta.url));
if (process.env.CONCORDANCE_PREBUILT === undefined || !existsSync(outfile)) {
  await build({
    entryPoints: [fileURLToPath(new URL("../workers/cli/main.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    sourcemap: true,
    logLevel: "error",
  });
}
await import(pathToFileURL(outfile).href);
