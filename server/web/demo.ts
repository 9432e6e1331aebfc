import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type DemoAccount, demoAccounts } from "../auth/auth";
import type { Settings } from "../config/settings";

/** Where the embedded start keeps the password of its demo sign-ins. */
export const demoPasswordPath = (data: string): string => join(data, "secrets", "demo-password");

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "::1"]);

export interface DemoSignIns {
  readonly accounts: readonly DemoAccount[];
  readonly password: string;
}

/** The demo sign-ins where this process was started as the embedded demo; null anywhere else. */
export async function readDemoSignIns(settings: Settings): Promise<DemoSignIns | null> {
  // Their password is shown to whoever asks, so only on the machine itself.
  if (!settings.demo || !LOOPBACK.has(settings.host)) return null;
  const password = (await readFile(demoPasswordPath(settings.data), "utf8")).trim();
  return { accounts: demoAccounts(), password };
}
