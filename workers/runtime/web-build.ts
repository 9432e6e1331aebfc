import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConcordanceError } from "../../server/domain/errors";

const SOURCES = ["app", "components", "server", "public", "next.config.js", "package-lock.json", "tsconfig.json"];

export interface WebBuildOptions {
  /** The project's own folder. */
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly logPath: string;
  readonly onBuild: () => void;
}

/** Builds the web application where it was never built or its sources have changed since. Throws `web_build_failed`. */
export async function buildWeb({ directory, environment, logPath, onBuild }: WebBuildOptions): Promise<void> {
  const stamp = join(directory, environment.NEXT_DIST_DIR ?? ".next", "concordance-sources");
  const now = await fingerprint(directory);
  const before = await readFile(stamp, "utf8").catch(() => "");
  if (before === now) return;
  onBuild();
  await mkdir(dirname(logPath), { recursive: true });
  const log = createWriteStream(logPath);
  const build = spawn(process.execPath, [join(directory, "node_modules/next/dist/bin/next"), "build"], {
    cwd: directory,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const orphan = () => build.kill("SIGTERM");
  process.once("exit", orphan);
  build.stdout.pipe(log);
  build.stderr.pipe(log);
  const [code] = await once(build, "close");
  process.removeListener("exit", orphan);
  if (code !== 0) {
    const text = await readFile(logPath, "utf8").catch(() => "");
    throw new ConcordanceError({
      kind: "internal",
      code: "web_build_failed",
      message: `The web application could not be built (code ${code}):\n${text.trimEnd().split("\n").slice(-15).join("\n")}`,
      remedy: `Run \`npm install\` again and look at ${logPath}.`,
    });
  }
  await writeFile(stamp, now);
}

/** Over the content of every source, so that a copied or checked-out tree is built exactly when it differs. */
async function fingerprint(directory: string): Promise<string> {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    for (const path of await filesOf(join(directory, source))) {
      hash
        .update(path.slice(directory.length))
        .update("\0")
        .update(await readFile(path))
        .update("\0");
    }
  }
  return hash.digest("hex");
}

async function filesOf(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const nested = await Promise.all(
      entries
        .filter(({ name }) => !/\.test\.tsx?$/.test(name))
        .map((entry) => (entry.isDirectory() ? filesOf(join(path, entry.name)) : [join(path, entry.name)])),
    );
    return nested.flat().sort();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOTDIR") return [path];
    if (code === "ENOENT") return [];
    throw error;
  }
}
