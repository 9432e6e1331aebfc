import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import superjson from "superjson";
import { freePort } from "../../infra/stack/s3";

const LOOK_EVERY_MS = 200;

export interface ProductOptions {
  readonly data: string;
  readonly tps: number;
  readonly port?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The whole product as `npm start` runs it, with the simulator. */
export interface Product {
  readonly baseUrl: string;
  readonly process: ChildProcess;
  /** What it has said to the terminal so far. */
  said(): string;
  /** Resolves when the address answers; rejects when the process ends before. */
  ready(): Promise<void>;
  /** Orderly stop; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export async function startProduct(options: ProductOptions): Promise<Product> {
  const port = options.port ?? (await freePort());
  const child = spawn(
    process.execPath,
    ["scripts/start.mjs", "--data", options.data, "--port", String(port), "--tps", String(options.tps)],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...options.environment } },
  );
  let said = "";
  const hear = (chunk: Buffer) => {
    said += chunk.toString("utf8");
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const baseUrl = `http://127.0.0.1:${port}`;
  return {
    baseUrl,
    process: child,
    said: () => said,
    ready: () =>
      until(async () => {
        if (child.exitCode !== null) throw new Error(`the product ended with ${child.exitCode}:\n${said}`);
        const health = await fetch(`${baseUrl}/api/health`).catch(() => null);
        return health?.status === 200;
      }),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const gone = once(child, "close");
      child.kill("SIGTERM");
      await gone;
      return child.exitCode;
    },
  };
}

/** Looks again and again until it holds; the caller's time limit ends it. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
}

export type Call = <Answer>(procedure: string, input: unknown) => Promise<Answer>;

/** Signs a demo account in and gives the console's procedures as a browser calls them. */
export async function signIn(baseUrl: string, data: string, role: string): Promise<Call> {
  const password = (await readFile(join(data, "secrets", "demo-password"), "utf8")).trim();
  const response = await fetch(`${baseUrl}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: baseUrl },
    body: JSON.stringify({ email: `${role}@demo.concordance.local`, password }),
  });
  if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
  const cookie = cookies.join("; ");
  return async (procedure, input) => {
    const query = encodeURIComponent(JSON.stringify(superjson.serialize(input)));
    const answer = await fetch(`${baseUrl}/api/trpc/${procedure}?input=${query}`, { headers: { cookie } });
    if (!answer.ok) throw new Error(`${procedure}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
    const { result } = await answer.json();
    return superjson.deserialize(result.data);
  };
}
