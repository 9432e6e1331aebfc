import { stat } from "node:fs/promises";
import { EffectiveSettings } from "../indexes/fraud/settings";
import type { Logger } from "../observability/log";

const LOOK_EVERY_MS = 2_000;

export interface RulesFile {
  /** The settings in force; a faulty file changes nothing. */
  current(): EffectiveSettings;
  /** What is wrong with the file as it is now; null where nothing is. */
  fault(): string | null;
  close(): void;
}

/** Follows the rules file while the process runs. Throws `bad_rules` where it is already faulty at the start. */
export async function followRulesFile(path: string | null, log: Logger): Promise<RulesFile> {
  let settings = await EffectiveSettings.load(path);
  let fault: string | null = null;
  let seen = await changedAt(path);
  const look = async (): Promise<void> => {
    const now = await changedAt(path);
    if (now === seen) return;
    seen = now;
    try {
      settings = await EffectiveSettings.load(path);
      fault = null;
      log.info({ path, versions: settings.versions.length }, "rules reloaded");
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
      log.error({ err: error, path }, "the rules file is faulty; the last good one stays in force");
    }
  };
  const timer = path === null ? null : setInterval(() => void look(), LOOK_EVERY_MS);
  timer?.unref();
  return {
    current: () => settings,
    fault: () => fault,
    close: () => {
      if (timer !== null) clearInterval(timer);
    },
  };
}

async function changedAt(path: string | null): Promise<number | null> {
  if (path === null) return null;
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return null;
  }
}
