import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type DemoAccount, demoAccounts } from "../auth/auth";
import type { Settings } from "../config/settings";

/** Where the embedded start keeps the password of its demo sign-ins. */
export const demoPasswordPath = (data: string): string => join(data, "secrets", "demo-password");

export interface DemoSignIns {
  readonly accounts: readonly DemoAccount[];
  readonly password: string;
}

/** The demo sign-ins where this process was started as the embedded demo; null anywhere else. */
export async function readDemoSignIns(settings: Settings): Promise<DemoSignIns | null> {
  if (!settings.demo) return null;
  const password = (await readFile(demoPasswordPath(settings.data), "utf8")).trim();
  return { accounts: demoAccounts(), password };
}
