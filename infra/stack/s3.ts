import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";

/** An S3 server that honours conditional puts, built from its pinned source once (about two minutes). */
const MODULE = "github.com/versity/versitygw/cmd/versitygw@v1.8.0";
const BINARY = resolve(".stack/bin/versitygw");
const READY_WITHIN_MS = 10_000;
const STOP_WITHIN_MS = 5_000;

export interface S3Server {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  stop(): Promise<void>;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
}

/** Builds the server where it is not there; null when ready, else why it cannot be had. */
export function ensureS3Server(): string | null {
  if (existsSync(BINARY)) return null;
  if (spawnSync("go", ["version"]).status !== 0) return "there is no Go to build versitygw with";
  const built = spawnSync("go", ["install", "-trimpath", "-ldflags", "-s -w", MODULE], {
    env: { ...process.env, GOBIN: resolve(".stack/bin") },
    encoding: "utf8",
  });
  return built.status === 0 ? null : `versitygw could not be built: ${built.stderr.slice(-300)}`;
}

/** Starts the server over a directory, on a free port of the loopback interface. */
export async function startS3Server(options: { directory: string; port?: number }): Promise<S3Server> {
  const [data, versions] = [join(options.directory, "data"), join(options.directory, "versions")];
  await mkdir(data, { recursive: true });
  await mkdir(versions, { recursive: true });
  const port = options.port ?? (await freePort());
  const [accessKeyId, secretAccessKey] = ["concordance", "concordance-secret"];
  const child = spawn(
    BINARY,
    [
      "--port",
      `127.0.0.1:${port}`,
      "--keep-alive",
      "--quiet",
      "--health",
      "/health",
      "posix",
      "--versioning-dir",
      versions,
      data,
    ],
    {
      env: { ...process.env, ROOT_ACCESS_KEY_ID: accessKeyId, ROOT_SECRET_ACCESS_KEY: secretAccessKey },
      stdio: "ignore",
    },
  );
  const endpoint = `http://127.0.0.1:${port}`;
  await untilHealthy(endpoint, child);
  return {
    endpoint,
    accessKeyId,
    secretAccessKey,
    stop: () => end(child, "SIGTERM"),
    kill: () => end(child, "SIGKILL"),
  };
}

async function untilHealthy(endpoint: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    const answer = await fetch(`${endpoint}/health`).catch(() => null);
    if (answer?.ok === true) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  child.kill("SIGKILL");
  throw new Error(`versitygw did not answer on ${endpoint} within ${READY_WITHIN_MS} ms`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
  await gone;
  clearTimeout(timer);
}

/** A port nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null ? done(address.port) : fail(new Error("no port")),
      );
    });
  });
}
