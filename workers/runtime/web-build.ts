import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConcordanceError } from "../../server/domain/errors";

const SOURCES = ["app", "components", "server", "public", "next.config.js", "package-lock.json", "tsconfig.json"];

const OTHER_BUILD = "Another next build process is already running";
const OTHER_BUILD_MS = 180_000;
const OTHER_BUILD_LOOK_MS = 2_000;

export interface WebBuildOptions {
  /** The project's own folder. */
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly logPath: string;
  readonly onBuild: () => void;
}

/**
 * Builds the web application where it was never built or its sources have changed since; waits for a build another start of
 * the same checkout is at. Throws `web_build_failed`.
 */
export async function buildWeb(options: WebBuildOptions): Promise<void> {
  const { directory, environment } = options;
  const stamp = join(directory, environment.NEXT_DIST_DIR ?? ".next", "concordance-sources");
  const now = await fingerprint(directory);
  for (const untilMs = Date.now() + OTHER_BUILD_MS; ; ) {
    const before = await readFile(stamp, "utf8").catch(() => "");
    if (before === now) return;
    const failure = await build(options);
    if (failure === null) break;
    if (!failure.includes(OTHER_BUILD) || Date.now() > untilMs) throw buildFailed(failure, options.logPath);
    await new Promise((resolve) => setTimeout(resolve, OTHER_BUILD_LOOK_MS));
  }
  await writeFile(stamp, now);
}

/** Null where it worked, else what the build said. */
async function build({ directory, environment, logPath, onBuild }: WebBuildOptions): Promise<string | null> {
  onBuild();
  await mkdir(dirname(logPath), { recursive: true });
  const log = createWriteStream(logPath);
  const child = spawn(process.execPath, [join(directory, "node_modules/next/dist/bin/next"), "build"], {
    cwd: directory,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const orphan = () => child.kill("SIGTERM");
  process.once("exit", orphan);
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const [code] = await once(child, "close");
  process.removeListener("exit", orphan);
  if (code === 0) return null;
  const text = await readFile(logPath, "utf8").catch(() => "");
  return `(code ${code}):\n${text.trimEnd().split("\n").slice(-15).join("\n")}`;
}

const buildFailed = (said: string, logPath: string) =>
  new ConcordanceError({
    kind: "internal",
    code: "web_build_failed",
    message: `The web application could not be built ${said}`,
    remedy: `Run \`npm install\` again and look at ${logPath}.`,
  });

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
