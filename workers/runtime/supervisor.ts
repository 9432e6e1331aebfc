import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { WorkerFault } from "./fault";

export interface ProcessSpec {
  readonly name: string;
  /** Arguments of `node`. */
  readonly arguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Grace for an orderly end before SIGKILL, milliseconds. */
  readonly stopWithinMs?: number;
}

export interface Crash {
  readonly name: string;
  readonly fault: WorkerFault;
  readonly restarts: number;
  readonly againInMs: number;
}

export interface SupervisorOptions {
  readonly logDirectory: string;
  readonly directory: string;
  readonly onCrash: (crash: Crash) => void;
  readonly onStarted: (name: string, restarts: number) => void;
  /** First delay before a crashed process is started again, milliseconds; doubles to the maximum. */
  readonly backOffMs?: { readonly first: number; readonly max: number };
}

const BACK_OFF_MS = { first: 500, max: 30_000 };
/** A process that lived this long starts its back-off anew. */
const STEADY_MS = 60_000;
/** All processes together. */
const STOP_WITHIN_MS = 9_000;
const KILL_AFTER_MS_MIN = 300;
const LOG_BYTES_MAX = 16 * 1024 * 1024;

/** Keeps processes running: started in order, started again with back-off when they crash, stopped in reverse order. */
export class Supervisor {
  private readonly running: Supervised[] = [];

  constructor(private readonly options: SupervisorOptions) {}

  async start(spec: ProcessSpec): Promise<void> {
    const process = new Supervised(spec, this.options);
    this.running.push(process);
    await process.start();
  }

  /** Stops in reverse order, each with its grace; resolves when no process is left. */
  async stop(): Promise<void> {
    const deadlineMs = Date.now() + STOP_WITHIN_MS;
    for (let next = this.running.pop(); next !== undefined; next = this.running.pop()) {
      await next.stop(Math.max(deadlineMs - Date.now(), KILL_AFTER_MS_MIN));
    }
  }
}

class Supervised {
  private child: ChildProcess | null = null;
  private log: WriteStream | null = null;
  private restarts = 0;
  private delayMs: number;
  private startedAtMs = 0;
  private timer: NodeJS.Timeout | null = null;
  private stopping = false;
  private fault: WorkerFault | null = null;
  private tail = "";

  constructor(
    private readonly spec: ProcessSpec,
    private readonly options: SupervisorOptions,
  ) {
    this.delayMs = this.backOff.first;
  }

  private get backOff() {
    return this.options.backOffMs ?? BACK_OFF_MS;
  }

  async start(): Promise<void> {
    const { name, environment } = this.spec;
    const log = await openLog(join(this.options.logDirectory, `${name}.log`));
    if (this.stopping) return;
    this.log = log;
    this.fault = null;
    this.tail = "";
    this.startedAtMs = Date.now();
    // In a group of its own, so that Ctrl-C reaches the supervisor only and the order of stopping is kept;
    // the channel tells the child when its supervisor has died.
    const child = spawn(process.execPath, [...this.spec.arguments], {
      cwd: this.options.directory,
      env: { ...environment, CONCORDANCE_RESTARTS: String(this.restarts) },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      detached: true,
    });
    this.child = child;
    const keep = (chunk: Buffer) => {
      log.write(chunk);
      this.tail = (this.tail + chunk.toString("utf8")).slice(-2_000);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.on("message", (message: unknown) => {
      if (isFault(message)) this.fault = message.fault;
    });
    child.on("error", (error) => keep(Buffer.from(`${error.message}\n`)));
    child.once("close", (code, signal) => this.ended(child, code, signal));
    this.options.onStarted(name, this.restarts);
  }

  private ended(child: ChildProcess, code: number | null, signal: string | null): void {
    if (this.child !== child) return;
    this.child = null;
    this.log?.end();
    if (this.stopping) return;
    const livedMs = Date.now() - this.startedAtMs;
    if (livedMs > STEADY_MS) this.delayMs = this.backOff.first;
    const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
    this.restarts++;
    const lastLine = this.tail.trimEnd().split("\n").at(-1) ?? "";
    this.options.onCrash({
      name: this.spec.name,
      fault: this.fault ?? { code: "crashed", message: `The process ${how}. ${lastLine}`.trim(), remedy: null },
      restarts: this.restarts,
      againInMs: this.delayMs,
    });
    this.timer = setTimeout(() => void this.start(), this.delayMs);
    this.delayMs = Math.min(this.delayMs * 2, this.backOff.max);
  }

  async stop(withinMs: number): Promise<void> {
    this.stopping = true;
    if (this.timer !== null) clearTimeout(this.timer);
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "close");
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), Math.min(withinMs, this.spec.stopWithinMs ?? withinMs));
    await gone;
    clearTimeout(killer);
    this.log?.end();
  }
}

const isFault = (message: unknown): message is { fault: WorkerFault } =>
  typeof message === "object" && message !== null && "fault" in message;

async function openLog(path: string): Promise<WriteStream> {
  await mkdir(dirname(path), { recursive: true });
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_BYTES_MAX) await rename(path, `${path}.1`);
  return createWriteStream(path, { flags: "a" });
}
