import { createHash, randomUUID } from "node:crypto";
import { unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export interface StartLock {
  /** What a second start on the same data is told. */
  tell(address: string): void;
  release(): Promise<void>;
}

export interface OtherStart {
  readonly pid: number;
  readonly address: string | null;
}

const ANSWER_WITHIN_MS = 2_000;

/**
 * One embedded start per data directory. The lock is a listening socket, so it goes with the process however that ends;
 * what a killed one left behind does not answer and is replaced. Returns who holds it where somebody does.
 */
export async function acquireStartLock(data: string): Promise<{ lock: StartLock } | { other: OtherStart }> {
  const path = socketPath(data);
  const token = randomUUID();
  let address: string | null = null;
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(JSON.stringify({ token, pid: process.pid, address }));
  });
  if (!(await listens(server, path))) {
    const other = await ask(path);
    if (other !== null) return { other };
    await unlink(path).catch(() => undefined);
    if (!(await listens(server, path))) return { other: (await ask(path)) ?? { pid: 0, address: null } };
  }
  // Two starts may both have replaced the same leftover; only the one that is reached by its name goes on.
  const reached = await ask(path);
  if (reached === null || reached.token !== token) {
    server.close();
    return { other: reached ?? { pid: 0, address: null } };
  }
  return {
    lock: {
      tell: (url) => {
        address = url;
      },
      release: () => new Promise((done) => server.close(() => done())),
    },
  };
}

/** Short whatever the directory is called: names of sockets are limited to about a hundred bytes. */
function socketPath(data: string): string {
  const name = `concordance-${createHash("sha256").update(resolve(data)).digest("hex").slice(0, 20)}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

function listens(server: Server, path: string): Promise<boolean> {
  return new Promise((done, fail) => {
    const refused = (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? done(false) : fail(error));
    server.once("error", refused);
    server.listen(path, () => {
      server.removeListener("error", refused);
      server.unref();
      done(true);
    });
  });
}

function ask(path: string): Promise<(OtherStart & { readonly token: string }) | null> {
  return new Promise((done) => {
    const socket = connect(path);
    let text = "";
    const timer = setTimeout(() => socket.destroy(), ANSWER_WITHIN_MS);
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      try {
        done(JSON.parse(text));
      } catch {
        done(null);
      }
    });
  });
}
