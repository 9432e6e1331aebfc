import { link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createAuth, newDemoPassword, seedDemoAccounts } from "../../server/auth/auth";
import { type StartOverrides, startEnvironment } from "../../server/config/environment";
import { loadSettings, type Settings } from "../../server/config/settings";
import { connectDb, type Database } from "../../server/db/connect";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../server/db/embedded";
import { beat } from "../../server/db/heartbeats";
import { migrateDb } from "../../server/db/migrate";
import { ConcordanceError } from "../../server/domain/errors";
import { createLogger, type Logger } from "../../server/observability/log";
import { demoPasswordPath } from "../../server/web/demo";
import { acquireStartLock } from "./lock";
import { type Crash, Supervisor } from "./supervisor";
import { buildWeb } from "./web-build";

export interface StartRequest extends StartOverrides {
  readonly simulator: boolean;
  /** A line for the person at the terminal. */
  readonly say: (text: string) => void;
}

const PORTS_TRIED = 20;
const POSTGRES_LOOK_EVERY_MS = 5_000;
const READY_WITHIN_MS = 60_000;
/** The bundles are in dist/, below the project's own folder. */
const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));

interface Running {
  readonly request: StartRequest;
  readonly environment: NodeJS.ProcessEnv;
  readonly settings: Settings;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Postgres, workers and web under one supervisor, until a signal to stop. Resolves with the exit code. */
export async function startEverything(request: StartRequest): Promise<number> {
  const stop = new AbortController();
  process.on("SIGINT", () => stop.abort());
  process.on("SIGTERM", () => stop.abort());
  const environment = startEnvironment(request);
  try {
    const settings = loadSettings(environment);
    await mkdir(settings.data, { recursive: true });
    const held = await acquireStartLock(settings.data);
    if ("other" in held) {
      const { pid, address } = held.other;
      request.say(
        `Concordance already runs on ${settings.data} (process ${pid}${address === null ? ", still starting" : `, ${address}`}).\nStop it first, or start on other data with --data.`,
      );
      return 1;
    }
    const log = createLogger("start", settings.logLevel);
    try {
      await runUntilStopped({ request, environment, settings, log, signal: stop.signal }, held.lock.tell);
    } finally {
      await held.lock.release();
    }
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return 0;
    if (!(error instanceof ConcordanceError)) throw error;
    request.say(`${error.code}: ${error.message}${error.remedy === null ? "" : `\nWhat to do: ${error.remedy}`}`);
    return error.kind === "config" ? 2 : 1;
  }
}

async function runUntilStopped(running: Running, tellLock: (address: string) => void): Promise<void> {
  const { request, settings, log, signal } = running;
  const { say } = request;
  const startedMs = Date.now();
  const port = await choosePort(settings.port, request.port !== null);
  const postgres = settings.databaseUrl === null ? await openPostgres(settings, log) : null;
  const databaseUrl = postgres?.url ?? settings.databaseUrl ?? "";
  const database = connectDb(databaseUrl, log);
  const supervisor = new Supervisor({
    logDirectory: join(settings.data, "logs"),
    directory: PROJECT,
    onStarted: (name, restarts) => log.info({ process: name, restarts }, "process started"),
    onCrash: (crash) => void tellCrash(running, database, crash),
  });
  try {
    await migrateDb(database);
    const baseUrl = running.environment.CONCORDANCE_BASE_URL ?? `http://localhost:${port}`;
    const demo = postgres !== null;
    const environment = {
      ...running.environment,
      DATABASE_URL: databaseUrl,
      CONCORDANCE_PORT: String(port),
      CONCORDANCE_BASE_URL: baseUrl,
      CONCORDANCE_DEMO: String(demo),
      CONCORDANCE_DATA: settings.data,
      // glibc keeps an arena per thread and gives little back: with DuckDB's threads a process would grow for hours.
      MALLOC_ARENA_MAX: running.environment.MALLOC_ARENA_MAX ?? "2",
    };
    const password = demo ? await makeDemoAccounts(database, settings, baseUrl) : null;
    const worker = (name: string) =>
      supervisor.start({ name, arguments: [join(PROJECT, "dist", `${name}.mjs`)], environment });
    for (const name of ["maintenance", "projector", "indexer", "intake", "batch"]) await worker(name);
    if (request.simulator) await worker("simulator");
    await buildWeb({
      directory: PROJECT,
      environment,
      logPath: join(settings.data, "logs", "web-build.log"),
      onBuild: () => say("Building the web application (once per version, about a minute) ..."),
    });
    if (signal.aborted) return;
    await supervisor.start({
      name: "web",
      arguments: [
        "--import",
        join(PROJECT, "scripts", "exit-with-parent.mjs"),
        join(PROJECT, "node_modules/next/dist/bin/next"),
        "start",
        "--hostname",
        settings.host,
        "--port",
        String(port),
      ],
      environment,
      // It holds nothing that could be lost, and open event streams would keep it.
      stopWithinMs: 1_500,
    });
    await untilReady(port, signal);
    tellLock(baseUrl);
    say(welcome({ baseUrl, password, settings, seconds: (Date.now() - startedMs) / 1000 }));
    await stopSignal(signal, postgres === null ? null : () => keepPostgres(settings, log, database));
  } finally {
    if (signal.aborted) say("Stopping ...");
    await supervisor.stop();
    await database.close();
    await postgres?.stop();
    if (signal.aborted) say("Stopped. Everything read so far is committed; the next start goes on from there.");
  }
}

const openPostgres = (settings: Settings, log: Logger): Promise<EmbeddedPostgres> =>
  startEmbeddedPostgres({ directory: join(settings.data, "postgres"), log });

/** Waits for the signal, looking after Postgres meanwhile where it is ours. */
function stopSignal(signal: AbortSignal, look: (() => Promise<void>) | null): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    // Also keeps this process alive: its children are not tied to its event loop.
    const timer = setInterval(() => void look?.(), POSTGRES_LOOK_EVERY_MS);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      resolve();
    });
  });
}

let looking = false;
async function keepPostgres(settings: Settings, log: Logger, database: Database): Promise<void> {
  if (looking) return;
  looking = true;
  try {
    await database.ping();
  } catch {
    log.warn({}, "Postgres does not answer; starting it again");
    await openPostgres(settings, log).catch((error: unknown) => log.error({ err: error }, "Postgres does not start"));
  } finally {
    looking = false;
  }
}

async function tellCrash({ request, settings, log }: Running, database: Database, crash: Crash): Promise<void> {
  const { name, fault, restarts, againInMs } = crash;
  const cure = fault.remedy === null ? "" : `\n  What to do: ${fault.remedy}`;
  request.say(
    `${name} stopped (${fault.code}): ${fault.message}${cure}\n  Starting it again in ${againInMs / 1000} s; its log: ${join(settings.data, "logs", `${name}.log`)}`,
  );
  try {
    await beat(database.db, {
      process: name,
      instance: settings.instance,
      pid: process.pid,
      startedAtMs: Date.now(),
      state: "restarting",
      detail: { ...fault, restarts },
    });
  } catch (error) {
    log.warn({ err: error }, "the crash cannot be shown on the health page now");
  }
}

async function makeDemoAccounts(database: Database, settings: Settings, baseUrl: string): Promise<string> {
  const path = demoPasswordPath(settings.data);
  await mkdir(dirname(path), { recursive: true });
  const kept = await readFile(path, "utf8").catch(() => null);
  const password = kept?.trim() ?? newDemoPassword();
  if (kept === null) {
    const aside = `${path}.new`;
    await writeFile(aside, `${password}\n`, { mode: 0o600 });
    await link(aside, path);
    await unlink(aside);
  }
  const auth = createAuth({ database, secret: await settings.authSecret(), baseUrl });
  await seedDemoAccounts(auth, password);
  return password;
}

/** The wanted port, or where nobody insists on it the next free one. */
async function choosePort(wanted: number, insisted: boolean): Promise<number> {
  for (let port = wanted; port < wanted + (insisted ? 1 : PORTS_TRIED); port++) if (await isFree(port)) return port;
  throw new ConcordanceError({
    kind: "config",
    code: "port_taken",
    message: insisted
      ? `Port ${wanted} is used by another process.`
      : `Ports ${wanted} to ${wanted + PORTS_TRIED - 1} are all used by other processes.`,
    remedy: "Choose another with --port, or stop what listens there.",
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(port, () => server.close(() => done(true)));
  });
}

async function untilReady(port: number, signal: AbortSignal): Promise<void> {
  const deadlineMs = Date.now() + READY_WITHIN_MS;
  while (!signal.aborted && Date.now() < deadlineMs) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/health`).catch(() => null);
    // Degraded is told on the health page; what matters here is that somebody answers.
    if (answer !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

interface Welcome {
  readonly baseUrl: string;
  readonly password: string | null;
  readonly settings: Settings;
  readonly seconds: number;
}

const welcome = ({ baseUrl, password, settings, seconds }: Welcome): string =>
  [
    "",
    `Concordance runs at ${baseUrl} (ready after ${seconds.toFixed(0)} s)`,
    ...(password === null
      ? []
      : [
          "  demo sign-ins, one per role:",
          "    fraud-analyst@demo.concordance.local, finance@..., treasury@..., ops@..., admin@..., auditor@...",
          `    password: ${password}`,
        ]),
    `  lake: ${settings.lake}   logs: ${join(settings.data, "logs")}`,
    "  Ctrl-C stops everything.",
    "",
  ].join("\n");
